"""Which words of a sentence had left when its sound was cut, and where the cut word began."""

from dataclasses import dataclass

from bot.core.audio import SAMPLE_BYTES, seconds
from bot.core.ports import Word
from bot.hindi.aloud import Aloud
from bot.hindi.length import expected_seconds, word_ends


@dataclass(slots=True)
class Cue:
    """
    A sentence of the playout's queue: where its audio is, and how much of it is known.

    Positions are in bytes since the reply began.
    """

    aloud: Aloud
    """As it is written, and as it is said."""
    start: int
    end: int
    rate: int
    """Samples a second."""
    pace: float = 1.0
    """How much longer than expected this voice's sentences have lasted."""
    words: tuple[Word, ...] = ()
    """The spoken ones whose times the synthesizer has told."""
    whole: bool = False
    """Whether `end` is the sentence's real end, or more audio will come."""

    def heard(self, played: int) -> str:
        """The written words that have left; one that was cut in the middle is left out."""
        if self.end == self.start or played <= self.start:
            return ""  # its synthesis failed, or it never began
        if self.whole and played >= self.end:
            return self.aloud.written
        at = seconds(played - self.start, self.rate)
        return self.aloud.heard(
            self.aloud.spoken_words(word.text for word in self._times() if word.end <= at)
        )

    def word_start(self, played: int) -> int:
        """Where the word began that is cut at `played`."""
        at = seconds(played - self.start, self.rate)
        before = [word.end for word in self._times() if word.end <= at]
        return self.start + int((before[-1] if before else 0.0) * self.rate) * SAMPLE_BYTES

    def own_pace(self) -> float:
        """How much longer than expected this sentence was, now that it is whole."""
        lasted = seconds(self.end - self.start, self.rate)
        return lasted / max(0.1, expected_seconds(self.aloud.said))

    def _times(self) -> tuple[Word, ...]:
        """The synthesizer's times, or an estimate by syllables."""
        if self.words:
            return self.words
        known = seconds(self.end - self.start, self.rate)
        length = known if self.whole else max(known, self.pace * expected_seconds(self.aloud.said))
        return word_ends(self.aloud.said, length)
