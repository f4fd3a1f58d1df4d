"""
What of a model's text is for the ear: no thinking, no markdown, no emoji, single spaces.

A machine that takes one character at a time, so that it cannot matter how the text was cut. It
holds back only what may still turn into something else: white space before the next word, and the
beginning of a tag, a list's dash or a code fence's language.
"""

from collections.abc import Callable
from typing import Final

_TAGS: Final = ("<think>", "</think>")
_OPEN, _CLOSE = _TAGS
_SILENT: Final = frozenset("*#{}<>`~[]•●▪◦‣\ufe0e\ufe0f\u20e3\u200b\ufeff")
"""Dropped wherever they stand. Joiners (U+200C, U+200D) shape Devanagari and stay."""
_CLINGING: Final = frozenset("।,!?;")
"""Marks that follow a word without a space."""
_EMOJI: Final = (
    (0x2190, 0x21FF),
    (0x2300, 0x23FF),
    (0x2600, 0x27BF),
    (0x2B00, 0x2BFF),
    (0x1F000, 0x1FAFF),
    (0xE0000, 0xE007F),
)
_JOINER: Final = "\u200d"
_LONGEST_LANGUAGE: Final = 20
_FENCE: Final = 3


class Speakable:
    """
    Cleans one reply. Feed it pieces, then call `finish` once.

    Lines stay apart: white space with a line's end in it becomes one "\\n", other one space.
    `<think>` without its end swallows the rest. Text of links and code is kept, without its marks.
    """

    def __init__(self) -> None:
        self._state: Callable[[str], str] = self._text
        self._held = ""
        """What the current state holds back."""
        self._gap = ""
        """White space that the next word needs before it."""
        self._last = ""
        """The last character given out."""
        self._line_start = True
        self._before = ""
        """The character before this one, spoken or not."""
        self._ticks = 0
        """Backticks in a row."""
        self._in_code = False

    def feed(self, piece: str) -> str:
        """Take the next piece of the reply, give what of it can be said now."""
        return "".join(map(self._take, piece))

    def finish(self) -> str:
        """The reply is over: give what was held back."""
        held, self._held = self._held, ""
        kept = held if self._state == self._language else ""
        self._state = self._text
        return "".join(map(self._take, kept))

    def _take(self, character: str) -> str:
        return self._state(character)

    # States: each takes a character and gives what can be said.

    def _text(self, character: str) -> str:
        before, self._before = self._before, character
        self._ticks = self._ticks + 1 if character == "`" else 0
        if self._ticks == _FENCE:
            return self._at_fence()
        if character == "<":
            return self._hold(character, self._tag)
        if character in "-+" and self._line_start:
            return self._hold(character, self._dash)
        if character.isspace():
            return self._space(character)
        if character == "(" and before == "]":
            self._state = self._url
            return ""
        if character == "_":
            self._gap = self._gap or "_"
            return ""
        return "" if _is_silent(character, before) else self._say(character)

    def _tag(self, character: str) -> str:
        self._held += character
        held = self._held.lower()
        if not any(tag.startswith(held) for tag in _TAGS):
            return self._release(self._held[1:])
        if held in _TAGS:
            self._held = ""
            self._state = self._thinking if held == _OPEN else self._text
        return ""

    def _thinking(self, character: str) -> str:
        self._held = (self._held + character)[-len(_CLOSE) :]
        if self._held.lower() == _CLOSE:
            self._held = ""
            self._state = self._text
        return ""

    def _dash(self, character: str) -> str:
        """A dash at a line's start: a bullet or a rule is dropped, a minus sign stays."""
        if character in "-+":
            self._held += character
            return ""
        held, self._held = self._held, ""
        self._state = self._text
        minus = len(held) == 1 and not character.isspace()
        return (self._say(held) if minus else "") + self._text(character)

    def _language(self, character: str) -> str:
        """After an opening code fence: a name up to the line's end is dropped."""
        if character == "\n":
            self._held = ""
            self._state = self._text
            return self._text(character)
        self._held += character
        plain = character.isascii() and (character.isalnum() or character in "+-.#_ \r")
        if plain and len(self._held) <= _LONGEST_LANGUAGE:
            return ""
        return self._release(self._held)

    def _url(self, character: str) -> str:
        if character in ")\n":
            self._state = self._text
            return self._text(character) if character == "\n" else ""
        return ""

    # What the states do.

    def _hold(self, character: str, state: Callable[[str], str]) -> str:
        self._held = character
        self._state = state
        return ""

    def _release(self, held: str) -> str:
        """What was held is text after all."""
        self._held = ""
        self._state = self._text
        return self.feed(held)

    def _at_fence(self) -> str:
        self._ticks = 0
        self._in_code = not self._in_code
        return self._hold("", self._language) if self._in_code else ""

    def _space(self, character: str) -> str:
        if character in "\n\r\u2028\u2029":
            self._line_start = True
            self._gap = "\n"
        elif self._gap != "\n":
            self._gap = " "
        return ""

    def _say(self, character: str) -> str:
        gap, self._gap = self._gap, ""
        self._line_start = False
        if gap == "_":
            gap = " " if self._last.isalnum() and character.isalnum() else ""
        if not self._last or (gap == " " and character in _CLINGING):
            gap = ""
        self._last = character
        return gap + character


def speakable(text: str) -> str:
    """A whole text, cleaned at once."""
    cleaner = Speakable()
    return cleaner.feed(text) + cleaner.finish()


def _is_silent(character: str, before: str) -> bool:
    if character in _SILENT or _is_emoji(character):
        return True
    return character == _JOINER and (_is_emoji(before) or before == "\ufe0f")


def _is_emoji(character: str) -> bool:
    point = ord(character) if character else 0
    return any(first <= point <= last for first, last in _EMOJI)
