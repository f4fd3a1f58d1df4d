"""
Decides what a caller wants: which intent's phrases or keywords sound most like the utterance.

Three views are taken. A whole phrase is compared with the whole utterance, sound by sound, blind
to where words begin ("और दर" is near "ऑर्डर"). Its words are compared with the words heard, in any
order, as Hindi allows. Keywords are looked for among the words and pairs of neighbouring words,
each in a place of its own. Light words (मुझे, है, का) count for little.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.local.assistant_sounds import Lexicon, Sounding, sounding, sounds, words

_LIGHT = 0.3
"""What a light word's sounds count for."""
_FLOORS = (0.66, 0.86)
"""A keyword must be this alike: from the least, for a long word, to the most, for a short one."""
_ALONE = 0.1
"""How much more alike must be a keyword that proves an intent alone, or with light words only."""
_SHORT = 2.4
"""A keyword with less sound than this must be heard as a word of its own, not as a pair."""
_SAME_WORD = 0.6
"""Two words less alike than this have nothing to do with each other."""
_BOTH = 0.12
"""What the weaker view adds to the stronger one."""

_Row = NDArray[np.float64]
_Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Match:
    """An intent and how sure we are of it, 0 to 1 (a little more where the views agree)."""

    intent: str
    score: float


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of a phrase: their places in the lexicon, and what each counts for."""

    places: NDArray[np.intp]
    weights: _Row


@dataclass(frozen=True, slots=True)
class _Keywords:
    """All of these must be said; each is a choice of words, by their places in the lexicon."""

    choices: tuple[NDArray[np.intp], ...]
    proof: float
    alone: float


@dataclass(frozen=True, slots=True)
class _Heard:
    """An utterance against the lexicon: for each window of it, how alike each word is."""

    spans: Sequence[_Span]
    likeness: _Row
    surely: _Row
    """How far each likeness is above what a keyword needs."""
    weights: _Row
    """What each single word counts for; the first windows are the single words."""


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
        texts = [(intent, text) for intent, some in phrases.items() for text in some]
        lines = [(intent, line) for intent, some in keywords.items() for line in some]
        self._intents = tuple(dict.fromkeys([*phrases, *keywords]))
        vocabulary = _Vocabulary([text for _, text in texts], [line for _, line in lines])
        self._vocabulary = Lexicon([sounding(word) for word in vocabulary.words])
        weights = np.array([sounding(word).weight() for word in vocabulary.words])
        self._short = weights < _SHORT
        self._floors = np.clip(_FLOORS[1] - 0.05 * weights, *_FLOORS)
        self._whole = Lexicon([self._sounding(text) for _, text in texts])
        self._phrases = [(intent, self._words(text, vocabulary)) for intent, text in texts]
        self._keywords = [(intent, self._line(line, vocabulary)) for intent, line in lines]

    def ranked(self, text: str) -> list[Match]:
        """Every intent with its score, the likeliest first."""
        if not words(text):
            return [Match(intent, 0.0) for intent in self._intents]
        heard = self._heard(text)
        whole = self._whole.likeness(self._sounding(text))
        by_phrase = dict.fromkeys(self._intents, 0.0)
        for (intent, phrase), alike in zip(self._phrases, whole, strict=True):
            score = max(float(alike), _any_order(heard, phrase))
            by_phrase[intent] = max(by_phrase[intent], score)
        by_keyword = dict.fromkeys(self._intents, 0.0)
        for intent, line in self._keywords:
            by_keyword[intent] = max(by_keyword[intent], _keyword_score(heard, line))
        both = ((intent, by_phrase[intent], by_keyword[intent]) for intent in self._intents)
        matches = [Match(name, max(one, two) + _BOTH * min(one, two)) for name, one, two in both]
        return sorted(matches, key=lambda match: -match.score)

    def _sounding(self, text: str) -> Sounding:
        """Light words count for little, unless there are no others ("आप क्या कर सकते हैं")."""
        light = self._light if self._heavy(text) else frozenset[str]()
        return sounding(text, light, _LIGHT)

    def _heavy(self, text: str) -> int:
        """How many words of the text are not light."""
        return sum(sounds(word) not in self._light for word in words(text))

    def _words(self, text: str, vocabulary: "_Vocabulary") -> _Words:
        return _Words(vocabulary.places(words(text)), self._weights(text))

    def _weights(self, text: str) -> _Row:
        """What each word of the text counts for."""
        light = self._light if self._heavy(text) else frozenset[str]()
        return np.array([sounding(word, light, _LIGHT).weight() for word in words(text)])

    def _line(self, line: str, vocabulary: "_Vocabulary") -> _Keywords:
        """A line of keywords: the more there is to hear in it, the more it proves."""
        choices = [word.split("/") for word in line.split()]
        weights = [max(self._one_weight(one) for one in choice) for choice in choices]
        heavy = sum(self._heavy(choice[0]) for choice in choices)
        proof = min(1.0, 0.7 + 0.05 * sum(weights))
        places = tuple(vocabulary.places(choice) for choice in choices)
        return _Keywords(places, proof, _ALONE if heavy <= 1 else 0.0)

    def _one_weight(self, word: str) -> float:
        return sounding(word, self._light, _LIGHT).weight()

    def _heard(self, text: str) -> _Heard:
        """Compare the utterance's words, and its pairs of neighbours, with the lexicon."""
        spoken = words(text)
        windows = [
            *spoken,
            *(one + " " + two for one, two in zip(spoken, spoken[1:], strict=False)),
        ]
        spans = [(place, place) for place in range(len(spoken))]
        spans += [(place, place + 1) for place in range(len(spoken) - 1)]
        likeness = np.array([self._vocabulary.likeness(sounding(window)) for window in windows])
        likeness[len(spoken) :, self._short] = 0.0
        return _Heard(spans, likeness, likeness - self._floors, self._weights(text))


class _Vocabulary:
    """The different words of all phrases and keywords, each with its place."""

    def __init__(self, texts: Iterable[str], lines: Iterable[str]) -> None:
        spoken = [word for text in texts for word in words(text)]
        spoken += [word for line in lines for word in line.replace("/", " ").split()]
        self.words = tuple(dict.fromkeys(spoken))
        self._place = {word: place for place, word in enumerate(self.words)}

    def places(self, spoken: Iterable[str]) -> NDArray[np.intp]:
        """The places of these words."""
        return np.array([self._place[word] for word in spoken], dtype=np.intp)


def _any_order(heard: _Heard, phrase: _Words) -> float:
    """How well the words of a phrase cover the words that were heard, and are covered by them."""
    alike = heard.likeness[:, phrase.places]
    alike = np.where(alike < _SAME_WORD, 0.0, alike)
    said = float(alike.max(axis=0) @ phrase.weights) / max(float(phrase.weights.sum()), 0.01)
    single = alike[: len(heard.weights)].max(axis=1)
    meant = float(single @ heard.weights) / max(float(heard.weights.sum()), 0.01)
    return min(said, meant)


def _keyword_score(heard: _Heard, line: _Keywords) -> float:
    """How well the keywords were heard, each in its own place: 0 when one of them was not."""
    scores = []
    for choice in line.choices:
        alike = heard.surely[:, choice] - line.alone
        score = np.where(alike >= 0, heard.likeness[:, choice], 0.0).max(axis=1)
        if score.max() == 0:
            return 0.0
        scores.append(score)
    return max(0.0, line.proof * _best_places(heard.spans, scores, ()) / len(scores))


def _best_places(spans: Sequence[_Span], scores: Sequence[_Row], taken: tuple[_Span, ...]) -> float:
    """The best sum of scores with each keyword in a place of its own; very low where none is."""
    if not scores:
        return 0.0
    best = -9.0
    for place, span in enumerate(spans):
        if scores[0][place] == 0:
            continue
        if all(span[1] < other[0] or other[1] < span[0] for other in taken):
            rest = _best_places(spans, scores[1:], (*taken, span))
            best = max(best, float(scores[0][place]) + rest)
    return best
