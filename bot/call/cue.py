"""Which words of a sentence had left when its sound was cut, and where the cut word began."""

from dataclasses import dataclass

from bot.core.audio import SAMPLE_BYTES, seconds
from bot.core.ports import Word
from bot.hindi.length import expected_seconds, word_ends


@dataclass(slots=True)
class Cue:
    """
    A sentence of the playout's queue: where its audio is, and how much of it is known.

    Positions are in bytes since the reply began.
    """

    text: str
    start: int
    end: int
    rate: int
    """Samples a second."""
    pace: float = 1.0
    """How much longer than expected this voice's sentences have lasted."""
    words: tuple[Word, ...] = ()
    """Those whose times the synthesizer has told."""
    whole: bool = False
    """Whether `end` is the sentence's real end, or more audio will come."""

    def heard(self, played: int) -> str:
        """The words that have left; the last one may have been cut, and is left out."""
        if self.end == self.start or played <= self.start:
            return ""  # its synthesis failed, or it never began
        if self.whole and played >= self.end:
            return self.text
        at = seconds(played - self.start, self.rate)
        return " ".join(word.text for word in self._times() if word.end <= at)

    def word_start(self, played: int) -> int:
        """Where the word began that is cut at `played`."""
        at = seconds(played - self.start, self.rate)
        before = [word.end for word in self._times() if word.end <= at]
        return self.start + int((before[-1] if before else 0.0) * self.rate) * SAMPLE_BYTES

    def own_pace(self) -> float:
        """How much longer than expected this sentence was, now that it is whole."""
        lasted = seconds(self.end - self.start, self.rate)
        return lasted / max(0.1, expected_seconds(self.text))

    def _times(self) -> tuple[Word, ...]:
        """The synthesizer's times, or an estimate by syllables."""
        if self.words:
            return self.words
        known = seconds(self.end - self.start, self.rate)
        length = known if self.whole else max(known, self.pace * expected_seconds(self.text))
        return word_ends(self.text, length)
