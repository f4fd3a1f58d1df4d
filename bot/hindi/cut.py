"""
Decides where a stream of text is cut into sentences, as early as it safely can.

A danda, `?`, `!`, `…` or a new line ends a sentence at once; a Latin full stop only when white
space follows (or, after a verb, a Hindi letter) and it ends neither an abbreviation nor an initial.
Where a quote or a bracket is open, one more character is awaited, for it may close it. The first
clause of a text is cut off at its comma, so that it can be spoken sooner. Where no end comes in
sight, a comma or a space must do. However the stream comes in, the sentences are the same.
"""

import re
from collections.abc import Iterator

LONGEST = 300
"""Letters of a sentence: a longer one would keep the caller waiting for its first sound."""
CLAUSE = 6
"""Letters that a first clause has at least: "जी हाँ" is one, "जी" is none."""
_CLAUSE_END = re.compile(r"[,;:—–](?=\s)")
_END = re.compile("[।॥?!…\n]|\\.(?=[\\s\"'”’»)\\]\u0904-\u0939])")
_ABBREVIATION = re.compile(
    r"(?:^\s*\d{1,2}"  # 1. of a list
    r"|\.[^\s.]+"  # एम.ए. U.S. a.m.
    r"|(?:^|[\s(])(?:[A-Za-z]|Rs|Mr|Mrs|Ms|Dr|Prof|Smt|Shri|Sr|Jr|St|No|Nos|Ltd|Pvt|Inc|Co|Corp"
    r"|Govt|Dept|Ext|Tel|Mob|Ph|Rd|vs|etc|approx|max|min|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec"
    r"|जन|फ़र|फर|अग|सित|अक्टू|नव|दिस|रु|रू|डॉ|नं|श्री|सुश्री|कु|प्रो|पं|मो|सं|क्र|स्व|ले|मि|से|कि|मी|ग्रा|ता|वि|[ऀ-ॿ]"
    r"|ए|बी|सी|डी|ई|एफ|एच|आई|जे|के|एल|एम|एन|ओ|पी|आर|एस|टी|यू|वी))\.$"  # initials; जी ends one
)
_VERB_AT_END = re.compile(r"(?:^|\s)(?:है|हैं|हूँ|हूं|था|थी|थे|थीं|चाहिए|नहीं|\S+(?:गा|गी|गे|िए|इए|एँ|एं))\.$")
"""After it, a full stop ends a sentence even where the space behind it was forgotten."""
_ADDRESS = re.compile(r"(?:://|www\.)\S*$")
"""In an address, a question mark ends nothing."""
_CLOSES = {"“": "”", "‘": "’", "«": "»", "(": ")", "[": "]"}
_PLAIN_QUOTES = "\"'"
_OPENS_AFTER = " \n\t\u00a0,:;-–—(["
"""A plain quote opens after these, or at the start; in "don't" it does not."""
_LEFT_OVER = " \n\t\r।॥?!…”’»)]"
"""What may still belong to the sentence before: it was cut without."""


class Cutter:
    """
    Cuts one text. Feed it pieces, then call `finish` once.

    `_open` are the closing quotes and brackets that are still to come.
    """

    def __init__(self) -> None:
        self._text = ""
        self._open = ""
        self._first = True

    def feed(self, piece: str) -> Iterator[str]:
        """Take the next piece; yield each sentence that is complete now, stripped."""
        self._text += piece
        return self._complete(last=False)

    def finish(self) -> Iterator[str]:
        """The text is over: yield what is left."""
        yield from self._complete(last=True)
        if _speakable(self._text):
            yield self._text.strip()
        self._text = ""

    def _complete(self, last: bool) -> Iterator[str]:
        self._drop_left_over()
        while end := self._end(last):
            sentence, self._text = self._text[:end], self._text[end:]
            self._open = _still_open(self._open, sentence)
            self._drop_left_over()
            if _speakable(sentence):
                self._first = False
                yield sentence.strip()

    def _drop_left_over(self) -> None:
        self._text = self._text.lstrip(_LEFT_OVER)
        while self._text and self._text[0] == self._open[-1:]:
            self._open = self._open[:-1]
            self._text = self._text[1:].lstrip(_LEFT_OVER)

    def _end(self, last: bool) -> int:
        """Where the next sentence ends; 0 when that is not known yet."""
        end = _first_end(self._text)
        if self._first and (clause := _clause_end(self._text, end or LONGEST)):
            return clause
        due = _still_open(self._open, self._text[:end]) if end else ""
        if not due or self._text[end - 1] == "\n":
            return end
        if len(self._text) == end and end < LONGEST:
            return end if last else 0
        return end + (self._text[end] == due[-1])


def cut(text: str) -> list[str]:
    """The sentences of a whole text."""
    cutter = Cutter()
    return [*cutter.feed(text), *cutter.finish()]


def _first_end(text: str) -> int:
    """Where the first sentence of the text ends; 0 where no end is in sight."""
    for match in _END.finditer(text, 0, LONGEST):
        if _ends(text, match):
            return match.end()
    return _emergency_end(text) if len(text) >= LONGEST else 0


def _ends(text: str, match: re.Match[str]) -> bool:
    until = text[: match.end()]
    if match.group() == "?":
        return not _ADDRESS.search(until)
    if match.group() != ".":
        return True
    if text[match.end()] >= "\u0904" and text[match.end()] <= "\u0939":
        return _VERB_AT_END.search(until) is not None
    return not _ABBREVIATION.search(until)


def _clause_end(text: str, sentence: int) -> int:
    """Where the first clause of the text ends, if that is before its first sentence does."""
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


def _still_open(closers: str, text: str) -> str:
    """The closing quotes and brackets that are due after a text, the next one last."""
    before = " "
    for letter in text:
        if letter == closers[-1:]:
            closers = closers[:-1]
        elif letter in _CLOSES or (letter in _PLAIN_QUOTES and before in _OPENS_AFTER):
            closers += _CLOSES.get(letter, letter)
        before = letter
    return closers


def _speakable(text: str) -> bool:
    return any(letter.isalnum() for letter in text)
