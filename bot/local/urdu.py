"""
From Urdu script to Devanagari: which Hindi word a word of the recogniser's is.

A word is looked up by its sounds among some 26,000 Hindi words with their frequencies: first
roughly, by plain edit distance, then among those found by how easily its sounds are mistaken and
how common the word is. Written digits become number words, as callers say them.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from bot.local.numerals import LONGEST_AMOUNT, spoken_number
from bot.local.urdu_letters import (
    ASPIRATED,
    HINDI_INITIALS,
    HINDI_LETTERS,
    distances,
    hindi_sounds,
    loose,
    urdu_sounds,
)
from bot.local.vocabulary import (
    COMMON,
    CONTACT_CENTRE,
    MISSPELT,
    SHORT_ANSWER_BOOST,
    SHORT_ANSWERS,
    with_anusvara,
    without_variants,
)

_COMMONNESS = 0.16
"""What one step of frequency (a factor of ten) is worth, in units of sound distance."""
_HINTED = 5.0
"""Frequency (Zipf scale) of a word that the client expects; its boost is added."""
_MOST_BOOST = 5.0
_SHORT = 3
_WORDS = 30_000
_CACHED = 20_000

FIXED = {
    "میں": "में", "اور": "और", "کی": "की", "کے": "के", "کا": "का", "کو": "को", "کر": "कर",
    "ہے": "है", "ہیں": "हैं", "ہوں": "हूँ", "یہ": "यह", "وہ": "वह", "یا": "या", "نے": "ने",
    "سے": "से", "پر": "पर", "تھا": "था", "تھی": "थी", "تھے": "थे", "جی": "जी", "ہاں": "हाँ",
    "نہیں": "नहीं", "کیا": "क्या", "آپ": "आप", "اپنا": "अपना", "مجھے": "मुझे", "ہم": "हम",
    "ایک": "एक", "گیا": "गया", "لیا": "लिया", "دیا": "दिया", "کچھ": "कुछ", "اب": "अब",
    "نہی": "नहीं", "نحی": "नहीं", "نہین": "नहीं", "ها": "हाँ", "ہا": "हाँ", "روپی": "रुपये",
    "گا": "गा", "گے": "गे", "گی": "गी", "روپے": "रुपये", "روپیہ": "रुपया",
    "حاجی": "हाँ जी", "ہاجی": "हाँ जी",
}  # fmt: skip
"""Words too short or too frequent to be left to likeness."""

_MAIN = "میں"
_PRONOUNS = {
    "آپ": "आप", "ان": "उन", "اس": "उस", "جس": "जिस", "کس": "किस", "ہم": "हम", "تم": "तुम",
    "جن": "जिन", "کن": "किन",
}  # fmt: skip
_ENDINGS = {"کا": "का", "کی": "की", "کے": "के", "کو": "को", "نے": "ने", "سے": "से"}
_TOGETHER = {(_MAIN, "نے"): "मैंने"} | {
    (pronoun, ending): hindi_pronoun + hindi_ending
    for pronoun, hindi_pronoun in _PRONOUNS.items()
    for ending, hindi_ending in _ENDINGS.items()
    if pronoun not in ("ہم", "تم") or ending in ("نے", "کو", "سے")
}
"""Pairs of words in Urdu script that are one word in Devanagari."""

_YES = re.compile("ha[nNjlyZ]?y?")
_NO = re.compile("[nl]h[yeadrN]*")
_FUTURE = re.compile(r"(\S) (गा|गे|गी)(?=\s|$)")
"""Urdu parts the ending of the future from its verb: "aae ga", Hindi does not."""

_MARKS = re.compile("[\u064b-\u0652\u0670\u0654]")
_PUNCTUATION = re.compile("[۔؟،]")
_WORD = re.compile(r"[\u0621-\u06ff]+|[\u0900-\u097f]+|\d+|[A-Za-z]+")
_DEVANAGARI = re.compile("[\u0900-\u0963]{2,}")
_DIGITS = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "01234567890123456789")


class Lexicon:
    """Hindi words, found by their sounds."""

    def __init__(self, frequencies: Mapping[str, float]) -> None:
        """`frequencies` are on the Zipf scale: 3 is one in a million, 6 one in a thousand."""
        self._by_key: dict[str, list[int]] = defaultdict(list)
        self._words = list(frequencies)
        sounds = [hindi_sounds(word) for word in self._words]
        for place, key in enumerate(sounds):
            self._by_key[loose(key)].append(place)
        longest = max(map(len, sounds), default=0) or 1
        letters = [key.encode("ascii").ljust(longest, b"\0") for key in sounds]
        self._sounds = np.frombuffer(b"".join(letters), np.uint8).reshape(-1, longest)
        self._commonness = np.array(list(frequencies.values()), np.float32) * _COMMONNESS
        self._keys_near: dict[int, list[str]] = {}

    def nearest(self, sounds: str) -> tuple[float, str] | None:
        """Give the best word for these sounds with its cost (less is better), or None."""
        key = loose(sounds)
        slack = 1 if len(key) <= _SHORT else 2
        found = process.extract(
            key,
            self._of_length(len(key), slack),
            scorer=Levenshtein.distance,
            score_cutoff=slack,
            limit=None,
        )
        if not found:
            return None
        places = [place for near, _, _ in found for place in self._by_key[near]]
        costs = distances(sounds, self._sounds[places]) - self._commonness[places]
        best = int(np.argmin(costs))
        return float(costs[best]), self._words[places[best]]

    def _of_length(self, length: int, slack: int) -> list[str]:
        """Rough keys whose length lets them be near enough."""
        if length not in self._keys_near:
            near = [key for key in self._by_key if abs(len(key) - length) <= slack]
            self._keys_near[length] = near
        return self._keys_near[length]


class Spelling:
    """Spells Urdu script in Devanagari. One object serves every call."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._known = lru_cache(_CACHED)(self._looked_up)

    @staticmethod
    @cache
    def from_wordfreq() -> "Spelling":
        """Use wordfreq's Hindi list: about half a second, once a process."""
        return Spelling(Lexicon(hindi_words()))

    def hindi(self, urdu: str, hints: Sequence[str] = (), boost: float = 0.0) -> str:
        """Spell an utterance. `hints` are words or phrases in Devanagari that are likely."""
        text = _MARKS.sub("", _PUNCTUATION.sub(" ", urdu.translate(_DIGITS)))
        written = list(_joined(_WORD.findall(text)))
        if len(written) == 1 and (answer := _yes_or_no(written[0])):
            return answer
        expected = _hinted(tuple(hints), min(boost, _MOST_BOOST)) if hints else None
        if len(written) == 1 and expected is None:
            expected = _hinted(tuple(SHORT_ANSWERS), SHORT_ANSWER_BOOST)
        words = [self._word(word, expected) for word in written]
        return _FUTURE.sub(r"\1\2", " ".join(word for word in words if word))

    def _word(self, word: str, expected: Lexicon | None) -> str:
        if word[0].isdigit():
            return " ".join(spoken_number(number) for number in word.split())
        if word.isascii() or "\u0900" <= word[0] <= "\u097f":
            return word
        if word in FIXED:
            return FIXED[word]
        cost, known = self._known(word)
        hinted = expected.nearest(urdu_sounds(word)) if expected else None
        return hinted[1] if hinted and hinted[0] < cost else known

    def _looked_up(self, word: str) -> tuple[float, str]:
        sounds = urdu_sounds(word)
        found = self._lexicon.nearest(sounds) if sounds else None
        return found or (float("inf"), letter_by_letter(word))


def _yes_or_no(word: str) -> str:
    """Tell a bare "haan" or "nahin", whose ends Whisper makes up: empty for other words."""
    sounds = urdu_sounds(word)
    if _YES.fullmatch(sounds):
        return "हाँ"
    return "नहीं" if _NO.fullmatch(sounds) else ""


def _joined(words: list[str]) -> Iterable[str]:
    """
    What Hindi writes together: "of you", "I" with its case; and numbers read out in groups.

    "Main" (I) and "mein" (in) are one word in Urdu script: it is "I" where it opens the sentence.
    """
    if words[:1] == [_MAIN] and words[1:2] != ["نے"]:
        words = ["मैं", *words[1:]]
    long = sum(len(word) for word in words if word.isdigit()) > LONGEST_AMOUNT
    place = 0
    while place < len(words):
        word, following = words[place], words[place + 1 : place + 2]
        if following and (whole := _TOGETHER.get((word, following[0]))):
            yield whole
            place += 2
            continue
        yield " ".join(word) if long and word.isdigit() else word
        place += 1


@lru_cache(64)
def _hinted(phrases: tuple[str, ...], boost: float) -> Lexicon:
    words = {word for phrase in phrases for word in phrase.split() if _DEVANAGARI.fullmatch(word)}
    return Lexicon(dict.fromkeys(words, _HINTED + boost))


def hindi_words() -> dict[str, float]:
    """Hindi words of two letters or more with their Zipf frequencies, one spelling of each."""
    import wordfreq

    words = dict.fromkeys(CONTACT_CENTRE, COMMON)
    chosen = {without_variants(word): word for word in words}
    for word in wordfreq.top_n_list("hi", _WORDS):  # The most frequent spelling comes first.
        if not _DEVANAGARI.fullmatch(word) or word in MISSPELT:
            continue
        written = chosen.setdefault(without_variants(word), with_anusvara(word))
        frequency = wordfreq.zipf_frequency(word, "hi")
        words[written] = max(words.get(written, 0.0), frequency)
    return words


def letter_by_letter(word: str) -> str:
    """Spell a word that resembles none: consonants and long vowels as they are written."""
    spelled: list[str] = []
    for place, letter in enumerate(word):
        if letter == "ھ" and spelled and spelled[-1] in ASPIRATED:
            spelled[-1] = ASPIRATED[spelled[-1]]
        elif place == 0 and letter in HINDI_INITIALS:
            spelled.append(HINDI_INITIALS[letter])
        else:
            spelled.append(HINDI_LETTERS.get(letter, ""))
    return "".join(spelled)
