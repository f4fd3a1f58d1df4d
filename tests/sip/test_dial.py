"""One call by script."""

from pathlib import Path

import numpy as np
import pytest

from bot.core.errors import ConfigError
from bot.signal.g711 import alaw_encoded
from bot.sip.dial import DialOptions, dial
from bot.sip.errors import CallRefused
from bot.sip.phone_call import Ending
from tests.sip.far_end import DTMF, FarEnd
from tests.sip.refusals import Door
from tests.sip.sounds import loud, sides, tone
from tests.sip.test_wavs import wav

pytestmark = pytest.mark.real_time


class Talker(FarEnd):
    """Greets for 0.4 s as soon as it has answered, then listens."""

    async def _answer(self, invitation):
        await super()._answer(invitation)
        await self.legs[-1].say(alaw_encoded(tone(700, 8000, 0.4) + bytes(8000)))


async def test_it_listens_speaks_and_presses(tmp_path):
    """The greeting is heard out, the files are said, keys follow, and the call is recorded."""
    words = wav(tmp_path / "words.wav", tone(1013, 24000, 0.5), 24000)
    async with Talker() as far:
        report = await dial(
            DialOptions(
                f"sip:100@{far.server}",
                wavs=(words,),
                dtmf="7#",
                record=tmp_path / "call.wav",
                seconds=3.0,
                pause=0.2,
                patience=0.3,
            )
        )
        events = [p for p in far.legs[0].packets if p.payload_type == DTMF]
    assert (report.ending, report.said, report.rate) == (Ending.WE, 1, 8000)
    assert report.duration == pytest.approx(3.0, abs=0.3)
    assert report.first_sound is not None
    assert 0 <= report.first_sound < 0.3
    assert {p.payload[0] for p in events} == {7, 11}
    caller, bot = sides(tmp_path / "call.wav")
    assert lasted(bot) == pytest.approx(0.4, abs=0.03)
    assert lasted(caller) == pytest.approx(0.5, abs=0.03)
    assert loud(caller)[0] - loud(bot)[-1] > 0.15 * 8000


def lasted(samples):
    """Seconds of sound, late or not."""
    return np.unique(loud(samples) // 80).size * 0.01


async def test_it_tells_who_hung_up(tmp_path):
    """A call that the other side ends is reported so, with what was said until then."""

    class Rude(FarEnd):
        async def _answer(self, invitation):
            await super()._answer(invitation)
            await self.legs[-1].say(alaw_encoded(bytes(8000)))
            self.hang_up(self.legs[-1])

    words = wav(tmp_path / "words.wav", tone(1013, 8000, 5.0), 8000)
    async with Rude() as far:
        report = await dial(
            DialOptions(f"sip:100@{far.server}", wavs=(words,), seconds=60.0, patience=0.1)
        )
    assert (report.ending, report.said, report.first_sound) == (Ending.THEY, 0, None)


async def test_a_refusal_is_raised():
    """Nobody to talk to: the SIP status reaches who called."""
    async with Door("404 Not Found") as door:
        with pytest.raises(CallRefused, match="404"):
            await dial(DialOptions(f"sip:1@{door.server}"))


@pytest.mark.parametrize("uri", ["", "100", "sip:100", "sip:@host", "sip:1@a b"])
async def test_an_address_must_have_a_number_and_a_server(uri):
    """The error shows what an address looks like."""
    with pytest.raises(ConfigError, match="sip:100@127"):
        await dial(DialOptions(uri))


async def test_files_are_read_before_dialling():
    """A missing file is found before anybody's telephone rings."""
    async with FarEnd() as far:
        with pytest.raises(ConfigError, match=r"none\.wav"):
            await dial(DialOptions(f"sip:1@{far.server}", wavs=(Path("none.wav"),)))
        assert not far.legs
