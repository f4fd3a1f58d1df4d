"""
Decides how alike two Hindi words sound: letters become sounds, sounds have distances.

A recogniser on a telephone line mistakes what sounds alike: aspiration (ब, भ), retroflexes (ट, त),
nukta (ज, ज़) and sibilants fall together here; vowels are cheap, consonants dear. Devanagari and
Latin spelling ("mera bill") give the same sounds, so that typed text works too. No word list.
"""

import re
import unicodedata
from collections.abc import Container, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

_CONSONANTS = dict(
    zip(
        "कखगघङचछजझञटठडढणतथदधनपफबभमयरलवशषसहळ",
        "kkggnccjjnttddnttddnppbbmyrlvssshl",
        strict=True,
    )
)
_VOWELS = {
    **dict(zip("अआइईउऊऋएऐऑऒओऔऍ", "aaiiuureeoooeo", strict=True)),
    **dict(zip("ािीुूृेैॉॊोौॅ", "aiiuureeooooe", strict=True)),
    "ं": "N",
    "ँ": "N",
}
_NUKTA = "\u093c"
_VIRAMA = "\u094d"
_LATIN_RULES: tuple[tuple[str, str], ...] = (
    (r"tion|sion", "san"),
    (r"tch|chh|ch", "C"),
    (r"ck|q", "k"),
    (r"c(?=[eiy])", "s"),
    (r"g(?=e)", "j"),
    (r"c", "k"),
    (r"x", "ks"),
    (r"sh", "s"),
    (r"ph|f", "p"),
    (r"([kgjtdpbC])h", r"\1"),
    (r"z", "j"),
    (r"w", "v"),
    (r"ee|y(?![aeiou])", "i"),
    (r"oo", "u"),
    (r"ai|ay|ei|ey", "e"),
    (r"au|ou|ow", "o"),
    (r"(.)\1+", r"\1"),
    (r"(?<=.)a(?=[^aeiou].)", ""),
)
_DEAR = 1.0
_COST = {**dict.fromkeys("aeiou", 0.3), "N": 0.25, "h": 0.5, "y": 0.45, "v": 0.7, "n": 0.8}
_ALIKE = {
    **dict.fromkeys(("ai", "au", "ae", "eo", "iu"), 0.25),
    **dict.fromkeys(("ao", "ou", "ei"), 0.15),
    **dict.fromkeys(("iy", "ey", "uv", "ov"), 0.25),
    **{"Nn": 0.15, "Nm": 0.5, "mn": 0.5, "dr": 0.5, "dt": 0.7, "bp": 0.6, "gk": 0.6},
    **{"cj": 0.5, "js": 0.7, "cs": 0.7, "bv": 0.5, "gj": 0.7, "hk": 0.8, "ln": 0.8, "lr": 0.8},
}
_UNLIKE = 1.3


def sounds(text: str) -> str:
    """The sounds of a word or a text, one letter each; unknown letters are silent."""
    return "".join(_word_sounds(word) for word in words(text))


def words(text: str) -> list[str]:
    """The words of a text in small letters: runs of Devanagari, of Latin letters, of digits."""
    plain = unicodedata.normalize("NFKC", text).lower()
    return re.findall(r"[\u0900-\u0963\u0971-\u097f]+|[a-zà-ɏ]+(?:'[a-z]+)?|\d+", plain)


@lru_cache(maxsize=20_000)
def _word_sounds(word: str) -> str:
    if "\u0900" <= word[0] <= "\u097f":
        return _devanagari(word)
    return _latin(word) if word[0].isalpha() else ""


def _devanagari(word: str) -> str:
    """Sounds of a Devanagari word; the unwritten vowel counts for nothing."""
    out: list[str] = []
    for letter in unicodedata.normalize("NFD", word):
        sound = _CONSONANTS.get(letter) or _VOWELS.get(letter)
        if letter == _NUKTA and out and out[-1] == "d":
            out[-1] = "r"
        elif sound and not (out and out[-1] == sound):
            out.append(sound)
    return "".join(out)


def _latin(word: str) -> str:
    """Sounds of Hindi in Latin letters, or of an English word, by a few spelling rules."""
    plain = unicodedata.normalize("NFD", word)
    plain = re.sub(r"[^a-z]", "", plain)
    for pattern, sound in _LATIN_RULES:
        plain = re.sub(pattern, sound, plain)
    return plain.lower()


def loss(sound: str) -> float:
    """What it costs to lose or to add this sound."""
    return _COST.get(sound, _DEAR)


def swap(one: str, other: str) -> float:
    """What it costs to hear one sound for the other; never dearer than to lose it and add it."""
    if one == other:
        return 0.0
    unlike = min(_UNLIKE, loss(one) + loss(other))
    return _ALIKE.get("".join(sorted(one + other)), unlike)


@dataclass(frozen=True, slots=True)
class Sounding:
    """A text as sounds, each with what it counts for, and how much there is to hear in all."""

    sounds: str
    shares: tuple[float, ...]

    def weight(self) -> float:
        """What it would cost to lose it all."""
        return sum(loss(s) * share for s, share in zip(self.sounds, self.shares, strict=True))


def sounding(text: str, light: Container[str] = (), light_share: float = 1.0) -> Sounding:
    """The sounds of a text without its spaces; those of light words count for less."""
    heard: list[str] = []
    shares: list[float] = []
    for word in words(text):
        word_sounds = _word_sounds(word)
        share = light_share if word_sounds in light else 1.0
        heard.append(word_sounds)
        shares += [share] * len(word_sounds)
    return Sounding("".join(heard), tuple(shares))


class Lexicon:
    """Texts that others are compared with, all at once."""

    def __init__(self, texts: Sequence[Sounding]) -> None:
        """Lay the texts out as rows of one table, filled up with silence."""
        width = max((len(text.sounds) for text in texts), default=0)
        self._codes = np.zeros((len(texts), width), dtype=np.intp)
        self._shares = np.zeros((len(texts), width))
        for row, text in enumerate(texts):
            self._codes[row, : len(text.sounds)] = [_CODES[sound] for sound in text.sounds]
            self._shares[row, : len(text.sounds)] = text.shares
        start = np.zeros((len(texts), 1))
        losses = _LOSSES[self._codes] * self._shares
        self._added = np.hstack([start, np.cumsum(losses, axis=1)])
        self._weights = self._added[:, -1]

    def likeness(self, heard: Sounding) -> NDArray[np.float64]:
        """How alike what was heard is to each text: 1 the same, 0 nothing in common."""
        most = np.maximum(self._weights, heard.weight())
        alike: NDArray[np.float64] = 1.0 - self._distance(heard) / np.maximum(most, 0.01)
        return np.where(most > 0, np.maximum(alike, 0.0), 0.0)

    def _distance(self, heard: Sounding) -> NDArray[np.float64]:
        """
        The weighted edit distance to each text, one sound of `heard` at a time.

        `row[:, k]` is the distance to a text's first k sounds. Sounds that are added in a row
        cost the difference of two sums, so that a running minimum takes the place of a loop.
        """
        row: NDArray[np.float64] = self._added
        for sound, share in zip(heard.sounds, heard.shares, strict=True):
            swapped = row[:, :-1] + _SWAPS[_CODES[sound]][self._codes] * (share + self._shares) / 2
            row = row + loss(sound) * share
            row[:, 1:] = np.minimum(row[:, 1:], swapped)
            row = self._added + np.minimum.accumulate(row - self._added, axis=1)
        last: NDArray[np.float64] = row[:, -1]
        return last


_ALPHABET = "aeioubcdghjklmnNprstvy"
_CODES = {sound: code for code, sound in enumerate(_ALPHABET, 1)}
"""A number for each sound; 0 is the silence after a text, which costs nothing to add."""
_LOSSES = np.array([0.0, *(loss(sound) for sound in _ALPHABET)])
_SWAPS = np.array(
    [
        np.zeros(len(_ALPHABET) + 1),
        *([2 * loss(one), *(swap(one, other) for other in _ALPHABET)] for one in _ALPHABET),
    ]
)
