"""The sound of one call: whose packets are taken, what is made of them, where ours go."""

import asyncio
from contextlib import asynccontextmanager
from socket import IP_TOS, IPPROTO_IP

import numpy as np
import pytest

from bot.core.events import Audio
from bot.signal.g711 import alaw_decoded
from bot.sip.direct.sound_port import MOVED_AFTER, NoPort, opened
from tests.sip.caller import Caller, sdp, socket
from tests.sip.desk import Desk, agent, read, until
from tests.sip.sounds import frame, purity, tone


@asynccontextmanager
async def calling(offer=None, **settings):
    """A call that is up: the caller's side, our line, and what it heard."""
    heard = []
    desk = Desk(lambda line: read(line, heard))
    async with agent(desk, **settings) as ours, Caller(("127.0.0.1", ours.port)) as caller:
        call = await caller.call(offer)
        await until(lambda: desk.lines)
        yield call, desk.lines[0], heard


def sound(number):
    """What `frame` is once decoded."""
    return Audio(alaw_decoded(frame(number)))


async def test_packets_of_any_length_become_frames_of_20_ms():
    """10, 30 and 60 ms are common, too."""
    async with calling() as (call, _, heard):
        whole = b"".join(frame(n) for n in range(6))
        start = 0
        for length in (80, 240, 480, 80, 80):
            call.speak(call.packet(whole[start : start + length], step=length))
            start += length
        await until(lambda: len(heard) == 6)
        assert heard == [sound(n) for n in range(6)]


async def test_lost_packets_fade_out_and_time_goes_on():
    """The first lost one repeats the last sound, fading; the next is silence; none is missing."""
    async with calling() as (call, line, heard):
        packets = [call.packet(frame(n)) for n in range(8)]
        for number in (0, 1, 4, 5, 6, 7):
            call.speak(packets[number])
        await until(lambda: len(heard) == 8)
        assert [heard[n] for n in (0, 1, 4, 5, 6, 7)] == [sound(n) for n in (0, 1, 4, 5, 6, 7)]
        faded = np.frombuffer(heard[2].pcm, "<i2")
        assert faded[0] == np.frombuffer(heard[1].pcm, "<i2")[0]
        assert faded[-1] == 0
        assert not any(heard[3].pcm)
        assert line.sound.figures.lost == 2


async def test_a_gap_at_the_end_is_not_waited_for():
    """Where nothing follows, what waits is passed on after 60 ms."""
    async with calling() as (call, _, heard):
        packets = [call.packet(frame(n)) for n in range(3)]
        call.speak(packets[0])
        call.speak(packets[2])
        await asyncio.sleep(0.05)
        assert len(heard) == 1
        await asyncio.sleep(0.02)
        assert len(heard) == 3
        assert heard[2] == sound(2)


async def test_comfort_noise_and_unknown_types_are_no_sound():
    """They count as a sign of life, and leave no gap behind."""
    async with calling() as (call, line, heard):
        call.speak(call.packet(frame(0)))
        await asyncio.sleep(1)
        call.speak(call.packet(b"\x40", kind=13))
        call.speak(call.packet(b"?", kind=77))
        call.speak(call.packet(frame(1), step=8000, marker=True))
        await until(lambda: len(heard) == 2)
        assert heard == [sound(0), sound(1)]
        assert line.sound.figures.lost == 0
        assert line.sound.silent_for() < 0.1


async def test_sound_goes_where_theirs_comes_from():
    """Symmetric RTP: behind a router the SDP's port is not the one that is seen."""
    async with calling() as (call, line, heard):
        behind, arrived = await socket(lambda data, source: arrived.append(data)), []
        line.send(bytes(320))
        await call.hears(1)
        call.speak(call.packet(frame(0)), behind)
        await until(lambda: heard)
        line.send(bytes(320))
        await until(lambda: arrived)
        assert len(call.packets) == 1
        behind.close()


async def test_a_second_sender_is_not_heard_while_the_first_one_speaks():
    """Who guesses the port cannot speak into the call; a router that moves the caller can."""
    async with calling() as (call, _, heard):
        call.speak(call.packet(frame(0)))
        other = await socket(lambda data, source: None)
        call.speak(call.packet(frame(1)), other)
        await asyncio.sleep(0.1)
        assert heard == [sound(0)]
        await asyncio.sleep(MOVED_AFTER)
        call.speak(call.packet(frame(2)), other)
        call.speak(call.packet(frame(3)), other)
        await until(lambda: sound(3) in heard)
        other.close()


async def test_another_host_is_never_heard():
    """Sound comes from where the SDP or the signalling says."""
    async with calling() as (call, line, heard):
        stranger = await socket(lambda data, source: None, "127.0.0.3")
        call.speak(call.packet(frame(0)), stranger)
        await asyncio.sleep(1)
        assert heard == []
        assert line.sound.figures.received == 0
        stranger.close()


@pytest.mark.parametrize(("formats", "least"), [("8", 37), ("0", 36)])
async def test_our_path_keeps_what_g711_keeps(formats, least):
    """A tone there and back, through both directions of the path: nothing but G.711's own noise."""
    async with calling(lambda port: sdp(port, formats)) as (call, line, heard):
        pcm = tone(1013, 8000, 1.0)
        for at in range(0, len(pcm), 320):
            line.send(pcm[at : at + 320])
        packets = await call.hears(50)
        for _, _, _, _, payload in packets:
            call.speak(call.packet(payload))
        await until(lambda: len(heard) == 50)
        clean, amplitude = purity(b"".join(each.pcm for each in heard), 1013, 8000)
        assert clean > least
        assert amplitude == pytest.approx(8000, rel=0.01)


async def test_l16_is_exact_at_both_rates():
    """Where it is allowed and offered: 8 and 16 kHz without any loss."""
    for name, clock in (("L16", 8000), ("L16/16000", 16000)):
        offer = f"a=rtpmap:98 L16/{clock}\r\n"

        def offered(port, line=offer):
            return sdp(port, "98 8", line)

        async with calling(offered, codecs=[name, "PCMA"]) as (call, line, heard):
            assert line.rate == clock
            pcm = tone(700, clock, 0.02)
            line.send(pcm)
            payload = (await call.hears(1))[0][4]
            call.speak(call.packet(payload, kind=98))
            await until(lambda got=heard: got)
            assert heard == [Audio(pcm)]


async def test_our_packets_ask_routers_to_go_first():
    """Marked as voice (DSCP EF)."""
    port = await opened("127.0.0.1", 20_000, 30_000, print)
    own = port._transport.get_extra_info("socket")
    assert own.getsockopt(IPPROTO_IP, IP_TOS) == 46 << 2
    assert port.port % 2 == 0
    port.close()
    port.close()


async def test_no_port_is_left():
    """The error names the settings; with calls it is 503, and told when to try again."""
    with pytest.raises(NoPort, match="rtp_first"):
        await opened("127.0.0.1", 20_001, 20_001, print)
    desk = Desk()
    async with (
        agent(desk, rtp_first=20_500, rtp_last=20_501) as ours,
        Caller(("127.0.0.1", ours.port)) as caller,
    ):
        await caller.call()
        answer = (await caller.call()).answer
        assert (answer.status, answer.one("retry-after")) == (503, "10")
    assert desk.refusals[0][0] == "no-port"
    assert len(desk.abandoned) == 1
