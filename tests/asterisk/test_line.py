"""The line over real TCP: what Asterisk says, what it hears, and every way to end."""

import asyncio
import os
import random
from uuid import uuid4

import pytest

from bot.asterisk.audiosocket import Kind
from bot.core.earpiece import HEARING_FRAMES
from bot.core.errors import ConfigError
from bot.core.events import Audio, Digit
from tests.asterisk.peer import Desk, Peer, eventually, served

pytestmark = pytest.mark.real_time


async def read(line, into):
    """Collect the line's events until it ends."""
    async for event in line.events():
        into.append(event)
    into.append("end")


async def test_sound_and_keys_arrive_in_order():
    """What Asterisk sends is what the call hears; its close is the end of events."""
    heard = []
    desk = Desk(lambda line: read(line, heard))
    async with served(desk) as server:
        peer = await Peer.call(server.port)
        peer.say(Kind.AUDIO_8K, b"a" * 320)
        peer.say(Kind.DTMF, b"5")
        peer.say(Kind.AUDIO_8K, b"b" * 320)
        await peer.leave()
        await eventually(lambda: "end" in heard)
    assert heard == [Audio(b"a" * 320), Digit("5"), Audio(b"b" * 320), "end"]


@pytest.mark.parametrize(("rate", "kind"), [(8000, Kind.AUDIO_8K), (16000, Kind.AUDIO_16K)])
async def test_frames_go_out_as_whole_messages_of_the_lines_rate(rate, kind):
    """A frame is one message of the right kind."""
    desk = Desk(rate=rate)
    async with served(desk) as server:
        peer = await Peer.call(server.port)
        await eventually(lambda: desk.lines)
        desk.lines[0].send(b"x" * (rate // 25))
        message = await peer.hear()
        assert (message.kind, message.payload) == (kind, b"x" * (rate // 25))
        await peer.leave()


async def test_after_a_stall_only_the_newest_half_second_is_heard_and_every_key():
    """100 frames and a key arrive before anybody reads: 25 frames and the key are left."""
    heard = []
    desk = Desk()
    async with served(desk) as server:
        peer = await Peer.call(server.port)
        for number in range(100):
            peer.say(Kind.AUDIO_8K, bytes([number]) * 320)
            if number == 10:
                peer.say(Kind.DTMF, b"7")
        await peer.leave()
        await eventually(lambda: desk.lines and desk.lines[0]._ear.gone.is_set())
        await read(desk.lines[0], heard)
    frames = [event.pcm[0] for event in heard if isinstance(event, Audio)]
    assert frames == list(range(100 - HEARING_FRAMES, 100))
    assert Digit("7") in heard
    assert desk.lines[0].dropped_in == 75


async def test_a_peer_that_does_not_read_loses_frames_not_the_call():
    """Our buffer stays short: frames that Asterisk does not take are dropped and counted."""
    desk = Desk()
    async with served(desk) as server:
        peer = await Peer.call(server.port)
        peer.writer.transport.pause_reading()
        await eventually(lambda: desk.lines)
        line = desk.lines[0]
        for _ in range(40_000):
            line.send(b"x" * 320)
        assert line.dropped_out > 0
        assert line._transport.get_write_buffer_size() <= 5 * 323
        peer.writer.transport.abort()


async def test_hanging_up_sends_0x00_and_waits_for_asterisk_to_close():
    """No reset: Asterisk reads the hang-up even while it still sends."""
    desk = Desk(lambda line: line.close())
    async with served(desk) as server:
        peer = await Peer.call(server.port)
        peer.say(Kind.AUDIO_8K, bytes(320))
        assert (await peer.hear()).kind is Kind.HANGUP
        peer.say(Kind.AUDIO_8K, bytes(320))
        assert await peer.hear() is None
        await peer.leave()
        await eventually(lambda: desk.tasks[0].done())


async def test_a_peer_that_never_closes_is_closed_for():
    """One second after our hang-up the connection is gone, whatever Asterisk does."""
    desk = Desk(lambda line: line.close())
    async with served(desk) as server:
        peer = await Peer.call(server.port)
        await eventually(lambda: desk.tasks and desk.tasks[0].done())
        await eventually(lambda: not server._connections)
        await peer.leave()


async def test_no_socket_is_left_in_close_wait():
    """Asterisk closes in mid-call: our side is closed at once, though nobody reads the line."""
    desk = Desk()
    async with served(desk) as server:
        peers = [await Peer.call(server.port) for _ in range(20)]
        await eventually(lambda: len(desk.lines) == 20)
        for peer in peers:
            await peer.leave()
        await eventually(lambda: not server._connections)
        assert _close_wait(server.port) == 0


def _close_wait(port):
    """How many sockets of this process's port are in state CLOSE_WAIT (08)."""
    with open("/proc/net/tcp") as table:
        rows = [row.split() for row in table.readlines()[1:]]
    return sum(row[3] == "08" and int(row[1].split(":")[1], 16) == port for row in rows)


async def refused(say, **settings):
    """Connect, say this, wait for the end; return the refusals and the server's leavings."""
    desk = Desk()
    async with served(desk, **settings) as server:
        peer = await Peer.connect(server.port)
        say(peer)
        await peer.closed()
        await peer.leave()
        await eventually(lambda: not server._connections)
    return desk


async def test_random_bytes_end_in_one_refusal():
    """Garbage is one log line and a closed connection."""
    noise = random.Random(7).randbytes(5000)
    desk = await refused(lambda peer: peer.writer.write(b"\x77" + noise))
    assert desk.refusals == [("protocol", "unknown message kind 0x77")]
    assert desk.lines == []


async def test_a_giant_length_ends_in_one_refusal():
    """The header alone is enough."""
    desk = await refused(lambda peer: peer.writer.write(b"\x01\xff\xff"))
    assert desk.refusals == [("protocol", "message of 65535 bytes; the limit is 8192")]


async def test_a_call_without_a_uuid_ends_in_one_refusal():
    """Sound before the UUID is not a call."""
    desk = await refused(lambda peer: peer.say(Kind.AUDIO_8K, bytes(320)))
    assert desk.refusals == [("protocol", "the first message is 0x10, not a UUID")]


async def test_a_half_open_connection_ends_when_its_time_is_over():
    """A peer that says nothing is refused after the hello time-out."""
    desk = await refused(lambda peer: None, hello_timeout=0.05)
    assert desk.refusals == [("hello-timeout", "no UUID within 0.05 s")]


async def test_a_connection_that_closes_without_a_word_is_noted():
    """A port scan is one line."""
    desk = Desk()
    async with served(desk) as server:
        peer = await Peer.connect(server.port)
        await peer.leave()
        await eventually(lambda: desk.refusals)
    assert desk.refusals == [("no-uuid", "closed before its UUID")]


async def test_an_unknown_uuid_is_refused_with_the_receptions_reason():
    """The desk says no: the reason goes into the log, the connection ends."""
    desk, uuid = Desk(), uuid4()
    desk.unknown.add(uuid)
    async with served(desk) as server:
        peer = await Peer.call(server.port, uuid)
        await peer.closed()
        await peer.leave()
    assert desk.refusals == [("not-registered", f"call {uuid} was not registered")]


async def test_too_many_connections_without_uuid_are_refused():
    """The third of two allowed is turned away; a call that said its UUID does not count."""
    desk = Desk()
    async with served(desk, max_pending=2) as server:
        known = await Peer.call(server.port)
        await eventually(lambda: desk.lines)
        waiting = [await Peer.connect(server.port) for _ in range(2)]
        await eventually(lambda: server._pending() == 2)
        third = await Peer.connect(server.port)
        await third.closed()
        for peer in (known, *waiting, third):
            await peer.leave()
    assert desk.refusals[0] == ("pending", "2 connections already wait for their UUID")


async def test_audio_of_another_rate_than_registered_ends_the_call_with_a_remedy():
    """8 kHz sound on a 16 kHz call would play at half speed: the log says what to mend."""
    desk = Desk(rate=16000)
    async with served(desk) as server:
        peer = await Peer.call(server.port)
        peer.say(Kind.AUDIO_8K, bytes(320))
        await peer.closed()
        await peer.leave()
    assert "8000 Hz audio on a call registered at 16000 Hz" in desk.refusals[0][1]


async def test_a_taken_port_is_a_clear_error():
    """The message names the setting and the remedy."""
    desk = Desk()
    async with served(desk) as server:
        with pytest.raises(ConfigError, match="BOT_AUDIOSOCKET__PORT"):
            async with served(desk, **{}) as _:
                pass  # another free port is fine
            from bot.asterisk.server import LineServer
            from bot.config import AudioSocketSettings

            await LineServer(AudioSocketSettings(port=server.port), desk).start()


async def test_nothing_leaks_over_many_calls():
    """500 calls later as many file descriptors are open as before."""
    desk = Desk(lambda line: line.close())
    async with served(desk) as server:
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(10):
            peers = [await Peer.call(server.port) for _ in range(50)]
            await asyncio.gather(*(peer.closed() for peer in peers))
            for peer in peers:
                await peer.leave()
        await eventually(lambda: not server._connections)
        await eventually(lambda: len(os.listdir("/proc/self/fd")) <= before)
