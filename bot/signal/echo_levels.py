"""
How loud could our echo be at most? What levels alone say, before anything else is known.

A frame of the caller's at some level says that no echo is louder than that: at each delay, the
least loss that our voice then had. The bound of a line without echo falls as soon as we speak,
that of a line with one falls to its echo. Where the bound is passed, somebody else speaks.
"""

from typing import NamedTuple

import numpy as np

from bot.signal.echo_delay import FRAMES
from bot.signal.echo_filter import Powers

MOST = np.float32(0.4)
"""An echo's power over our voice's, at most: -4 dB."""
NEW = 0.4
"""Share of the newest frame in the levels that are compared: an echo smears over frames."""
_RISE = np.float32(1.03)
"""Of the bound, each frame, 6.4 dB a second: what was quiet once may not stay so."""
LOUD = 1e-6
"""Mean square of our voice from which it tells something: -60 dBFS."""


class Levels(NamedTuple):
    """What is known of our voice by level: for each delay, in frames."""

    inverse: Powers
    """One over its level, where it is loud enough to tell something; else 0."""
    unknown: Powers
    """`MOST` where it is not."""
    loudest: Powers
    """Of three frames in a row, the last of them played that long ago."""


class EchoBound:
    """One call's."""

    def __init__(self) -> None:
        self._most: Powers = np.full(FRAMES, MOST, np.float32)
        """By delay, in frames."""
        self._near = 0.0
        self._gain = float(MOST)
        self._found: Powers = np.zeros(FRAMES, np.float32)
        """Room for what a frame says."""

    def hear(self, power: float, played: Levels) -> float:
        """Take a frame's mean square; give the mean square that an echo may have in it."""
        self._near += (power - self._near) * NEW
        found, most = self._found, self._most
        np.multiply(played.inverse, np.float32(self._near), out=found)
        found += played.unknown
        most *= _RISE
        np.minimum(most, found, out=most)
        self._gain = float(np.maximum.reduce(most))
        np.multiply(most, played.loudest, out=found)
        return float(np.maximum.reduce(found))

    def roughly(self, played: Levels) -> float:
        """The same without learning, and more of it: at the loudest delay, of our loudest frame."""
        return self._gain * float(np.maximum.reduce(played.loudest))
