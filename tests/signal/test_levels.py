"""Levels by their definition."""

import pytest

from bot.signal.levels import SILENT, rms_dbfs
from tests.signal.sounds import pcm, tone


def test_a_full_scale_square_is_zero():
    """0 dBFS is as loud as 16 bits can be."""
    assert rms_dbfs(b"\x00\x80" * 100) == 0


def test_a_sine_is_three_decibels_below_its_peak():
    """A sine of -20 dBFS peak has -23.01 dBFS."""
    assert rms_dbfs(pcm(tone(1_000, dbfs=-20))) == pytest.approx(-23.01, abs=0.01)


def test_silence_and_nothing_have_a_finite_level():
    """No sound measures -100 dBFS, never minus infinity."""
    assert rms_dbfs(bytes(320)) == rms_dbfs(b"") == SILENT
