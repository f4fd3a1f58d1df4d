"""
Decides which rows of digits in a text must be hidden, and as what: in figures, in words, or mixed.

A row is what one may dictate in one breath: "नौ आठ, अम्म, डबल सात". What it is called nearby tells
what it is; failing that, its length and its check digit. An amount, a count, a date and a time are
no such row.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.hindi.checksums import is_aadhaar, is_card
from bot.hindi.counting import WORTH, keys
from bot.hindi.digits import heard_digits
from bot.hindi.number_grammar import number_talk
from bot.hindi.number_talk import Kind as Talk
from bot.hindi.redact_labels import Label, Mark, Said, labels, said_of
from bot.hindi.redact_words import Kind, Piece, pieces, words_of

_DIGITS = (Kind.FIGURES, Kind.NUMBER, Kind.SCALE, Kind.TIMES)
_DATED = (*_DIGITS, Kind.ORDINAL, Kind.DATE, Kind.MONTH)
_GAP = re.compile(r"[ \t\u00a0,;.।+()_*–—\-…\"']{0,6}")
"""What may stand between two digits of a row."""
_MOST_FILL = 3
_AND = frozenset(keys("और aur and"))
_FEW = 3
"""Digits of a figure that is as likely a number of its own."""
_PREFIXES = ("91", "0", "091", "0091")
_WHOLE = 10
"""Figures in one piece that need no others beside them."""
_UNITS = frozenset(
    keys("""
रुपये रुपया रुपयों रूपये रुपए रू रु rs inr rupees rupee rupaye rupay पैसे paise paisa लोग
लोगों जन आदमी व्यक्ति मिनट मिनिट मिनटों सेकंड सेकेंड घंटे घंटा घंटों दिन दिनों हफ़्ते
हफ़्ता महीने महीना महीनों माह साल सालों वर्ष बजे बज बजकर बजने प्रतिशत परसेंट फ़ीसदी
percent किलो किलोमीटर किमी मीटर ग्राम लीटर यूनिट यूनिट्स जीबी एमबी जी बी gb mb mbps kg km
kwh kw डिग्री इंच फुट गुना पीस नग दर्जन कॉपी बच्चे बार दफ़ा minutes minute hours hour days
day weeks months month years year people times items rs/- हज़ार लाख करोड़ अरब स्टार अंक
अंकों डिजिट digits digit वाट वॉट मील टन एकड़ बीघा
""")
)
"""After a number, they make it a count or an amount."""
_MONEY_BEFORE = frozenset(keys("रु रू rs inr रुपये रुपए rupees ₹"))
_MONEY_SIGN = re.compile(r"(?:₹|\$|€)\s*$")
_PERCENT = re.compile(r"\s*(?:%|/-|°)")
_YEAR = re.compile("(?:19|20)[0-9]{2}")
_IN = frozenset(keys("में से का की के तक वाला वाली वाले in since से"))
_TOLL_FREE = re.compile("18[06]0[0-9]{6,7}")
_PHONE = re.compile("(?:0|91|091|0091)?[6-9][0-9]{9}|0[1-9][0-9]{9}")
_SURE = 9
"""Digits, from which on a row is no count even if nothing is said of it."""
_UNHEARD = "?"
"""A digit that was misheard."""
_ONE_BY_ONE, _LONG = 5, 6
"""Likewise where they are said one by one, and where they are written in one piece."""
_MASKED_BY_ASKED = 3
_ANSWERING = frozenset(keys("है हैं मेरा मेरी नंबर लिखिए आया hai mera number is my it the"))
"""What may stand beside the digits of an answer."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """What is hidden: the text from `start` to `end`, and the mark."""

    start: int
    end: int
    mark: Mark


class Digits:
    """
    The rows of digits of one text.

    `asked` is what was said of the number that we asked for, if we did: it holds where the text
    itself says nothing. With `growing`, a row at the end may be half of one.
    """

    def __init__(self, text: str, asked: Said | None, growing: bool) -> None:
        self._text = text
        self._asked = asked
        self._growing = growing
        self._pieces = pieces(text)
        self._words = words_of(self._pieces)
        self._labels: list[Label] = labels(self._words)

    def hidden(self) -> list[Hidden]:
        """Every row that must be hidden, in order."""
        found: list[Hidden] = []
        at = 0
        while at < len(self._pieces):
            end = self._dated(at) or self._without_sum(at, self._row_end(at))
            if end > at and (mark := self._mark(at, end)):
                start = self._pieces[at].start
                start -= self._text[:start].endswith("+")
                found.append(Hidden(start, self._pieces[end - 1].end, mark))
            at = max(end, at + 1)
        return found

    # Rows.

    def _row_end(self, at: int, kinds: Sequence[Kind] = _DIGITS) -> int:
        """Where the row that begins at this piece ends; `at` itself where none begins."""
        row = self._pieces
        end, look = at, at
        while look < len(row) and look - end <= _MOST_FILL:
            if look > at and not self._beside(look):
                break
            if row[look].kind in kinds:
                if look > at and (self._whole(look) or self._another(end - 1, look)):
                    break
                end = look + 1
            elif row[look].kind not in (Kind.FILL, Kind.MISHEARD) or end == at:
                break
            look += 1
        return end + self._misheard(at, end) if end > at else at

    def _misheard(self, at: int, end: int) -> int:
        """How many words after a row are misheard digits: two and more, or one after a long row."""
        last = end
        while last < len(self._pieces) and self._pieces[last].kind is Kind.MISHEARD:
            last += 1
        return last - end if last - end > 1 or end - at >= _ONE_BY_ONE else 0

    def _beside(self, at: int) -> bool:
        """Whether nothing but white space and punctuation is before this piece."""
        before, piece = self._pieces[at - 1], self._pieces[at]
        return _GAP.fullmatch(self._text, before.end, piece.start) is not None

    def _another(self, last: int, at: int) -> bool:
        """Whether an "and" makes two numbers of these figures: "12345 और 67890"."""
        longer = all(len(self._pieces[place].key) >= _FEW for place in (last, at))
        figures = all(self._pieces[place].kind is Kind.FIGURES for place in (last, at))
        return figures and longer and not _AND.isdisjoint(self._words[last + 1 : at])

    def _without_sum(self, at: int, end: int) -> int:
        """Where a row ends if the amount after its last "and" is left out: "... और पाँच सौ रुपये"."""
        if self._word(end) not in _UNITS:
            return end
        ands = [place for place in range(at, end) if self._words[place] in _AND]
        return ands[-1] if ands else end

    def _whole(self, at: int) -> bool:
        """Whether this piece, or the row before it, is a long number of its own."""
        near = (self._pieces[at], self._pieces[at - 1])
        return near[1].key not in _PREFIXES and any(
            piece.kind is Kind.FIGURES and len(piece.key) >= _WHOLE for piece in near
        )

    def _dated(self, at: int) -> int:
        """Where the date of birth ends that begins here; 0 where none does."""
        if self._pieces[at].kind not in _DATED:
            return 0
        end = self._row_end(at, _DATED)
        said = self._said(at, end)
        return end if said is not None and said.rule.mark is Mark.DOB else 0

    # Marks.

    def _said(self, start: int, end: int) -> Said | None:
        return said_of(self._words, self._labels, start, end) or self._asked

    def _mark(self, start: int, end: int) -> Mark | None:
        """What the row is; None where it may be seen."""
        row = self._pieces[start:end]
        said = self._said(start, end)
        if said is not None and said.rule.mark is Mark.DOB:
            return self._birth(row, start, end)
        digits = self._digits(row)
        if not digits or self._measured(start, end, digits):
            return None
        if said is not None and said.frees(len(digits)):
            return Mark.CARD if is_card(digits) else None
        year = len(row) == 1 and _YEAR.fullmatch(digits) and self._word(end) in _IN
        if said is not None and not year and (mark := said.mark(len(digits))):
            return mark
        if self._asked is not None and self._asked.rule.mark and self._answers(start, end):
            return self._asked.rule.mark
        return self._shaped(row, digits, end)

    def _answers(self, start: int, end: int) -> bool:
        """Whether nothing but these digits is said: the number that was asked for, or a part."""
        named = {word for label in self._labels for word in self._words[label.start : label.end]}
        return all(
            piece.kind in (Kind.FILL, Kind.MISHEARD)
            or piece.key in named
            or piece.key in _ANSWERING
            for piece in (*self._pieces[:start], *self._pieces[end:])
        )

    def _birth(self, row: Sequence[Piece], start: int, end: int) -> Mark | None:
        if any(piece.kind in (Kind.DATE, Kind.MONTH) for piece in row):
            return Mark.DOB
        digits = self._digits(row)
        return Mark.DOB if len(digits) >= 4 and not self._measured(start, end, digits) else None

    def _shaped(self, row: Sequence[Piece], digits: str, end: int) -> Mark | None:
        """What the row is by itself."""
        if _TOLL_FREE.fullmatch(digits) or self._amount(row):
            return None
        if is_aadhaar(digits):
            return Mark.AADHAAR
        if is_card(digits):
            return Mark.CARD
        plus = self._text[: row[0].start].endswith("+") and len(digits) >= 8
        if plus or _PHONE.fullmatch(digits):
            return Mark.PHONE
        last = self._growing and end == len(self._pieces)
        least = _MASKED_BY_ASKED if last else _least(row)
        years = all(_YEAR.fullmatch(piece.key) for piece in row)
        return Mark.NUMBER if len(digits) >= least and not years else None

    def _digits(self, row: Sequence[Piece]) -> str:
        if all(piece.kind is Kind.FIGURES for piece in row):
            return "".join(words_of(row))
        spoken = sum(piece.kind in (Kind.NUMBER, Kind.MISHEARD) for piece in row)
        misheard = any(piece.kind is Kind.MISHEARD for piece in row)
        return heard_digits(self._span(row)).ljust(spoken * misheard, _UNHEARD)

    def _amount(self, row: Sequence[Piece]) -> bool:
        """Whether it is one number with its scales: "दो लाख पचास हज़ार", "1,25,000"."""
        round_sum = row[0].key.endswith("000") and len(row[0].key) <= _SURE
        if len(row) == 1 and (round_sum or "," in self._span(row)):
            return True
        if not any(piece.kind is Kind.SCALE for piece in row):
            return False
        said = [token for token in number_talk(self._span(row)) if token.kind is Talk.NUMBER]
        return len(said) <= 2

    def _measured(self, start: int, end: int, digits: str) -> bool:
        """Whether a unit or a currency makes it a count; nothing counts ten digits."""
        if len(digits) > _SURE:
            return False
        first, last = self._pieces[start], self._pieces[end - 1]
        if _PERCENT.match(self._text, last.end) or _MONEY_SIGN.search(self._text[: first.start]):
            return True
        return self._word(end) in _UNITS or self._word(start - 1) in _MONEY_BEFORE

    def _word(self, at: int) -> str:
        return self._words[at] if 0 <= at < len(self._words) else ""

    def _span(self, row: Sequence[Piece]) -> str:
        return self._text[row[0].start : row[-1].end]


def _least(row: Sequence[Piece]) -> int:
    """From how many digits on a row of which nothing is said is hidden."""
    if len(row) == 1:
        return _LONG
    return _WHOLE if _list(row) else _ONE_BY_ONE


def _list(row: Sequence[Piece]) -> bool:
    """Whether it may be several numbers: of words or figures of more than one digit."""
    return any(_above_nine(piece) for piece in row)


def _above_nine(piece: Piece) -> bool:
    if piece.kind is Kind.FIGURES:
        return len(piece.key) > 1
    return piece.kind in (Kind.NUMBER, Kind.SCALE) and WORTH[piece.key] > 9
