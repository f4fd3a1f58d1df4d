"""
Decides how alike two Hindi words sound: letters become sounds, sounds have distances.

A recogniser on a telephone line mistakes what sounds alike: aspiration (ब, भ), retroflexes (ट, त),
nukta (ज, ज़) and sibilants fall together here; vowels are cheap, consonants dear. Devanagari and
Latin spelling ("mera bill") give the same sounds, so that typed text works too. No word list.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

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
    **{"nN": 0.15, "mN": 0.5, "mn": 0.5, "dr": 0.5, "dt": 0.7, "bp": 0.6, "gk": 0.6},
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


def weight(heard: Sequence[str]) -> float:
    """How much there is to hear in these sounds: what it costs to lose them all."""
    return sum(_COST.get(sound, _DEAR) for sound in heard)


def loss(sound: str) -> float:
    """What it costs to lose or to add this sound."""
    return _COST.get(sound, _DEAR)


@lru_cache(maxsize=4_000)
def swap(one: str, other: str) -> float:
    """What it costs to hear one sound for the other."""
    if one == other:
        return 0.0
    return _ALIKE.get("".join(sorted(one + other)), _unlike(one, other))


def _unlike(one: str, other: str) -> float:
    """Never dearer than to lose the one and add the other."""
    return min(_UNLIKE, loss(one) + loss(other))


@lru_cache(maxsize=200_000)
def likeness(one: str, other: str) -> float:
    """How alike two words' sounds are: 1 the same, 0 nothing in common."""
    most = max(weight(one), weight(other))
    if most == 0:
        return 1.0 if one == other else 0.0
    return max(0.0, 1.0 - _distance(one, other) / most)


def _distance(one: str, other: str) -> float:
    row = [0.0]
    for sound in other:
        row.append(row[-1] + loss(sound))
    for mine in one:
        before = row[0]
        row[0] += loss(mine)
        for place, theirs in enumerate(other, 1):
            stay = before + swap(mine, theirs)
            before = row[place]
            row[place] = min(before + loss(mine), row[place - 1] + loss(theirs), stay)
    return row[-1]
