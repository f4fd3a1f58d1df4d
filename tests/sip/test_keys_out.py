"""Keys that the bot presses: telephone events on the wire, and what other programs read."""

import asyncio
import struct

import pytest

from bot.signal.g711 import alaw_decoded
from bot.sip.softphone import Account, Softphone
from tests.e2e.pbx import Pbx
from tests.sip.caller import Caller, sdp
from tests.sip.desk import Desk, agent, until
from tests.sip.sounds import frame

DIALPLAN = """
[from-softphones]
exten => 705,1,Answer()
 same => n,Read(KEYS,,4,,,60)
 same => n,Verbose(0,the keys are ${KEYS})
 same => n,Hangup()
"""
SILENCE = bytes(320)


def event(packet):
    """What an event's packet says: event, whether it is its end, volume, duration."""
    code, flags, duration = struct.unpack("!BBH", packet[4])
    return code, flags >> 7 == 1, flags & 0x3F, duration


async def beats(line, number, pcm=SILENCE):
    """So many frames, each in its time."""
    for _ in range(number):
        line.send(pcm)
        await asyncio.sleep(0.02)


async def pressing(line, keys):
    """Press keys as the conversation does: each in 0.2 s of silence, between others."""
    await beats(line, 25)
    for key in keys:
        assert line.press(key)
        await beats(line, 10)
    await beats(line, 25)


async def test_a_key_is_told_every_20_ms_and_its_end_three_times():
    """One timestamp, growing duration, the marker at its beginning; then sound goes on in time."""
    desk = Desk()
    async with agent(desk) as ours, Caller(("127.0.0.1", ours.port)) as caller:
        call = await caller.call()
        await until(lambda: desk.lines)
        line = desk.lines[0]
        await beats(line, 2)
        assert line.press("#")
        await beats(line, 8, alaw_decoded(frame(1)))
        packets = await call.hears(10)
    before, key, after = packets[:2], packets[2:9], packets[9]
    start = before[1][2] + 160
    assert [packet[0] for packet in packets] == [8, 8, *[101] * 7, 8]
    assert {packet[2] for packet in key} == {start}
    assert [packet[3] for packet in key] == [True, *[False] * 6]
    durations = (160, 320, 480, 640, 800, 800, 800)
    assert [event(packet) for packet in key] == [
        (11, number >= 4, 10, lasts) for number, lasts in enumerate(durations)
    ]
    numbers = [packet[1] for packet in packets]
    assert numbers == list(range(numbers[0], numbers[0] + 10))
    assert after[2:4] == (start + 7 * 160, False)
    assert after[4] == frame(1)


async def test_a_key_that_is_late_lasted_longer():
    """Where our clock stood still in the middle of a key, its duration says so."""
    desk = Desk()
    async with agent(desk) as ours, Caller(("127.0.0.1", ours.port)) as caller:
        call = await caller.call()
        await until(lambda: desk.lines)
        line = desk.lines[0]
        line.press("5")
        await beats(line, 2)
        await asyncio.sleep(0.2)
        await beats(line, 6)
        packets = await call.hears(8)
    durations = [event(packet)[3] for packet in packets[:7]]
    assert durations == [160, 320, 2080, 2240, 2400, 2400, 2400]
    assert packets[7][2] == packets[0][2] + 2400 + 2 * 160


async def test_where_they_take_no_events_the_line_presses_nothing():
    """Not offered, taken back, or on hold: the tones are for the conversation to play."""
    desk = Desk()
    async with agent(desk) as ours, Caller(("127.0.0.1", ours.port)) as caller:
        await caller.call(lambda port: sdp(port, "8"))
        call = await caller.call()
        await until(lambda: len(desk.lines) == 2)
        assert not desk.lines[0].press("1")
        line = desk.lines[1]
        assert line.press("1")
        for offer in (sdp(call.port, "8"), sdp(call.port, more="a=sendonly\r\n")):
            assert (await call.ask("INVITE", body=offer)).status == 200
            assert not line.press("1")
        assert (await call.ask("INVITE", body=sdp(call.port))).status == 200
        await beats(line, 1)
        assert (await call.hears(1))[0][0] == 8
        await call.ask("BYE")
        await until(lambda: len(ours.legs) == 1)
        assert not line.press("1")


@pytest.mark.real_time
async def test_baresip_reads_our_keys():
    """Each once, in their order."""
    read: list[str] = []
    desk = Desk(lambda line: pressing(line, "159#*0"))
    async with agent(desk) as ours:
        account = Account(server=f"127.0.0.1:{ours.port}")
        async with Softphone(account) as phone:
            call = await phone.dial("100", within=20.0)
            call._native.on_dtmf(lambda key: read.append(key.digit))
            async with asyncio.timeout(30):
                while len(read) < 6:
                    await asyncio.sleep(0.05)
            await call.hang_up()
    assert read == list("159#*0")


@pytest.fixture(scope="module")
def pbx():
    """Asterisk, of which our agent is the phone 6001."""
    with Pbx("http://127.0.0.1:9", extra={"extensions_custom.conf": DIALPLAN}) as running:
        yield running


@pytest.mark.asterisk
@pytest.mark.real_time
async def test_asterisk_reads_our_keys(pbx):
    """A machine that asks for four keys: its Read() has them, in their order."""
    desk = Desk(lambda line: pressing(line, "70*7"))
    account = {"user": "6001", "password": pbx.accounts["6001"], "peers": []}
    async with agent(desk, server=f"127.0.0.1:{pbx.sip_port}", **account) as ours:
        async with asyncio.timeout(30):
            while not ours.is_registered:
                await asyncio.sleep(0.05)
            pbx.cli("channel originate PJSIP/6001 extension 705@from-softphones")
            while "the keys are" not in pbx.log_text():
                await asyncio.sleep(0.05)
    assert "the keys are 70*7" in pbx.log_text()
