"""What we played, as the echo guard needs it: spectra and levels of the last 1.1 s."""

import numpy as np
from numpy.typing import NDArray

from bot.core.audio import SAMPLE_BYTES
from bot.signal.echo_delay import FRAMES, evened
from bot.signal.echo_filter import Powers, Spectra, spectra
from bot.signal.echo_levels import LOUD, MOST, NEW, Levels

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
        self._spectra: Spectra = np.zeros((KEPT, size + 1), np.complex64)
        self._evened: Spectra = np.zeros((KEPT, size + 1), np.complex64)
        self._powers: Powers = np.zeros(2 * KEPT, np.float32)
        """Newest first: twice the same, so that any of them are in a row. So are those below."""
        self._inverse: Powers = np.zeros(2 * KEPT, np.float32)
        self._unknown: Powers = np.full(2 * KEPT, MOST, np.float32)
        self._loudest: Powers = np.zeros(2 * KEPT, np.float32)
        self._level = 0.0
        """Mean square of the last frames, the newest counting most."""
        self._last = 0.0, 0.0
        """Mean squares of the last frame and the one before it."""
        self._sound = np.zeros((KEPT, size), np.float32)
        """Full scale is 1."""
        self._sounding = np.zeros(KEPT, np.bool_)
        """Frames that are not silence, and those just after."""
        self.count = 0
        """Frames so far."""
        self._new = 0
        """The first of them whose spectrum was not asked for yet."""
        self._even = 0
        """The first of them whose evened spectrum was not asked for yet."""
        self._sounded = -2 * KEPT
        """The last one that was not silence."""

    @property
    def audible(self) -> bool:
        """Something of ours may still come back."""
        return self.count - self._sounded <= AUDIBLE

    def add(self, frame: bytes) -> None:
        """Take the next frame. Another length than 20 ms is a ValueError."""
        if len(frame) != len(self._silence):
            raise ValueError(f"20 ms have {len(self._silence)} bytes, not {len(frame)}")
        if self.count - self._sounded <= 2 * KEPT or frame != self._silence:
            self._keep(frame)
        self.count += 1

    def _keep(self, frame: bytes) -> None:
        row = self.count % KEPT
        now = self._sound[row]
        now[:] = np.frombuffer(frame, "<i2")
        now *= np.float32(1 / FULL)
        power = float(now @ now) / self._size
        if power > _SILENT:
            self._sounded = self.count
        self._sounding[row] = self.count - self._sounded < 2
        self._note(KEPT - 1 - row, power)

    def _note(self, at: int, power: float) -> None:
        """What levels alone tell of the newest frame."""
        again = at + KEPT
        self._level += (power - self._level) * NEW
        loud = self._level > LOUD
        self._powers[at] = self._powers[again] = power
        self._inverse[at] = self._inverse[again] = 1 / self._level if loud else 0.0
        self._unknown[at] = self._unknown[again] = 0.0 if loud else MOST
        self._loudest[at] = self._loudest[again] = max(power, *self._last)
        self._last = power, self._last[0]

    def _transform(self) -> None:
        """Make the spectra that are missing: of a quiet caller nobody asks for them."""
        new = self._rows(0, min(self.count - self._new, KEPT))
        self._new = self.count
        if not new.size:
            return
        both = np.concatenate((self._sound[new - 1], self._sound[new]), axis=1)
        self._spectra[new] = spectra(both) * self._sounding[new, None]

    def _rows(self, ago: int, count: int) -> NDArray[np.int64]:
        return np.arange(self.count - 1 - ago, self.count - 1 - ago - count, -1) % KEPT

    def spectra(self, ago: int, count: int) -> Spectra:
        """So many rows, from the frame played `ago` frames before the last one backwards."""
        self._transform()
        return self._spectra[self._rows(ago, count)]

    def evened(self, ago: int, count: int) -> Spectra:
        """The same with strong frequencies held back."""
        self._transform()
        new = self._rows(0, min(self.count - self._even, KEPT))
        self._evened[new] = evened(self._spectra[new])
        self._even = self.count
        return self._evened[self._rows(ago, count)]

    def powers(self, ago: int, count: int) -> Powers:
        """Mean squares of the frames: a view, for now."""
        first = self._first(ago)
        return self._powers[first : first + count]

    def levels(self, ago: int) -> Levels:
        """What is known by level, of delays from the frame played `ago` frames ago on: views."""
        at = self._first(ago)
        end = at + FRAMES
        return Levels(self._inverse[at:end], self._unknown[at:end], self._loudest[at:end])

    def _first(self, ago: int) -> int:
        return KEPT - 1 - (self.count - 1 - ago) % KEPT
