"""
How loud sound is, and making it less loud.

Levels are in dBFS: 0 is a full-scale square wave, a full-scale sine is -3.01.
"""

import math

import numpy as np

from bot.core.audio import SAMPLE_BYTES
from bot.signal.audioops import audioop

FULL_SCALE = 32_768
SILENT = -100.0
"""What digital silence (and no sound at all) measures; nothing measures less."""


def rms_dbfs(pcm: bytes) -> float:
    """Root-mean-square level of 16-bit PCM, from `SILENT` to 0 dBFS."""
    if not pcm:
        return SILENT
    samples = np.frombuffer(pcm, "<i2").astype(np.float32)
    power = float(samples.dot(samples)) / (samples.size * FULL_SCALE**2)
    return max(SILENT, 10.0 * math.log10(power)) if power else SILENT


def rms(pcm: bytes) -> int:
    """Root mean square of 16-bit PCM, rounded down, from 0 to 32768: for whom that will do."""
    level: int = audioop.rms(pcm, SAMPLE_BYTES)
    return level


def faded(pcm: bytes, start: float, end: float) -> bytes:
    """16-bit PCM with a gain (0 to 1) that goes evenly from `start` to `end`."""
    samples = np.frombuffer(pcm, "<i2")
    gains = np.linspace(start, end, samples.size, dtype=np.float32)
    return (samples * gains).astype("<i2").tobytes()


def gain(decibels: float) -> float:
    """The factor of an amplitude that is this many dB."""
    return float(10.0 ** (decibels / 20.0))
