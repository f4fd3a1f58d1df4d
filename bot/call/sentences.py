"""
Cuts the model's stream of text into sentences, as early as it safely can.

A danda, `?`, `!`, `…` or a new line ends a sentence at once; a Latin full stop only when white
space follows and it ends neither an abbreviation nor an initial. The first clause of a reply is cut
off at its comma, so that the caller hears us sooner. Where no end comes in sight, a comma or a
space must do. However the stream was cut, the sentences are the same.
"""

import re
from collections.abc import AsyncGenerator, AsyncIterator

LONGEST = 300
"""Letters of a sentence: a longer one would keep the caller waiting for its first sound."""
CLAUSE = 6
"""Letters that a first clause has at least: "जी हाँ" is one, "जी" is none."""
_CLAUSE_END = re.compile(r"[,;:—–](?=\s)")
_END = re.compile(r"[।॥?!…\n]|\.(?=\s)")
_ABBREVIATION = re.compile(
    r"(?:^\s*\d{1,2}"  # 1. of a list
    r"|\.[^\s.]+"  # एम.ए. U.S.
    r"|(?:^|[\s(])(?:[A-Za-z]|Rs|Mr|Mrs|Ms|Dr|No|St|Ltd|रु|डॉ|नं|श्री|कु|प्रो|पं|[ऀ-ॿ]"
    r"|बी|सी|डी|एफ|एच|आई|जे|के|एल|एम|एन|पी|आर|एस|टी|यू|वी))\.$"  # initials; not जी, which ends one
)
_LEFT_OVER = " \n\t।॥?!…\"'”’»)]"
"""What may still belong to the sentence before: it was said without."""


async def sentences(pieces: AsyncIterator[str]) -> AsyncGenerator[str, None]:
    """Yield each sentence, stripped, as soon as it is complete; the rest at the end."""
    text, first = "", True
    async for piece in pieces:
        text = (text + piece).lstrip(_LEFT_OVER)
        while end := (_clause_end(text) if first else 0) or _first_end(text):
            sentence, text = text[:end].strip(), text[end:].lstrip(_LEFT_OVER)
            if _speakable(sentence):
                first = False
                yield sentence
    if _speakable(text):
        yield text.strip()


def _first_end(text: str) -> int:
    """Where the first complete sentence of the text ends; 0 when none is complete yet."""
    for match in _END.finditer(text, 0, LONGEST):
        if match.group() != "." or not _ABBREVIATION.search(text[: match.end()]):
            return match.end()
    return _emergency_end(text) if len(text) >= LONGEST else 0


def _clause_end(text: str) -> int:
    """Where the first clause of the text ends, if that is before its first sentence does."""
    sentence = _first_end(text) or LONGEST
    for match in _CLAUSE_END.finditer(text, 0, sentence):
        if match.start() >= CLAUSE:
            return match.end()
    return 0


def _emergency_end(text: str) -> int:
    """After the last comma of the longest sentence, else after its last space."""
    for mark in (",", " "):
        if at := text.rfind(mark, 0, LONGEST) + 1:
            return at
    return LONGEST


def _speakable(text: str) -> bool:
    return any(letter.isalnum() for letter in text)
