"""SIPp as an independent peer: it calls our user agent, and answers `voicebot dial`."""

import asyncio
import os
from pathlib import Path

import numpy as np
import pytest

from bot.core.events import Audio, Digit
from bot.signal.g711 import alaw_decoded, alaw_encoded
from scripts.house import free_udp_port
from scripts.sipp_program import sipp
from tests.sip.command import dialled
from tests.sip.desk import Desk, agent, until
from tests.sip.sounds import loud, purity, sides, tone
from tests.sip.test_wavs import wav

pytestmark = [pytest.mark.real_time, pytest.mark.asterisk]

SCENARIOS = Path(__file__).parent / "sipp"
captures = pytest.mark.skipif(os.geteuid() != 0, reason="SIPp plays captures by a raw socket")


class Sipp:
    """One run of SIPp; `log` is where it writes."""

    def __init__(self, folder, *words):
        self._folder = folder
        self._words = [*sipp(), "-i", "127.0.0.1", "-mi", "127.0.0.1", "-nostdin", *words]

    async def __aenter__(self):
        self._process = await asyncio.create_subprocess_exec(
            *self._words,
            cwd=self._folder,
            env={**os.environ, "TERM": "dumb"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        self._said = asyncio.create_task(self._process.stdout.read())
        return self

    async def done(self):
        """Wait for its end: its exit code (0: every call went as its scenario says)."""
        async with asyncio.timeout(60):
            return await self._process.wait()

    async def said(self):
        """All that it wrote."""
        return (await self._said).decode(errors="replace")

    async def __aexit__(self, *_):
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        await self._said


def calling(tmp_path, scenario, port, *words, **names):
    """SIPp with a scenario of ours, calling 100 here."""
    text = (SCENARIOS / f"{scenario}.xml").read_text()
    for name, value in names.items():
        text = text.replace(name, str(value))
    (tmp_path / "scenario.xml").write_text(text)
    once = ("-m", "1") if "-m" not in words else ()
    return Sipp(tmp_path, "-sf", "scenario.xml", "-s", "100", *once, *words, f"127.0.0.1:{port}")


async def echoing(line):
    """Say back what is heard."""
    async for event in line.events():
        if isinstance(event, Audio):
            line.send(event.pcm)


def hearing(heard):
    """A talk that collects what is heard while it speaks."""

    async def talk(line):
        async for event in line.events():
            heard.append(event)
            line.send(bytes(320))

    return talk


async def test_sipp_speaks_holds_and_hangs_up(tmp_path):
    """Its A-law arrives as it was, before and after a hold; during it nothing is heard."""
    pcm = tone(1013, 8000, 0.4)
    (tmp_path / "sound.raw").write_bytes(alaw_encoded(pcm))
    heard = []
    desk = Desk(hearing(heard))
    async with (
        agent(desk) as ours,
        calling(tmp_path, "hold", ours.port, SOUND=tmp_path / "sound.raw") as caller,
    ):
        code = await caller.done()
        assert code == 0, await caller.said()
        await until(lambda: not ours.legs)
    frames = [event.pcm for event in heard if isinstance(event, Audio)]
    assert 35 <= len(frames) <= 41
    sound = b"".join(frames[2:18])
    assert purity(sound, 1013, 8000)[0] > 35
    assert alaw_decoded(alaw_encoded(sound)) == sound
    assert desk.refusals == []


@captures
async def test_sipp_plays_recorded_sound_and_keys(tmp_path):
    """Captures of real telephones: A-law, then the keys 1 and # as RFC 2833 has them."""
    data = Path(sipp()[-1]).parents[1] / "share/sip-tester"
    heard = []
    desk = Desk(hearing(heard))
    async with (
        agent(desk) as ours,
        calling(tmp_path, "keys", ours.port, CAPTURES=data) as caller,
    ):
        code = await caller.done()
        assert code == 0, await caller.said()
    assert [event.key for event in heard if isinstance(event, Digit)] == ["1", "#"]
    frames = [event.pcm for event in heard if isinstance(event, Audio)]
    assert len(frames) > 50
    assert np.abs(np.frombuffer(b"".join(frames), "<i2")).max() > 1000


async def test_sipp_keeps_a_session_alive(tmp_path):
    """Session-Expires is agreed to in an INVITE, a re-INVITE and an UPDATE."""
    async with agent(Desk(echoing)) as ours, calling(tmp_path, "session", ours.port) as caller:
        code = await caller.done()
        assert code == 0, await caller.said()


async def test_sipp_is_told_that_there_is_no_room(tmp_path):
    """486, and its ACK ends the matter."""
    desk = Desk()
    desk.full = True
    async with agent(desk) as ours, calling(tmp_path, "refused", ours.port) as caller:
        code = await caller.done()
        assert code == 0, await caller.said()


async def test_a_hundred_calls_of_sipp(tmp_path):
    """Ten a second, twenty at once: all come up, none is left, nothing is refused."""
    desk = Desk(echoing)
    load = ("-m", "100", "-r", "10", "-l", "20")
    async with agent(desk) as ours, calling(tmp_path, "session", ours.port, *load) as caller:
        code = await caller.done()
        assert code == 0, await caller.said()
        await until(lambda: not ours.legs)
    assert len(desk.lines) == 100
    assert desk.refusals == []


async def test_voicebot_dial_calls_sipp(tmp_path):
    """SIPp answers and echoes RTP: what is said comes back, and the recording has both sides."""
    words, record = wav(tmp_path / "words.wav", tone(1013, 8000, 0.5), 8000), tmp_path / "call.wav"
    port = free_udp_port()
    served = ("-sn", "uas", "-p", str(port), "-rtp_echo", "-m", "1")
    script = ("--wav", words, "--dtmf", "1#", "--seconds", "12", "--codec", "PCMU")
    async with Sipp(tmp_path, *served) as far:
        call = await dialled(f"sip:100@127.0.0.1:{port}", *script, "--record", record)
        assert await far.done() == 0, await far.said()
    assert (call.code, call.said.splitlines()[-1]) == (0, "end: we hung up"), call.said
    assert "1 of 1 files said" in call.said
    caller, other = sides(record)
    assert min(len(loud(caller)), len(loud(other))) > 3000
