"""
Decides which written words the caller has heard, by the words that were spoken for them.

"₹500" is one word and is spoken in three, "25 दिसंबर" may be spoken as one: a written word is
heard when all that is said for it was.
"""

import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate


@dataclass(frozen=True)
class Aloud:
    """
    A sentence as it is written and as it is said.

    Words are what white space divides. `done[n]` is how many of the written words are over when
    n + 1 spoken words are.
    """

    written: str
    said: str
    done: tuple[int, ...]

    def heard(self, words: int) -> str:
        """The written words that are over when so many spoken words are."""
        count = self.done[min(words, len(self.done)) - 1] if words and self.done else 0
        return " ".join(self.written.split()[:count])

    def spoken_words(self, told: Iterable[str]) -> int:
        """
        How many of our spoken words are over when a synthesizer has told these.

        It may divide the text elsewhere than we do, and leave marks out: letters are counted.
        """
        return bisect_right(self._letters, sum(map(_letters, told)))

    @cached_property
    def _letters(self) -> list[int]:
        """Letters up to the end of each spoken word."""
        return list(accumulate(map(_letters, self.said.split())))


def as_written(text: str) -> Aloud:
    """A sentence that is said just as it is written."""
    return Aloud(text, text, tuple(range(1, len(text.split()) + 1)))


def _letters(text: str) -> int:
    """Letters and digits, without signs, which have several encodings."""
    return sum(letter.isalnum() for letter in unicodedata.normalize("NFD", text))
