"""
How words sound: letters of Urdu and of Devanagari to one alphabet of sounds, and its distances.

A word's sounds are a string of ASCII letters, mostly its consonants: both scripts write the same
Hindustani words, but Urdu leaves short vowels out, writes one sound with several letters, and
Whisper confuses some sounds of a telephone line. Capitals are retroflex or special: T D R are
hard, A is a long initial a, S is "sh", H aspirates the letter before it, N nasalises. Z is zwad:
Urdu says z, but Whisper, which knows Arabic, writes it for d too.
"""

import re
import unicodedata

import numpy as np
from numpy.typing import NDArray

URDU_SOUNDS = {
    letter: sound
    for sound, letters in {
        "b": "ب", "p": "پ", "t": "تط", "T": "ٹ", "s": "ثسص", "j": "ج", "c": "چ", "h": "حہهۃة",
        "H": "ھ", "x": "خ", "d": "د", "D": "ڈ", "z": "ذزظژ", "Z": "ض", "r": "ر", "R": "ڑ", "S": "ش",
        "g": "غگ", "f": "ف", "k": "قکك", "l": "ل", "m": "م", "n": "ن", "N": "ں", "w": "وؤ",
        "y": "یيى", "e": "ےۓ", "a": "اأإ", "A": "آ", "": "عئء",
    }.items()
    for letter in letters
}  # fmt: skip

HINDI_SOUNDS = {
    "क": "k", "ख": "kH", "ग": "g", "घ": "gH", "ङ": "n", "च": "c", "छ": "cH", "ज": "j", "झ": "jH",
    "ञ": "n", "ट": "T", "ठ": "TH", "ड": "D", "ढ": "DH", "ण": "n", "त": "t", "थ": "tH", "द": "d",
    "ध": "dH", "न": "n", "प": "p", "फ": "pH", "ब": "b", "भ": "bH", "म": "m", "य": "y", "र": "r",
    "ल": "l", "व": "w", "श": "S", "ष": "S", "स": "s", "ह": "h",
    "ा": "a", "ि": "", "ी": "y", "ु": "", "ू": "w", "े": "e", "ै": "e", "ो": "w", "ौ": "w",
    "ृ": "r", "ॉ": "a", "ॅ": "",
    "अ": "", "आ": "a", "इ": "", "ई": "y", "उ": "", "ऊ": "w", "ए": "e", "ऐ": "e", "ओ": "w",
    "औ": "w", "ऋ": "r", "ऑ": "a", "ं": "N", "ँ": "N", "्": "", "ः": "h",
}  # fmt: skip

_FIRST_VOWELS = {
    "अ": "a", "आ": "A", "इ": "a", "ई": "ay", "उ": "a", "ऊ": "aw", "ए": "ay", "ऐ": "ay",
    "ओ": "aw", "औ": "aw", "ऑ": "A",
}  # fmt: skip

_NUKTA = "\u093c"
_NUKTA_SOUNDS = {"ड": "R", "ढ": "RH", "फ": "f", "ज": "z", "ख": "x"}

HINDI_LETTERS = {
    "ب": "ब", "پ": "प", "ت": "त", "ط": "त", "ٹ": "ट", "ث": "स", "س": "स", "ص": "स", "ج": "ज",
    "چ": "च", "ح": "ह", "ہ": "ह", "خ": "ख", "د": "द", "ڈ": "ड", "ذ": "ज़", "ز": "ज़", "ض": "ज़",
    "ظ": "ज़", "ر": "र", "ڑ": "ड़", "ش": "श", "غ": "ग", "ف": "फ", "ق": "क", "ک": "क", "گ": "ग",
    "ل": "ल", "م": "म", "ن": "न", "ں": "ं", "و": "ो", "ی": "ी", "ے": "े", "ا": "ा", "آ": "आ",
}  # fmt: skip
"""For a word that no known word resembles: letter by letter."""

HINDI_INITIALS = {"ا": "अ", "و": "व", "ی": "य", "ع": "अ"}
ASPIRATED = dict(zip("कगचजटडतदपब", "खघछझठढथधफभ", strict=True))

_LOOSE = str.maketrans(
    {"T": "t", "D": "d", "R": "r", "z": "j", "Z": "j", "A": "a", "e": "y", "H": "h", "N": "n",
     "x": "kh", "f": "ph"}
)  # fmt: skip

_VOWELS = "aAywe"
_ALIKE = {
    "td": 0.8, "Tt": 0.35, "Dd": 0.35, "RD": 0.25, "Rr": 0.35, "Rd": 0.5, "zj": 0.25, "sS": 0.4,
    "sz": 0.7, "xk": 0.4, "fp": 0.5, "bp": 0.6, "kg": 0.6, "cj": 0.6, "Aa": 0.1, "ye": 0.25,
    "ae": 0.3, "ay": 0.35, "nN": 0.15, "hH": 0.2, "nm": 0.6, "TD": 0.6, "wb": 0.7, "wf": 0.8,
    "RT": 0.6, "zZ": 0.05, "Zd": 0.4, "Zj": 0.3, "ah": 0.4, "aw": 0.35, "yw": 0.5,
}  # fmt: skip
"""What it costs to take one sound for the other; unlike sounds cost 1.2."""
_SHORT = 2
_UNLIKE = 1.2
_LETTERS = 128


def urdu_sounds(word: str) -> str:
    """Say how a word in Urdu script sounds."""
    written = unicodedata.normalize("NFC", word)
    sounds = "".join(URDU_SOUNDS.get(letter, "") for letter in written)
    if len(sounds) > _SHORT and written.endswith("ہ") and sounds[-2] not in _VOWELS:
        sounds = f"{sounds[:-1]}a"  # A final he after a consonant is a vowel.
    return _settled(sounds)


def hindi_sounds(word: str) -> str:
    """Say how a word in Devanagari sounds."""
    written = unicodedata.normalize("NFD", word)
    sounds = [_FIRST_VOWELS.get(written[:1]) or ""]
    for letter, following in zip(written, written[1:] + " ", strict=True):
        plain = "" if len(sounds) == 1 and sounds[0] else HINDI_SOUNDS.get(letter, "")
        sounds.append(_NUKTA_SOUNDS.get(letter, plain) if following == _NUKTA else plain)
    return _settled("".join(sounds))


def _settled(sounds: str) -> str:
    """One spelling for sounds that the two scripts write differently."""
    single = re.sub(r"([bcdgjklmnprstTDRS])\1", r"\1", sounds)  # Urdu leaves doubling unwritten.
    return re.sub("e(?=.)", "y", single.replace("kH", "x").replace("pH", "f"))


def loose(sounds: str) -> str:
    """The same for sounds that are easily taken for one another: for a first, rough search."""
    return sounds.translate(_LOOSE)


def _skipping(letter: str) -> float:
    if letter in _VOWELS:
        return 0.35
    return {"H": 0.3, "N": 0.3, "h": 0.45}.get(letter, 1.0)


SKIP_COST: NDArray[np.float32] = np.array(
    [_skipping(chr(code)) for code in range(_LETTERS)], np.float32
)
"""By letter code: the cost of a sound that only one of two words has."""
SKIP_COST[0] = 0.0


def _swapping() -> NDArray[np.float32]:
    costs = np.full((_LETTERS, _LETTERS), _UNLIKE, np.float32)
    np.fill_diagonal(costs, 0.0)
    for pair, cost in _ALIKE.items():
        one, other = pair.encode("ascii")
        costs[one, other] = costs[other, one] = cost
    return costs


SWAP_COST = _swapping()
"""By letter codes: the cost of one sound in the place of another."""


def distances(sounds: str, others: NDArray[np.uint8]) -> NDArray[np.float32]:
    """
    How unlike `sounds` each row of `others` is: a weighted edit distance, for all rows at once.

    Rows are letter codes, padded with zeros at the end; a padding zero costs nothing to skip.
    """
    skips = np.cumsum(SKIP_COST[others], axis=1)
    ahead = np.concatenate([np.zeros((len(others), 1), np.float32), skips], axis=1)
    row = ahead.copy()
    for letter in sounds.encode("ascii"):
        swapped = row[:, :-1] + SWAP_COST[letter][others]
        row += SKIP_COST[letter]
        np.minimum(row[:, 1:], swapped, out=row[:, 1:])
        row = np.minimum.accumulate(row - ahead, axis=1) + ahead
    return row[:, -1]
