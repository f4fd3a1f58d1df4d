"""The tones of keys."""

import numpy as np
import pytest

from bot.signal.dtmf import COLUMNS, KEYS, ROWS, key_tones


@pytest.mark.parametrize("rate", [8000, 16000])
@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_two_frequencies_and_a_gap(key, rate):
    """Those of its row and its column, and nothing else within 20 dB; then 100 ms of silence."""
    samples = np.frombuffer(key_tones(key, rate), "<i2").astype(float)
    tone, gap = np.split(samples, 2)
    assert not gap.any() and len(tone) == rate // 10
    spectrum = np.abs(np.fft.rfft(tone * np.hanning(len(tone))))
    strongest = sorted(np.argsort(spectrum)[-2:] * 10.0)
    place = KEYS.index(key)
    assert abs(strongest[0] - ROWS[place // 4]) < 15 or strongest[1] - strongest[0] < 15
    power = [spectrum[round(f / 10)] for f in (ROWS[place // 4], COLUMNS[place % 4])]
    others = [spectrum[round(f / 10)] for f in (*ROWS, *COLUMNS)]
    assert sorted(others)[-2:] == sorted(power) and sorted(others)[-3] < min(power) / 5


def test_keys_follow_each_other():
    """Five a second."""
    assert len(key_tones("12#", 8000)) == 3 * 2 * 1600
