"""
Cuts the model's stream of text into sentences, as early as it safely can.

A danda, `?`, `!`, `…` or a new line ends a sentence at once; a Latin full stop only when white
space follows and it ends neither an abbreviation nor an initial.
"""

import re
from collections.abc import AsyncGenerator, AsyncIterator

_END = re.compile(r"[।॥?!…]+[\"'”’)]*|\.(?=\s)|\n+")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:[A-Za-z]|Rs|Mr|Mrs|Ms|Dr|No|St|Ltd|रु|डॉ|नं|श्री|कु|प्रो|पं|[ऀ-ॿ])\.$"
)


async def sentences(pieces: AsyncIterator[str]) -> AsyncGenerator[str, None]:
    """Yield each sentence, stripped, as soon as it is complete; the rest at the end."""
    text = ""
    async for piece in pieces:
        text += piece
        while end := _first_end(text):
            sentence, text = text[:end].strip(), text[end:]
            if _speakable(sentence):
                yield sentence
    if _speakable(text):
        yield text.strip()


def _first_end(text: str) -> int:
    """Where the first complete sentence of the text ends; 0 when none is complete yet."""
    for match in _END.finditer(text):
        if match.end() == len(text) and match.group() in "।॥?!…":
            return match.end()
        if match.group() == "." and _ABBREVIATION.search(text[: match.end()]):
            continue
        return match.end()
    return 0


def _speakable(text: str) -> bool:
    return any(letter.isalnum() for letter in text)
