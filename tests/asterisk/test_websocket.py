"""chan_websocket's own ways, beyond what every line does (tests/lines)."""

import asyncio
import json
import random
from uuid import uuid4

import pytest
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.uri import parse_uri

from bot.asterisk.server import LineServer
from bot.asterisk.websocket import GET_STATUS, Start, Status, Wire, binary_header
from bot.asterisk.websocket_line import CUSHION, STATUS_FRAMES
from bot.config import AudioSocketSettings, WebSocketSettings
from bot.core.errors import ConfigError, ProtocolError
from bot.core.events import Audio, Digit
from tests.asterisk.peer import Desk, eventually
from tests.lines.asterisk_ends import WebSocketEnd
from tests.lines.conftest import House, certificate

__all__ = ["certificate"]  # a fixture of ours, too
CALL = uuid4()
SOUND, SILENCE = b"\x01\x02" * 160, bytes(320)


def asked(path=f"/calls/{CALL}"):
    """A client that has asked for this path, and its bytes."""
    client = ClientProtocol(parse_uri(f"ws://bot{path}"), subprotocols=["media"])
    client.send_request(client.connect())
    return client, b"".join(client.data_to_send())


def opened():
    """A wire and a client past the handshake."""
    wire, (client, request) = Wire(8192), asked()
    assert wire.feed(request) == []
    client.receive_data(wire.answers())
    client.events_received()
    assert client.state.name == "OPEN"
    return wire, client


def bytes_of(client):
    """What the client wants sent."""
    return b"".join(client.data_to_send())


def text(client, fields):
    """A text message of the client's."""
    client.send_text(fields if isinstance(fields, bytes) else json.dumps(fields).encode())
    return bytes_of(client)


def test_the_uri_names_the_call():
    """The UUID is that of the path; the handshake is answered with the subprotocol or without."""
    wire, _ = opened()
    assert wire.uuid == CALL


@pytest.mark.parametrize(
    "path", ["/", "/calls/", "/calls/123", f"/media/{CALL}", f"/calls/{CALL}/x"]
)
def test_a_uri_without_a_call_is_refused(path):
    """The log shows the path, the client gets 403 with the reason."""
    wire, (client, request) = Wire(8192), asked(path)
    with pytest.raises(ProtocolError, match="the URI's path is"):
        wire.feed(request)
    client.receive_data(wire.close(reason="protocol"))
    [response] = client.events_received()
    assert (response.status_code, response.body) == (403, b"protocol\n")


@pytest.mark.parametrize(
    "request_",
    [b"hello\r\n\r\n", b"POST / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"a" * 20_000],
)
def test_what_is_no_request_is_refused(request_):
    """Neither nonsense nor endless headers are kept; nothing is answered to them."""
    wire = Wire(8192)
    with pytest.raises(ProtocolError):
        wire.feed(request_)
    assert wire.close() == b""


def test_a_request_that_is_no_websocket_is_answered_and_over():
    """A browser on the port gets an HTTP answer; the connection ends."""
    wire = Wire(8192)
    with pytest.raises(ProtocolError, match="missing Connection header"):
        wire.feed(f"GET /calls/{CALL} HTTP/1.1\r\nHost: bot\r\n\r\n".encode())
    assert wire.close().startswith(b"HTTP/1.1 426")
    assert wire.over


def test_events_of_the_driver_are_understood():
    """MEDIA_START, keys, the queue's length and sound, in one piece of bytes."""
    wire, client = opened()
    data = text(
        client, {"event": "MEDIA_START", "format": "slin16", "channel_variables": {"A": "1"}}
    )
    data += text(client, {"event": "DTMF_END", "channel_id": "1.2", "digit": "#"})
    client.send_binary(SOUND)
    data += bytes_of(client) + text(client, {"event": "STATUS", "queue_length": 7})
    assert wire.feed(data) == [Start(16000), Digit("#"), Audio(SOUND), Status(7)]


@pytest.mark.parametrize(
    "fields",
    [{"event": "MEDIA_XOFF"}, {"event": "ERROR", "error_text": "?"}, {}, {"event": "STATUS"}],
)
def test_events_that_do_not_concern_us_are_ignored(fields):
    """A newer Asterisk may say more."""
    wire, client = opened()
    assert wire.feed(text(client, fields)) == []


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"MEDIA_START connection_id:x", r"f\(json\)"),
        (b"[1]", "not a JSON object"),
        (b"[" * 8000, "not a JSON object"),
        (b"\xff", "not a JSON object"),
        ({"event": "MEDIA_START", "format": "ulaw"}, r"c\(slin\)"),
        ({"event": "MEDIA_START"}, r"c\(slin\)"),
        ({"event": "DTMF_END", "digit": "12"}, "not one key"),
        ({"event": "DTMF_END", "digit": 5}, "not one key"),
    ],
)
def test_a_text_message_that_is_wrong_is_refused_with_the_reason(said, why):
    """Another format of messages or of sound names the option that is missing."""
    wire, client = opened()
    with pytest.raises(ProtocolError, match=why):
        wire.feed(text(client, said))


def test_a_message_in_pieces_is_refused():
    """Asterisk sends none."""
    wire, client = opened()
    client.send_binary(SOUND, fin=False)
    with pytest.raises(ProtocolError, match="in pieces"):
        wire.feed(bytes_of(client))


def test_an_unmasked_message_is_refused():
    """RFC 6455, 5.1: a client masks."""
    wire, _ = opened()
    with pytest.raises(ProtocolError, match="mask"):
        wire.feed(binary_header(320) + SOUND)


def test_a_ping_is_answered():
    """Asterisk may be told to send them."""
    wire, client = opened()
    client.send_ping(b"x")
    assert wire.feed(bytes_of(client)) == []
    client.receive_data(wire.answers())
    assert client.events_received() == [Frame(Opcode.PONG, b"x")]


def test_what_we_write_ourselves_is_what_a_client_reads():
    """Headers and the question for the queue are right to the byte."""
    _, client = opened()
    client.receive_data(binary_header(320) + SOUND + GET_STATUS)
    binary, question = client.events_received()
    assert (binary.opcode, bytes(binary.data)) == (Opcode.BINARY, SOUND)
    assert json.loads(bytes(question.data)) == {"command": "GET_STATUS"}
    assert len(question.data) <= 128  # chan_websocket.c: MAX_TEXT_MESSAGE_LEN


# The line.


@pytest.mark.real_time
async def test_sound_before_media_start_is_dropped():
    """Some versions of Asterisk send some; the call begins with MEDIA_START."""
    house = House("websocket", WebSocketEnd)
    async with house.open():
        end = await house.connect()
        data = end.start
        end.start = lambda rate: end.sound(SOUND)
        await end.introduce(CALL, 8000)
        await asyncio.sleep(0.01)
        assert house.desk.lines == []
        end.say(data(8000))
        end.say(end.sound(SILENCE))
        await eventually(lambda: house.desk.lines)
        events = house.desk.lines[0].events()
        assert await anext(events) == Audio(SILENCE)
        await events.aclose()


@pytest.mark.real_time
async def test_a_handshake_without_media_start_is_refused_in_time():
    """The desk has not been asked yet: no call is counted."""
    house = House("websocket", WebSocketEnd)
    async with house.open(hello_timeout=0.1):
        end = await house.connect()
        end.start = lambda rate: b""
        await end.introduce(CALL, 8000)
        await end.closed()
    assert [reason for reason, _ in house.desk.refusals] == ["hello-timeout"]


async def heard(end, line, frames):
    """What arrives of these frames."""
    for one in frames:
        line.send(one)
    line.send(SOUND)
    got = []
    while (one := await end.hears()) != SOUND:
        got.append(one)
    return got


@pytest.mark.real_time
async def test_silence_is_left_out_while_frames_wait_in_asterisk():
    """Ten wait: silent frames fall out until the cushion is left; sound never does."""
    house = House("websocket", WebSocketEnd)
    async with house.open():
        end, line = await house.answered()
        end.say(end.event("STATUS", queue_length=10))
        await eventually(lambda: line._surplus)
        other = b"\x03\x00" * 160
        got = await heard(end, line, [other, *[SILENCE] * 12, other])
        assert got == [other, *[SILENCE] * (12 - (10 - CUSHION)), other]
        end.say(end.event("STATUS", queue_length=CUSHION))
        await asyncio.sleep(0.01)
        assert len(await heard(end, line, [SILENCE] * 5)) == 5


@pytest.mark.real_time
async def test_asterisk_is_asked_every_two_seconds_how_many_wait():
    """One question for a hundred frames."""
    house = House("websocket", WebSocketEnd)
    async with house.open():
        end, line = await house.answered()
        questions = []
        understand = end.understand

        def noting(data):
            questions.append(data.count(b"GET_STATUS"))
            return understand(data)

        end.understand = noting
        for _ in range(STATUS_FRAMES * 2):
            line.send(SILENCE)
            await end.hears()
        line.send(SOUND)
        while await end.hears() != SOUND:
            pass
    assert sum(questions) == 2


@pytest.mark.real_time
async def test_failed_tls_handshakes_leave_nothing(certificate):
    """Plain words on a port with TLS: no pending connection is counted, and calls go on."""
    house = House("websocket", WebSocketEnd, certificate)
    async with house.open(max_pending=2):
        for _ in range(5):
            reader, writer = await asyncio.open_connection("127.0.0.1", house.server.port)
            writer.write(b"hello, this is no TLS\r\n\r\n")
            assert await asyncio.wait_for(reader.read(), 5.0) is not None
            writer.close()
        await house.answered()
    assert house.desk.refusals == []


@pytest.mark.parametrize("name", ["cert", "key"])
def test_a_certificate_that_cannot_be_read_is_a_clear_error(certificate, name):
    """The message names the setting and the remedy."""
    settings = WebSocketSettings(**{"cert": certificate[0].cert, name: "/nowhere.pem"})
    with pytest.raises(ConfigError, match="websocket.cert .* PEM"):
        LineServer(AudioSocketSettings(), Desk(), "websocket", settings)


def test_the_dialplan_is_told_how_to_dial(certificate):
    """The address says which line it is, and whether with TLS."""
    settings = AudioSocketSettings()
    schemes = [
        LineServer(settings, Desk(), line, tls).scheme
        for line in ("audiosocket", "websocket")
        for tls in (WebSocketSettings(), certificate[0])
    ]
    assert schemes == ["", "", "ws://", "wss://"]


def babble(dice):
    """A client that is right for a while, then says anything."""
    client, request = asked(dice.choice([f"/calls/{uuid4()}"] * 5 + ["/", "/calls/x"]))
    if dice.random() < 0.1:
        return dice.randbytes(dice.randrange(400))
    client.state = type(client.state).OPEN
    said = [request, text(client, {"event": "MEDIA_START", "format": "slin"})]
    for _ in range(dice.randrange(10)):
        fields = dice.choice([{"event": "DTMF_END", "digit": "5"}, {"event": None}, [], "x", 1e300])
        client.send_binary(dice.randbytes(dice.choice([0, 1, 2, 160, 320, 320, 640, 9000])))
        said += [bytes_of(client), text(client, fields) if dice.random() < 0.5 else b""]
    if dice.random() < 0.3:
        said.append(dice.randbytes(dice.randrange(400)))
    return b"".join(said)


@pytest.mark.real_time
async def test_nonsense_of_many_peers_ends_in_one_line_each_and_leaks_nothing():
    """No exception reaches the loop, no connection stays."""
    wrong, met = [], []
    asyncio.get_running_loop().set_exception_handler(lambda loop, what: wrong.append(what))

    async def converse(line):
        async for event in line.events():
            met.append(event)
        await line.close()

    house, peers = House("websocket", WebSocketEnd), 200
    async with house.open(converse, max_pending=peers, hello_timeout=0.3):
        for seed in range(peers):
            dice = random.Random(seed)
            reader, writer = await asyncio.open_connection("127.0.0.1", house.server.port)
            wire = babble(dice)
            while wire:
                size = dice.randrange(1, 2000)
                writer.write(wire[:size])
                wire = wire[size:]
                await asyncio.sleep(0)
            writer.transport.abort() if dice.random() < 0.3 else writer.close()
        await house.empty()
        await eventually(lambda: all(task.done() for task in house.desk.tasks))
    assert wrong == []
    assert 0 < len(house.desk.refusals) <= peers
    assert met
    assert not any(task.exception() for task in house.desk.tasks)
