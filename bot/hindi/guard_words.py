"""
What the words of a caller stand for, as far as attacks are made of it. The words: guard_words.yaml.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

import yaml

from bot.hindi.fold import fold
from bot.hindi.latin import skeleton

_WORDS = yaml.safe_load(files("bot.hindi").joinpath("guard_words.yaml").read_text("utf-8"))
_ENGLISH = {
    skeleton(fold(hindi)): skeleton(english)
    for hindi, english in (pair.split() for pair in _WORDS["loans"].split(","))
}


def key(word: str) -> str:
    """What the spellings of a folded word have in common, English words in Devanagari included."""
    spelt = skeleton(word)
    return _ENGLISH.get(spelt, spelt)


@dataclass(frozen=True, slots=True)
class Phrase:
    """Keys in a row; the last one may be `open`: any word that begins so is meant."""

    meaning: str
    words: tuple[str, ...]
    open: bool


def _phrases() -> Iterator[Phrase]:
    for meaning, text in _WORDS["meanings"].items():
        for phrase in text.split(","):
            if words := tuple(key(word) for word in fold(phrase).split()):
                yield Phrase(meaning, words, phrase.rstrip().endswith("*"))


def _by_beginning() -> Mapping[str, Sequence[Phrase]]:
    index: dict[str, list[Phrase]] = {}
    for phrase in _phrases():
        index.setdefault(phrase.words[0][:BEGINNING], []).append(phrase)
    return index


BEGINNING = 2
"""Letters by which phrases are looked up."""
_INDEX = _by_beginning()


def meanings(words: Sequence[str]) -> dict[str, list[tuple[int, int]]]:
    """
    What is meant by a row of keys, and where.

    A place is the number of its first word, and of the one after its last.
    """
    found: dict[str, list[tuple[int, int]]] = {}
    for first, word in enumerate(words):
        for phrase in _INDEX.get(word[:BEGINNING], ()):
            end = first + len(phrase.words)
            if _said(phrase, words[first:end]):
                found.setdefault(phrase.meaning, []).append((first, end))
    return found


def _said(phrase: Phrase, words: Sequence[str]) -> bool:
    if len(words) != len(phrase.words) or tuple(words[:-1]) != phrase.words[:-1]:
        return False
    last = phrase.words[-1]
    return words[-1].startswith(last) if phrase.open else words[-1] == last
