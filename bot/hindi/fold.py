"""
Decides which spellings are the same word: every other file of this room compares folded text.

Hindi is spelt in many ways (हाँ हां, हिन्दी हिंदी, चाहिये चाहिए, फ़ोन फोन, छः छह), and a recogniser
mixes them. Folded text has one of each, Latin letters in lower case, digits 0-9, no marks, and
single spaces.
"""

import re
import unicodedata

_SAME = {
    "\u093c": None,  # nukta
    "ँ": "ं",
    "ॉ": "ा",
    "ऑ": "आ",
    "ॅ": "े",
    "ऍ": "ए",
    "ः": None,
    "'": None,
    "’": None,
    "\u200b": None,
    "\u200c": None,
    "\u200d": None,
}
_FIGURES = {chr(0x966 + figure): str(figure) for figure in range(10)}
_PLAIN = str.maketrans({**_SAME, **_FIGURES})
_NASAL = re.compile("[ङञणनम]्(?=[कखगघचछजझटठडढतथदधपफबभ])")
_SIX = re.compile("छ[ः:](?=\\W|$)")
_GROUPED = re.compile(r"(?<=\d),(?=\d)")
"""The comma in 1,245."""
_ACCENT = re.compile("[\u0300-\u036f]")
_NO_LETTER = re.compile("[^0-9a-z\u0900-\u0963\u0970-\u097f]+")
_GLIDES = (
    (re.compile("िये"), "िए"),
    (re.compile("(?<=[^ ])ये(?= |$)"), "ए"),
    (re.compile("(?<=[^ ])यी(?= |$)"), "ई"),
)


def fold(text: str) -> str:
    """The text in one spelling: "हाँ जी, चाहिये।" is "हां जी चाहिए"; empty where nothing is spoken."""
    text = _SIX.sub("छह", unicodedata.normalize("NFD", text).lower())
    text = _GROUPED.sub("", _ACCENT.sub("", text.translate(_PLAIN)))
    text = _NASAL.sub("ं", _NO_LETTER.sub(" ", text).strip())
    for pattern, plain in _GLIDES:
        text = pattern.sub(plain, text)
    return text


def folded_words(text: str) -> frozenset[str]:
    """The words of a list, each folded: for the tables of this room."""
    return frozenset(fold(text).split())


def folded_phrases(text: str) -> frozenset[str]:
    """The phrases of a list with commas or lines between, folded: for the tables of this room."""
    return frozenset(folded for phrase in re.split("[,\n]", text) if (folded := fold(phrase)))
