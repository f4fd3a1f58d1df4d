"""
Decides what a caller wants: which intent's phrases or keywords sound most like the utterance.

Two views are taken. A whole phrase is compared with the whole utterance, sound by sound, blind to
where words begin ("और दर" is near "ऑर्डर"). Keywords are looked for one by one, in any order,
among the words and neighbouring pairs of words. Light words (मुझे, है, का) count for little.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from bot.local.assistant_sounds import likeness, loss, sounds, swap, weight, words

_LIGHT = 0.3
"""What a light word's sounds count for."""
_KEYWORD_FLOOR = 0.62
"""A keyword less alike than this was not said."""
_SHORT = 2.2
"""A keyword with less sound than this must be heard as a word of its own, not inside a pair."""
_BOTH = 0.12
"""What the weaker view adds to the stronger one."""


@dataclass(frozen=True, slots=True)
class Match:
    """An intent and how sure we are of it, 0 to 1 (a little more where both views agree)."""

    intent: str
    score: float


@dataclass(frozen=True, slots=True)
class _Sounding:
    """A text as sounds, each with what it counts for."""

    sounds: str
    weights: tuple[float, ...]
    total: float


@dataclass(frozen=True, slots=True)
class _Keywords:
    """All of these must be said; each is a choice of sounds."""

    choices: tuple[tuple[str, ...], ...]
    heaviness: float


class PhraseBook:
    """The phrases and keywords of all intents, ready to be compared with what was heard."""

    def __init__(
        self,
        phrases: Mapping[str, Iterable[str]],
        keywords: Mapping[str, Iterable[str]],
        light: Iterable[str],
    ) -> None:
        """`keywords`: lines of words, each word a choice: "इंटरनेट/नेट बंद/खराब"."""
        self._light = frozenset(sounds(word) for word in light)
        self._phrases = {
            intent: [self._sounding(text) for text in texts] for intent, texts in phrases.items()
        }
        self._keywords = {
            intent: [_keywords(line) for line in lines] for intent, lines in keywords.items()
        }

    def ranked(self, text: str) -> list[Match]:
        """Every intent with its score, the likeliest first."""
        heard = self._sounding(text)
        spoken = _windows(text)
        matches = [
            Match(intent, self._score(intent, heard, spoken))
            for intent in {**self._phrases, **self._keywords}
        ]
        return sorted(matches, key=lambda match: -match.score)

    def _score(self, intent: str, heard: _Sounding, spoken: tuple[list[str], list[str]]) -> float:
        whole = max((_whole(heard, phrase) for phrase in self._phrases.get(intent, ())), default=0)
        part = max((_part(spoken, line) for line in self._keywords.get(intent, ())), default=0)
        return max(whole, part) + _BOTH * min(whole, part)

    def _sounding(self, text: str) -> _Sounding:
        """The text's sounds; those of light words count for little."""
        heard: list[str] = []
        weights: list[float] = []
        for word in words(text):
            word_sounds = sounds(word)
            share = _LIGHT if word_sounds in self._light else 1.0
            heard.append(word_sounds)
            weights += [share] * len(word_sounds)
        joined = "".join(heard)
        total = sum(loss(s) * w for s, w in zip(joined, weights, strict=True))
        return _Sounding(joined, tuple(weights), total)


def _keywords(line: str) -> _Keywords:
    choices = tuple(tuple(sounds(one) for one in word.split("/")) for word in line.split())
    return _Keywords(choices, sum(max(weight(c) for c in choice) for choice in choices))


def _windows(text: str) -> tuple[list[str], list[str]]:
    """The utterance's words, and its pairs of neighbours written together."""
    single = [sounds(word) for word in words(text)]
    pairs = [one + other for one, other in zip(single, single[1:], strict=False)]
    return single, pairs


def _part(spoken: tuple[list[str], list[str]], line: _Keywords) -> float:
    """How well the keywords were heard: 0 when one of them was not; more of them prove more."""
    heard = [_best(spoken, choice) for choice in line.choices]
    if min(heard) < _KEYWORD_FLOOR:
        return 0.0
    proof = min(1.0, 0.7 + 0.05 * line.heaviness)
    return proof * sum(heard) / len(heard)


def _best(spoken: tuple[list[str], list[str]], choice: tuple[str, ...]) -> float:
    """How alike the nearest word (or pair of words) is to any of the choices."""
    single, pairs = spoken
    best = 0.0
    for keyword in choice:
        places = single if weight(keyword) < _SHORT else single + pairs
        best = max([best, *(likeness(word, keyword) for word in places)])
    return best


@lru_cache(maxsize=50_000)
def _whole(heard: _Sounding, phrase: _Sounding) -> float:
    """How alike two texts are, sound by sound, blind to spaces: 1 the same, 0 unlike."""
    most = max(heard.total, phrase.total)
    if most == 0:
        return 0.0
    return max(0.0, 1.0 - _distance(heard, phrase) / most)


def _distance(heard: _Sounding, phrase: _Sounding) -> float:
    losses = [loss(s) * w for s, w in zip(phrase.sounds, phrase.weights, strict=True)]
    row = [0.0]
    for cost in losses:
        row.append(row[-1] + cost)
    theirs = list(zip(phrase.sounds, phrase.weights, losses, strict=True))
    for sound, share in zip(heard.sounds, heard.weights, strict=True):
        _next_row(row, sound, share, theirs)
    return row[-1]


def _next_row(
    row: list[float], sound: str, share: float, theirs: list[tuple[str, float, float]]
) -> None:
    """Move the table of distances on by one sound that was heard."""
    mine = loss(sound) * share
    before = row[0]
    row[0] += mine
    for place, (other, other_share, cost) in enumerate(theirs, 1):
        stay = before + swap(sound, other) * (share + other_share) / 2
        before = row[place]
        row[place] = min(before + mine, row[place - 1] + cost, stay)
