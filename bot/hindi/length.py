"""
Decides how long each word of a Hindi sentence lasts when it is spoken: by its sounds.

For synthesizers that tell no word times. Long vowels, short vowels and consonants have a usual
length each, what stands before a pause is drawn out, and a mark is a pause. Figures count as the
words they are spoken in, Latin words by their vowels, capitals letter by letter. The lengths are
those of the embedded voice; bench/heard_words.py says how far off they are.
"""

import re
import unicodedata
from itertools import accumulate

from bot.core.ports import Word
from bot.hindi.sounds import SILENT, Sound, sounds

_LONG = 0.135
"""Seconds of आ ई ऊ ए ऐ ओ औ."""
_SHORT = 0.1
"""Of अ इ उ, written or not."""
_CONSONANT = 0.033
_CODA = 0.085
"""What a consonant is longer that ends a syllable: the र of कर."""
_NASAL = 0.041
_WORD = 0.049
"""Of a word, beside its sounds."""
_FIRST = 0.082
"""What the first word is longer, or one after a pause."""
_LAST_OPEN, _LAST_CLOSED = 0.028, 0.131
"""What the last word is longer, or one before a pause: if it ends in a vowel, or a consonant."""
_FIGURE = 0.31
"""Of 0 to 9, and of a capital letter that is spelled out."""
_PAUSES = {",": 0.12} | dict.fromkeys(";:—", 0.18) | dict.fromkeys("।॥.?!…", 0.28)
"""Seconds of silence after a word with this mark."""
_SHORT_VOWELS = "अइउऋ"
_CAPITALS = re.compile(r"[A-Z](?![a-z])")
_LATIN_VOWELS = re.compile("[aeiouy]+")
_LATIN_LETTER = re.compile("[A-Za-z]")
_FIGURES = re.compile(r"\d")
_CLOSING = "\"'”’»)]"


def word_ends(text: str, seconds: float) -> tuple[Word, ...]:
    """
    Estimate when each word is over, in a sentence whose whole sound lasts `seconds`.

    Words are what white space divides, marks included. The last one ends with the sound; a pause
    belongs to no word.
    """
    words = text.split()
    spoken, pauses = _lengths(words)
    whole = sum(spoken) + sum(pauses[:-1])
    if not whole:
        return tuple(Word(word, seconds) for word in words)
    stretch = seconds / whole
    after = [0.0, *accumulate(a + b for a, b in zip(spoken, pauses, strict=True))]
    return tuple(
        Word(word, (start + length) * stretch)
        for word, start, length in zip(words, after, spoken, strict=False)
    )


def expected_seconds(text: str) -> float:
    """Estimate how long a sentence lasts when it is spoken, by a usual voice."""
    spoken, pauses = _lengths(text.split())
    return sum(spoken) + sum(pauses[:-1])


def _lengths(words: list[str]) -> tuple[list[float], list[float]]:
    """Seconds of each word, and of the pause after it. Marks that stand alone only pause."""
    pauses = [_PAUSES.get(word.rstrip(_CLOSING)[-1:], 0.0) for word in words]
    last = len(words) - 1
    spoken = []
    for at, word in enumerate(words):
        first = at == 0 or pauses[at - 1] > 0
        spoken.append(_spoken(word, first, at == last or pauses[at] > 0))
    return spoken, pauses


def _spoken(word: str, first: bool, last: bool) -> float:
    """Seconds of one word, the first or last one of its breath; 0 where nothing is spoken."""
    heard = sounds(unicodedata.normalize("NFD", word))
    length = _sounds_seconds(heard) + _FIGURE * len(_FIGURES.findall(word))
    if _LATIN_LETTER.search(word):
        length += _latin_seconds(word)
    if not length:
        return 0.0
    drawn = _LAST_CLOSED if heard and heard[-1].vowel == SILENT else _LAST_OPEN
    return length + _WORD + first * _FIRST + last * drawn


def _sounds_seconds(heard: list[Sound]) -> float:
    length, open_before = 0.0, False
    for at, sound in enumerate(heard):
        length += _CONSONANT * bool(sound.consonant) + _NASAL * sound.nasal
        if sound.vowel != SILENT:
            length += _SHORT if sound.vowel in _SHORT_VOWELS else _LONG
        elif open_before or at == len(heard) - 1:
            length += _CODA
        open_before = sound.vowel != SILENT
    return length


def _latin_seconds(word: str) -> float:
    """Of a word in Latin letters: capitals are spelled out, the rest is syllables."""
    spelled, rest = len(_CAPITALS.findall(word)), _CAPITALS.sub("", word).lower()
    vowels = len(_LATIN_VOWELS.findall(rest))
    consonants = len(_LATIN_LETTER.findall(rest)) - vowels
    return spelled * _FIGURE + vowels * _LONG + max(0, consonants) * _CONSONANT
