"""
Where an utterance begins and ends: Riva's end-pointing rule on voice activity.

An utterance begins when, of the last `start_history` of sound, a share of at least
`start_threshold` was voiced. It ends when of the last `stop_history` at least `stop_threshold` was
not. The same with `stop_history_eou` gives a first, early guess. It knows no audio and no clock:
it counts frames of 32 ms.
"""

from collections import deque
from dataclasses import dataclass
from enum import Enum, auto

FRAME_MS = 32


class Turning(Enum):
    """What a frame changed."""

    NOTHING = auto()
    BEGUN = auto()
    PAUSED = auto()
    """The first-pass end of utterance: the caller may go on."""
    ENDED = auto()


@dataclass(frozen=True, slots=True)
class EndPointing:
    """When an utterance begins and ends. Times in milliseconds, shares from 0 to 1."""

    start_ms: int = 96
    start_share: float = 0.6
    stop_ms: int = 800
    stop_share: float = 0.98
    pause_ms: int = 0
    """0: no first pass."""
    pause_share: float = 0.98
    onset: float = 0.3
    """Probability of speech from which a frame is voiced, before an utterance."""
    offset: float = 0.3
    """The same within an utterance."""


class EndPointer:
    """The rule applied to one stream."""

    def __init__(self, rule: EndPointing) -> None:
        self._rule = rule
        self._start: deque[bool] = deque(maxlen=_frames(rule.start_ms))
        """Voiced or not, of the last frames outside an utterance."""
        self._stop: deque[bool] = deque(maxlen=_frames(rule.stop_ms))
        """The same within an utterance."""
        self._pause: deque[bool] = deque(maxlen=_frames(rule.pause_ms))
        self.inside = False
        """The caller is speaking, as far as this rule can tell."""
        self._paused = False

    @property
    def threshold(self) -> float:
        """Probability of speech from which the next frame is voiced."""
        return self._rule.offset if self.inside else self._rule.onset

    def hear(self, voiced: bool) -> Turning:
        """Take the next frame's judgement."""
        if not self.inside:
            return self._outside(voiced)
        self._stop.append(voiced)
        self._pause.append(voiced)
        if _quiet(self._stop, self._rule.stop_share):
            self.reset()
            return Turning.ENDED
        if not self._rule.pause_ms or not _quiet(self._pause, self._rule.pause_share):
            self._paused = False
        elif not self._paused:
            self._paused = True
            return Turning.PAUSED
        return Turning.NOTHING

    def reset(self) -> None:
        """The utterance is over, by decision from outside or by the rule."""
        self.inside = False
        self._paused = False
        for heard in (self._start, self._stop, self._pause):
            heard.clear()

    def _outside(self, voiced: bool) -> Turning:
        self._start.append(voiced)
        needed = self._rule.start_share * (self._start.maxlen or 1)
        if not voiced or sum(self._start) < needed:
            return Turning.NOTHING
        self.inside = True
        return Turning.BEGUN


def _frames(milliseconds: int) -> int:
    return max(1, round(milliseconds / FRAME_MS))


def _quiet(heard: deque[bool], share: float) -> bool:
    """Whether the whole window was heard, ends quiet, and is quiet enough in all."""
    if len(heard) < (heard.maxlen or 1) or heard[-1]:
        return False
    return heard.count(False) >= share * len(heard)
