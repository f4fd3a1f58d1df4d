"""
What of a text is spoken, and in which pieces: cleaned of what has no sound, cut into clauses.

The first clause is heard while the next is being made. A long opening clause is cut in two: its
sound comes in half the time, and a recogniser understands it as well. It knows no voice.
"""

import re
import unicodedata
from dataclasses import dataclass

_TAGS = re.compile(r"<[^<>]*>")
_UNSPOKEN = re.compile(r"[*_#`~|{}<>\[\]^\\\"“”«»]")
_INSIDE = re.compile(r"(?<=\d),(?=\d)")
"""The comma in 1,245."""
_END = re.compile(r"(?<=[।॥.?!…,;:—\n])(?=\s)|\n")
_SPOKEN = re.compile(r"\w")
_RUPEES = re.compile(r"₹\s*([\d,.]*\d)")
_PERCENT = re.compile(r"(\d)\s*%")
_LONGEST = 160
"""Letters in a clause; Kokoro takes 510 phonemes, and a Hindi letter makes about one."""
_LONG_OPENING = 34
"""Letters: some two and a half seconds of speech, one second of work on two cores."""
_TINY = 5
"""Letters: an opening like "जी," is over before the next clause can be made, and a gap is heard."""
_OPENING_SHARE = 0.42
"""Of a long opening is said first, where that ends a phrase."""
_PHRASE_ENDS = frozenset(["को", "में", "से", "पर", "ने", "है", "हैं", "तक", "लिए", "और", "कि"])
"""Words after which a breath is natural."""
_CLINGING = frozenset(
    ["है", "हैं", "हूँ", "हो", "था", "थी", "थे", "रहा", "रही", "रहे", "गया", "गई", "गए", "भी", "ही"]
)
"""Words that belong to the one before them."""
_PHRASE_WORTH = 5
"""Letters that a cut may lie off that place to come after one of them."""

_PAUSES = {",": 0.12, ";": 0.18, ":": 0.18, "—": 0.18}
_SENTENCE_PAUSE = 0.28
_MARKS = "।॥.?!…,;:—"
_FEW_WORDS = 5


@dataclass(frozen=True, slots=True)
class Clause:
    """A piece of text that is spoken in one breath."""

    text: str
    pause: float
    """Seconds of silence after it, where another clause follows."""

    @property
    def ending(self) -> str:
        """The mark that its melody ends on: a question rises, a cut sentence goes on."""
        mark = self.text[-1]
        if mark in "?!":
            return mark
        return "." if mark in _MARKS else ","


def spoken(text: str) -> str:
    """The text without mark-up and marks that have no sound; currency and percent as words."""
    text = _TAGS.sub(" ", unicodedata.normalize("NFC", text))
    text = _RUPEES.sub(r"\1 रुपये", text)
    text = _PERCENT.sub(r"\1 प्रतिशत", text)
    text = _UNSPOKEN.sub(" ", _INSIDE.sub("", text))
    kept = (letter for letter in text if not unicodedata.category(letter).startswith("S"))
    return "\n".join(" ".join(line.split()) for line in "".join(kept).splitlines()).strip()


def clauses(text: str) -> list[Clause]:
    """The clauses of a cleaned text, in order; none where nothing can be spoken."""
    pieces = [piece for whole in _END.split(text) for piece in _short(whole.strip())]
    pieces = [piece for piece in pieces if _SPOKEN.search(piece)]
    if len(pieces) > 1 and len(pieces[0]) < _TINY and pieces[0].endswith(","):
        pieces[:2] = [f"{pieces[0]} {pieces[1]}"]
    opening = _halves(pieces[0]) if pieces else []
    return [Clause(piece, _pause(piece)) for piece in [*opening, *pieces[1:]]]


def _pause(piece: str) -> float:
    return _PAUSES.get(piece[-1], _SENTENCE_PAUSE if piece[-1] in _MARKS else 0.0)


def _halves(opening: str) -> list[str]:
    """Cut a long opening clause a little before its middle, and after a phrase if possible."""
    words = opening.split()
    if len(opening) < _LONG_OPENING or len(words) < _FEW_WORDS:
        return [opening]

    def off_place(count: int) -> float:
        lead = abs(len(" ".join(words[:count])) - _OPENING_SHARE * len(opening))
        ends = words[count - 1] in _PHRASE_ENDS and words[count] not in _CLINGING
        clings = words[count] in _CLINGING
        return lead + _PHRASE_WORTH * (clings - ends)

    count = min(range(2, len(words) - 1), key=off_place)
    return [" ".join(words[:count]), " ".join(words[count:])]


def _short(piece: str) -> list[str]:
    """Cut a clause that is too long for one breath between two words."""
    lines = [""]
    for word in piece.split():
        for part in (word[at : at + _LONGEST] for at in range(0, len(word), _LONGEST)):
            if len(lines[-1]) + len(part) > _LONGEST:
                lines.append("")
            lines[-1] = f"{lines[-1]} {part}".strip()
    return [line for line in lines if line]
