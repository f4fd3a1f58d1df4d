"""Which of the bot's words come back in the echo, and when: told by the frames that it sent."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.turn_taking.services import Source
from bench.turn_taking.sounds import RATE
from bot.core.audio import FRAME_SECONDS


@dataclass(frozen=True, slots=True)
class EchoedWord:
    """A word of ours as it arrives in the caller's channel."""

    text: str
    start: float
    end: float


class EchoWords:
    """Follows our frames through the sources that they are made of."""

    def __init__(self, sources: Sequence[Source], delay: float) -> None:
        self._sources = sources
        self._delay = delay
        self._followed = 0
        """Frames that were looked at."""
        self._source: Source | None = None
        self._at = 0
        """Byte of the source at which the next frame should begin."""
        self._waiting: list[EchoedWord] = []

    def hear(self, sent: Sequence[tuple[float, bytes]]) -> list[EchoedWord]:
        """The words whose echo has come in whole, after these frames (all since the call began)."""
        for when, frame in sent[self._followed :]:
            self._follow(when, frame)
        self._followed = len(sent)
        now = sent[-1][0] if sent else 0.0
        come = [word for word in self._waiting if word.end <= now]
        self._waiting = [word for word in self._waiting if word.end > now]
        return come

    def _follow(self, when: float, frame: bytes) -> None:
        if not any(frame):
            self._source = None
            return
        source = self._source
        if source is None or source.pcm[self._at : self._at + len(frame)] != frame:
            self._find(frame)
        source = self._source
        if source is None:
            return
        begin, end = self._at / 2 / RATE, (self._at + len(frame)) / 2 / RATE
        for word in source.words:
            if begin < word.end <= end:
                arrives = when + FRAME_SECONDS + self._delay
                self._waiting.append(
                    EchoedWord(word.text, arrives - (word.end - word.start), arrives)
                )
        self._at += len(frame)

    def _find(self, frame: bytes) -> None:
        """Where it is; a frame that was changed is taken for the one that is due."""
        for source in self._sources:
            at = source.pcm.find(frame)
            if at >= 0:
                self._source, self._at = source, at
                return
