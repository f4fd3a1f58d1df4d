"""Prompts at the rates that studios and synthesizers use become prompts of the line."""

import numpy as np
import pytest

from bot.signal.whole import resample_whole
from tests.signal.sounds import pcm, sound, tone
from tests.signal.test_resampler import levels

RATES = [
    (source, target) for source in (22_050, 24_000, 44_100, 48_000) for target in (8_000, 16_000)
]


@pytest.mark.parametrize(("source", "target"), [*RATES, (8_000, 22_050), (8_000, 16_000)])
def test_a_prompt_keeps_its_sound_and_its_length(source, target):
    """A tone at 3 kHz comes out alone, at its level, as long as before."""
    out = resample_whole(pcm(tone(3_000, 2.0, source)), source, target)
    spectrum = levels(out, target)
    assert len(out) == 2 * 2 * target
    assert spectrum[3_000] == pytest.approx(-6, abs=0.1)
    spectrum[2_990:3_011] = -200
    assert spectrum.max() < -80


@pytest.mark.parametrize(("source", "target"), RATES)
def test_what_the_line_cannot_carry_leaves_no_trace(source, target):
    """A tone above half the line's rate is gone, not folded down: under -80 dBFS."""
    out = resample_whole(pcm(tone(target * 0.55, 2.0, source)), source, target)
    assert levels(out, target).max() < -80


def test_nothing_is_delayed():
    """A pulse stays at its place."""
    pulse = np.zeros(24_000)
    pulse[12_000] = 0.9
    assert np.abs(sound(resample_whole(pcm(pulse), 24_000, 8_000))).argmax() == 4_000


def test_equal_rates_and_no_sound_pass_untouched():
    """Nothing to do is nothing done."""
    assert resample_whole(b"\x01\x02", 16_000, 16_000) == b"\x01\x02"
    assert resample_whole(b"", 24_000, 8_000) == b""


@pytest.mark.parametrize(("sample", "source"), [(b"a", 24_000), (bytes(2), 0), (bytes(2), -8_000)])
def test_nonsense_is_refused(sample, source):
    """Half a sample, and rates that are not positive, are ValueErrors."""
    with pytest.raises(ValueError, match="must"):
        resample_whole(sample, source, 8_000)
