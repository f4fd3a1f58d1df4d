"""
Whether a sentence of the model may be spoken: no words of its instructions, no tool call as text.

A sentence is looked at before any of it sounds, together with the end of what was said before it,
so that it does not matter where an answer is cut. Spellings, scripts and marks make no difference.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from bot.core.guarded import Guarded
from bot.hindi.fold import fold
from bot.hindi.guard_words import key

RUN, TELLING = 5, 3
"""Words in a row that an answer and the instructions may not have in common, if so many of them are
more than particles..."""
LONG_RUN = 8
"""... nor so many of any words."""
_SENTENCE = re.compile(r"[^।॥.?!\n]+")
_FEWEST = 3
"""Words of a whole sentence of the instructions that may not be said."""
_TELLS = re.compile(
    r"िए(?:गा)?(?= |$)|(?:^| )मत(?: |$)|(?:^| )(?:आप|तुम|आपका|तुम्हारा) .*(?:सहायक|सहायिका|असिस्टेंट|एजेंट"
    r"|बॉट|नाम|काम)(?: |$)|\b(?:you are|you're|your name|your role|your task|act as|never|always"
    r"|must|do not|don't)\b|^\s*(?:be|keep|speak|answer|say|use|stay|avoid)\b",
    re.IGNORECASE,
)
"""Sentences of a persona that tell the model what to be or do; others are facts for callers."""
_TOOL_TEXT = re.compile(
    r"[\"'“”]\w[\w ]*[\"'“”]\s*:|\w+\(\s*(?:\)|[\w ]+\s*[=:])|\b(?:function|tool)\s*[=:]|python tag"
    r"|tool[_ ]calls?\b|\btool_|\b(?:hang_up|collect_number|offer_menu)\b",
    re.IGNORECASE,
)
_OWN_PROMPT = re.compile(
    r"system prompt|सिस्टम प्रॉम्प्ट|मेरा प्रॉम्प्ट|मेरे प्रॉम्प्ट|मुझे (?:ये|यह)? ?निर्देश (?:दिए|मिले)"
    r"|मेरे निर्देश (?:ये|यह|हैं)|\bmy (?:\w+ )?(?:instructions|prompt|guidelines) (?:are|is|say)"
    r"|\bi (?:was|am|have been) instructed to",
    re.IGNORECASE,
)


class Secrets:
    """
    What of a model's instructions is never spoken; made once for all calls of a dialogue.

    All of `instructions`, of `persona` the sentences that tell the model what to be or do, and
    `never`: single phrases.
    """

    def __init__(
        self, instructions: str = "", persona: str = "", never: Iterable[str] = ()
    ) -> None:
        ordered = [text for text in _SENTENCE.findall(persona) if _TELLS.search(text)]
        phrases = [words for phrase in never if (words := _keys(phrase))]
        texts = (_keys(instructions), *map(_keys, ordered), *phrases)
        short_runs = (run for words in texts for run in _runs(words, RUN) if _telling(run))
        long_runs = (run for words in texts for run in _runs(words, LONG_RUN))
        self._runs = frozenset((*short_runs, *long_runs))
        whole = [_keys(text) for text in (*_SENTENCE.findall(instructions), *ordered)]
        short = [words for words in whole if len(words) >= _FEWEST] + phrases
        self._whole = frozenset(tuple(words) for words in short if len(words) < LONG_RUN)
        self._lengths = sorted({len(words) for words in self._whole})

    def told_by(self, words: Sequence[str]) -> bool:
        """Whether a row of keys has any of it."""
        if any(run in self._runs for length in (RUN, LONG_RUN) for run in _runs(words, length)):
            return True
        return any(run in self._whole for length in self._lengths for run in _runs(words, length))


class AnswerGuard:
    """The guard of one answer. `_end` are the last words that were said of it."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._end: list[str] = []

    def judge(self, sentence: str) -> Guarded | None:
        """Why this sentence, the next of the answer, may not be spoken; None: it may."""
        if _TOOL_TEXT.search(sentence):
            return Guarded.TOOL_SPOKEN
        words = [*self._end, *_keys(sentence)]
        if _OWN_PROMPT.search(sentence) or self._secrets.told_by(words):
            return Guarded.PROMPT_SPOKEN
        self._end = words[-(LONG_RUN - 1) :]
        return None


def _keys(text: str) -> list[str]:
    """The consonants of each word, which all spellings in either script have in common."""
    return [_VOWELS.sub("", sound) or sound for sound in map(key, fold(text).split())]


def _telling(run: Sequence[str]) -> bool:
    return sum(word not in _PARTICLES for word in run) >= TELLING


def _runs(words: Sequence[str], length: int) -> Iterator[tuple[str, ...]]:
    return (tuple(words[at : at + length]) for at in range(len(words) - length + 1))


_VOWELS = re.compile("[aeiouy]")
_PARTICLES = frozenset(
    _keys(
        "एक में है हैं का की के को से और या पर ही भी न नहीं मत जो वह यह इस उस आप आपको मुझे कि तो हो बार "
        "अब जी ये वे उसे इसे लिए किसी कोई the a an is are to of in and or you i it be not do for"
    )
)
