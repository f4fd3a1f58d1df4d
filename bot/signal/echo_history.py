"""
What we played, as the echo guard needs it: spectra and levels of the last 1.1 s, newest first.

Rows are written twice, a ring's length apart, so that any stretch of the past is one slice.
"""

import numpy as np

from bot.core.audio import SAMPLE_BYTES
from bot.signal.echo_delay import evened
from bot.signal.echo_filter import Powers, Spectra, spectra

KEPT = 56
"""Frames."""
AUDIBLE = 35
"""Frames for which a sound of ours may come back: 0.7 s."""
_SILENT = 3e-8
"""Mean square below which a frame is silence, -75 dBFS: G.711's own idle noise."""
FULL = 32_768


class Played:
    """The frames that left for the caller."""

    def __init__(self, size: int) -> None:
        """`size`: samples of a frame."""
        self._size = size
        self._silence = bytes(size * SAMPLE_BYTES)
        self._spectra = np.zeros((2 * KEPT, size + 1), np.complex64)
        self._evened = np.zeros((2 * KEPT, size + 1), np.complex64)
        self._powers = np.zeros(2 * KEPT, np.float32)
        self._both = np.zeros(2 * size, np.float32)
        """The last two frames."""
        self.count = 0
        """Frames so far."""
        self._sounded = -2 * KEPT
        """The count at the last frame that was not silence."""

    @property
    def audible(self) -> bool:
        """Something of ours may still come back."""
        return self.count - self._sounded <= AUDIBLE

    def add(self, frame: bytes) -> None:
        """Take the next frame. Another length than 20 ms is a ValueError."""
        if len(frame) != len(self._silence):
            raise ValueError(f"20 ms have {len(self._silence)} bytes, not {len(frame)}")
        silent = frame == self._silence
        if silent and self.count - self._sounded > 2 * KEPT:
            self.count += 1
            return
        self._both[: self._size] = self._both[self._size :]
        now = self._both[self._size :]
        now[:] = np.frombuffer(frame, "<i2")
        now *= np.float32(1 / FULL)
        power = 0.0 if silent else float(now @ now) / self._size
        if power > _SILENT:
            self._sounded = self.count
        self._write(power, self.count - self._sounded < 2)
        self.count += 1

    def _write(self, power: float, heard: bool) -> None:
        at = self.count % KEPT
        rows = slice(at, None, KEPT)
        self._powers[rows] = power
        if heard:
            spectrum = spectra(self._both)
            self._spectra[rows] = spectrum
            self._evened[rows] = evened(spectrum)
        else:
            self._spectra[rows] = 0
            self._evened[rows] = 0

    def _rows(self, ago: int, count: int) -> slice:
        newest = (self.count - 1 - ago) % KEPT + KEPT
        return slice(newest, newest - count, -1)

    def spectra(self, ago: int, count: int) -> Spectra:
        """So many rows, from the frame played `ago` frames before the last one backwards."""
        return self._spectra[self._rows(ago, count)]

    def evened(self, ago: int, count: int) -> Spectra:
        """The same with strong frequencies held back."""
        return self._evened[self._rows(ago, count)]

    def powers(self, ago: int, count: int) -> Powers:
        """Mean squares of the frames."""
        return self._powers[self._rows(ago, count)]
