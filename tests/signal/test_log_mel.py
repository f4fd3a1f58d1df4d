"""The bands that smart-turn sees, against numbers of pipecat-ai 1.14.0's Whisper features."""

import numpy as np
import pytest

from bot.signal.log_mel import log_mel

SEEN = {
    (8, 510): 1.8568,
    (33, 550): 1.8087,
    (50, 600): 1.7047,
    (60, 650): 1.6304,
    (67, 700): 1.5363,
    (73, 750): 1.4754,
    (77, 790): 1.3938,
    (30, 550): 1.0442,
    (62, 700): -0.116,
    (0, 0): 0.0538,
}
"""(band, column): value."""


def glide():
    """5 s of silence, then 3 s of a tone that rises from 100 Hz by 2400 Hz a second, and fades."""
    t = np.arange(3 * 16_000) / 16_000
    tone = np.rint(8000 * np.sin(2 * np.pi * (100 * t + 1200 * t**2)) * np.exp(-t / 2))
    return np.concatenate((np.zeros(5 * 16_000), tone / 32_768)).astype(np.float32)


def test_a_rising_tone_climbs_through_the_bands():
    """The values of the reference, at the loudest band of some columns and off it."""
    seen = log_mel(glide())
    assert (seen.shape, seen.dtype) == ((80, 800), np.float32)
    assert {place: seen[place] for place in SEEN} == pytest.approx(SEEN, abs=1e-4)
    assert (seen.mean(), seen.std()) == pytest.approx((-0.07572, 0.21869), abs=1e-4)


def test_silence_is_silence():
    """No division by the variance that is not there."""
    assert np.unique(log_mel(np.zeros(128_000, np.float32))).tolist() == [-1.5]


@pytest.mark.parametrize("samples", [0, 160, 2561])
def test_a_length_that_does_not_fit_is_refused(samples):
    """Whole steps only, and some of them."""
    with pytest.raises(ValueError, match="no multiple of 2560"):
        log_mel(np.zeros(samples, np.float32))
