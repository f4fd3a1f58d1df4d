"""
Decides how long each word of a Hindi sentence lasts when it is spoken: by its sounds.

For synthesizers that tell no word times. Long vowels, short vowels and consonants have a usual
length each, what stands before a pause is drawn out, and a mark is a pause. Figures count as the
words they are spoken in, Latin words by their vowels, capitals letter by letter. The lengths are
those of the embedded voice; bench/heard_words.py says how far off they are.
"""

import re
from itertools import accumulate

from bot.core.ports import Word
from bot.hindi.sounds import SILENT, Sound, sounds

_LONG = 0.131
"""Seconds of आ ई ऊ ए ऐ ओ औ."""
_SHORT = 0.096
"""Of अ इ उ, written or not."""
_CONSONANT = 0.062
_NASAL = 0.03
_WORD = 0.02
"""Of a word, beside its sounds."""
_BEFORE_PAUSE = 0.1
"""What a word is longer that stands before a pause, or last."""
_FIGURE = 0.31
"""Of 0 to 9, and of a capital letter that is spelled out."""
_PAUSES = {mark: 0.12 for mark in ","} | dict.fromkeys(";:—", 0.18) | dict.fromkeys("।॥.?!…", 0.28)
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
    drawn = [_BEFORE_PAUSE if pause or at == last else 0.0 for at, pause in enumerate(pauses)]
    spoken = [_spoken(word) for word in words]
    return [a + b if a else 0.0 for a, b in zip(spoken, drawn, strict=True)], pauses


def _spoken(word: str) -> float:
    """Seconds of one word in the middle of a sentence; 0 where nothing is spoken."""
    length = sum(map(_sound_seconds, sounds(word))) + _FIGURE * len(_FIGURES.findall(word))
    if _LATIN_LETTER.search(word):
        length += _latin_seconds(word)
    return length + _WORD if length else 0.0


def _sound_seconds(sound: Sound) -> float:
    length = _CONSONANT if sound.consonant else 0.0
    if sound.vowel != SILENT:
        length += _SHORT if sound.vowel in _SHORT_VOWELS else _LONG
    return length + _NASAL * sound.nasal


def _latin_seconds(word: str) -> float:
    """Of a word in Latin letters: capitals are spelled out, the rest is syllables."""
    spelled, rest = len(_CAPITALS.findall(word)), _CAPITALS.sub("", word).lower()
    vowels = len(_LATIN_VOWELS.findall(rest))
    consonants = len(_LATIN_LETTER.findall(rest)) - vowels
    return spelled * _FIGURE + vowels * _LONG + max(0, consonants) * _CONSONANT
