"""
How loud could our echo be at most? What levels alone say, before anything else is known.

A frame of the caller's at some level says that no echo is louder than that: at each delay, the
least loss that our voice then had. The bound of a line without echo falls as soon as we speak,
that of a line with one falls to its echo. Where the bound is passed, somebody else speaks.
"""

import numpy as np

from bot.signal.echo_delay import FRAMES
from bot.signal.echo_filter import Powers

MOST = np.float32(0.4)
"""An echo's power over our voice's, at most: -4 dB."""
_NEW = np.float32(0.4)
"""Share of the newest frame in the levels that are compared: an echo smears over frames."""
_RISE = np.float32(1.03)
"""Of the bound, each frame, 6.4 dB a second: what was quiet once may not stay so."""
_LOUD = np.float32(1e-6)
"""Mean square of our voice from which it tells something: -60 dBFS."""


class EchoBound:
    """One call's."""

    def __init__(self) -> None:
        self._most: Powers = np.full(FRAMES, MOST, np.float32)
        """By delay, in frames."""
        self._far: Powers = np.zeros(FRAMES, np.float32)
        self._near = np.float32(0)
        self._gain = float(MOST)

    def hear(self, power: float, played: Powers) -> float:
        """
        Take a frame's mean square and those of the last `FRAMES + 2` played, newest first.

        Give the mean square that an echo may have in it.
        """
        self._near += (np.float32(power) - self._near) * _NEW
        self._far += (played[:FRAMES] - self._far) * _NEW
        self._most *= _RISE
        seen = np.where(self._far > _LOUD, self._near / np.maximum(self._far, _LOUD), MOST)
        np.minimum(self._most, seen, out=self._most)
        self._gain = float(self._most.max())
        around = np.maximum(np.maximum(played[:-2], played[1:-1]), played[2:])
        return float((self._most * around).max())

    def roughly(self, played: Powers) -> float:
        """The same without learning, and more of it: at the loudest delay, of our loudest frame."""
        return self._gain * float(played.max())
