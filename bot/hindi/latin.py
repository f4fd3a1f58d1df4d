"""
Decides which Hindi word was written in Latin letters: "chahiye" is चाहिए, "karna" is करना.

There is no rule from Latin letters to Devanagari, but there is one back. Every word of a known
vocabulary is written in Latin letters, both sides lose what people spell differently (aa and a,
w and v, chh and ch, a last n), and what is then alike is the same word. A word outside of the
vocabulary stays as it is.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from bot.hindi.sounds import sounds

_LETTERS = "क ख ग घ ङ च छ ज झ ञ ट ठ ड ढ ण त थ द ध न प फ ब भ म य र ल ळ व श ष स ह"
_SPELT = "k kh g gh n c ch j jh n t th d dh n t th d dh n p f b bh m y r l l v sh sh s h"
_CONSONANTS = dict(zip(_LETTERS.split(), _SPELT.split(), strict=True))
_SPELT_VOWELS = "a a i i u u ri e ai o au o"
_VOWELS = dict(zip("अआइईउऊऋएऐओऔऑ", _SPELT_VOWELS.split(), strict=True))
_NASAL = "ं"
_LOOSE = (
    (re.compile("aa"), "a"),
    (re.compile("ee"), "i"),
    (re.compile("eh(?=[nlt])"), "ah"),
    (re.compile("oo"), "u"),
    (re.compile("ph"), "f"),
    (re.compile("w"), "v"),
    (re.compile("z"), "j"),
    (re.compile("q"), "k"),
    (re.compile("(?<=[kgcjtdpbrs])h+"), ""),
    (re.compile("(?<=[aeiou])y(?=[ei])"), ""),
    (re.compile("y$"), "i"),
    (re.compile(r"(.)\1+"), r"\1"),
)
ALIASES = {
    "nhi": "नहीं", "nai": "नहीं", "h": "है", "he": "है", "hu": "हूं", "hun": "हूं", "m": "मैं", "mai": "मैं",
    "me": "में", "mein": "में", "main": "मैं", "k": "के", "kr": "कर", "krna": "करना", "krdo": "करदो",
    "pls": "प्लीज", "plz": "प्लीज", "please": "प्लीज", "chaiye": "चाहिए", "chahye": "चाहिए",
    "yeh": "यह", "ye": "ये", "woh": "वो", "wo": "वो", "vo": "वो", "to": "तो", "toh": "तो",
    "par": "पर", "mujhko": "मुझको", "thx": "धन्यवाद", "thanks": "धन्यवाद", "bye": "बाय",
    "wala": "वाला", "sir": "सर", "madam": "मैडम", "maam": "मैम", "minute": "मिनट", "do": "दो",
    "second": "सेकंड", "ok": "ओके", "okay": "ओके", "yes": "यस", "no": "नो", "hello": "हेलो",
}  # fmt: skip
"""Spellings that no rule gives."""


def latin_index(vocabulary: Iterable[str]) -> Mapping[str, str]:
    """From what Latin spellings have in common to the folded word; the first of two alike wins."""
    index: dict[str, str] = {}
    for word in vocabulary:
        spelt = _spelt(word)
        index.setdefault(_key(spelt), word)
        if spelt.endswith("n") and word.endswith(_NASAL):
            index.setdefault(_key(spelt[:-1]), word)
    return index


def in_devanagari(words: Sequence[str], index: Mapping[str, str]) -> list[str]:
    """Folded words, those in Latin letters replaced where the index or `ALIASES` knows them."""
    return [word if word[0] > "z" else _known(word, index) for word in words]


def _known(word: str, index: Mapping[str, str]) -> str:
    return ALIASES.get(word) or index.get(_key(word), word)


@lru_cache(maxsize=4_000)
def _key(latin: str) -> str:
    """What all spellings of a word have in common."""
    for pattern, plain in _LOOSE:
        latin = pattern.sub(plain, latin)
    return latin


def _spelt(word: str) -> str:
    """A folded Devanagari word in Latin letters: करना is "karna"."""
    return "".join(
        _CONSONANTS.get(sound.consonant, "") + _VOWELS.get(sound.vowel, "") + "n" * sound.nasal
        for sound in sounds(word)
    )


@lru_cache(maxsize=8_000)
def skeleton(word: str) -> str:
    """
    What all spellings of a folded word in either script have in common: बताइए and "bataiye".

    English words keep their own: "ignore" is not इग्नोर.
    """
    word = ALIASES.get(word, word)
    key = _key(_spelt(word) if word[0] > "z" else word)
    return key.rstrip("n") if len(key) > _SHORT else key


_SHORT = 3
"""Letters of a word whose last n may be all that tells it from another."""
