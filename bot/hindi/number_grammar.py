"""
Decides which number words make one number, and which are no digits of the caller's number at all.

"नौ सौ पाँच" is 905, "ninety eight" 98, "डबल सात" 77; "दो मिनट", "चार पाँच लोग" and "एक शिकायत" count
something else. What comes out is a row of tokens in which each NUMBER holds the digits to write.
"""

from collections.abc import Sequence
from dataclasses import replace

from bot.hindi.number_talk import Kind, Token, tokens

_NUMERIC = (Kind.NUMBER, Kind.TENS, Kind.SCALE)
_FEW = 3
"""Digits of a number that a strange word after it makes a count; more are never one."""
_ABOUT = frozenset(("24", "57", "1012", "1015", "1020", "2025", "2030", "510"))
"""Pairs that mean "about so many", beside those of neighbours such as चार पाँच."""
_TIMES_MOST = 9
_ENDS = (Kind.IS, Kind.AND, Kind.NO)


def number_talk(text: str) -> list[Token]:
    """The tokens of a text, its numbers made up and what counts other things taken out."""
    row = _multiplied(_made_up(tokens(text)))
    return _without_counts(_digits_counted(row))


def _made_up(row: Sequence[Token]) -> list[Token]:
    """Put the words of each number together."""
    out: list[Token] = []
    at = 0
    while at < len(row):
        if row[at].kind in _NUMERIC:
            at, token = _number(row, at)
            out.append(token)
        elif length := _quarters_length(row, at):
            out.append(_quarters(row[at : at + length]))
            at += length
        else:
            out.append(row[at])
            at += 1
    return out


def _quarters_length(row: Sequence[Token], at: int) -> int:
    """How many tokens "डेढ़ सौ" or "साढ़े तीन हज़ार" take here; 0 where there is none."""
    if row[at].kind is not Kind.PART:
        return 0
    if _scale_at(row, at + 1):
        return 2
    return 3 if _kind(row, at + 1) is Kind.NUMBER and _scale_at(row, at + 2) else 0


def _quarters(row: Sequence[Token]) -> Token:
    """A part, perhaps a number, and a scale, as one number."""
    part = row[0].value
    whole = row[1].value if len(row) > 2 else int(abs(part) == 1)
    value = (4 * whole + part) * row[-1].value // 4
    return Token(Kind.NUMBER, row[0].key, value, str(value))


def _number(row: Sequence[Token], at: int) -> tuple[int, Token]:
    """The longest number that begins here, and where it ends."""
    end, value = (at, 1) if row[at].kind is Kind.SCALE else _below_hundred(row, at)
    if not _scale_at(row, end) or (end > at and not _scalable(row[at])):
        return end, _written(row[at], value)
    total, least = 0, 10**9
    while 0 < (scale := _scale_at(row, end)) < least:
        end += 1
        if scale == 100:
            value *= scale
            end, more = _rest(row, end, scale)
            value += more
            least = least if _scale_at(row, end) else 0
        else:
            total, least = total + value * scale, scale
            end, value = _rest(row, end, scale)
    return end, Token(Kind.NUMBER, row[at].key, total + value, str(total + value))


def _scale_at(row: Sequence[Token], at: int) -> int:
    return row[at].value if at < len(row) and row[at].kind is Kind.SCALE else 0


def _scalable(token: Token) -> bool:
    return 0 < token.value < 1000 and not token.digits.startswith("0")


def _written(token: Token, value: int) -> Token:
    """A number without a scale: figures keep their zeros."""
    digits = token.digits if token.key.isdigit() else str(value)
    return Token(Kind.NUMBER, token.key, value, digits)


def _below_hundred(row: Sequence[Token], at: int) -> tuple[int, int]:
    """The number word here, with the digit after English tens; where it ends, and its value."""
    token = row[at]
    after = row[at + 1] if at + 1 < len(row) else None
    if token.kind is Kind.TENS and after and after.kind is Kind.NUMBER and 0 < after.value < 10:
        return at + 2, token.value + after.value
    return at + 1, token.value


def _rest(row: Sequence[Token], at: int, scale: int) -> tuple[int, int]:
    """What may follow a scale: a number below it that is not the beginning of an equal scale."""
    start = at + 1 if at < len(row) and row[at].key in ("and", "एड") else at
    if start >= len(row) or row[start].kind not in (Kind.NUMBER, Kind.TENS):
        return at, 0
    end, value = _below_hundred(row, start)
    if not _scalable(row[start]) or value >= scale or _scale_at(row, end) == scale:
        return at, 0
    return end, value


def _multiplied(row: Sequence[Token]) -> list[Token]:
    """Carry out डबल, ट्रिपल and दो बार."""
    out: list[Token] = []
    at = 0
    while at < len(row):
        if (length := _times_length(row, at)) and _kind(row, at + length) is Kind.NUMBER:
            out.append(_repeated(row[at + length], row[at].value))
            at += length + 1
        elif (
            length == 2 and _kind(out, len(out) - 1) is Kind.NUMBER and _kind(row, at + 2) in _AFTER
        ):
            out[-1] = _repeated(out[-1], row[at].value)
            at += length
        else:
            out.append(row[at])
            at += 1
    return out


_AFTER = (None, *_ENDS)
"""What may follow "सात दो बार", where the seven is said twice."""


def _times_length(row: Sequence[Token], at: int) -> int:
    """How many tokens say "so many times" here: one for डबल, two for दो बार, else none."""
    if row[at].kind is Kind.TIMES:
        return 1
    counted = row[at].kind is Kind.NUMBER and 1 <= row[at].value <= _TIMES_MOST
    return 2 if counted and _kind(row, at + 1) is Kind.BAR else 0


def _kind(row: Sequence[Token], at: int) -> Kind | None:
    return row[at].kind if 0 <= at < len(row) else None


def _repeated(token: Token, times: int) -> Token:
    """Of figures, which recognisers run together, the first is repeated."""
    if token.key.isdigit():
        return replace(token, digits=token.digits[0] * times + token.digits[1:])
    return replace(token, digits=token.digits * times)


def _digits_counted(row: Sequence[Token]) -> list[Token]:
    """Turn "दो अंक" into one token: so many digits."""
    out: list[Token] = []
    for token in row:
        if token.kind is Kind.DIGITS and out and out[-1].kind is Kind.NUMBER:
            out[-1] = replace(token, value=out[-1].value)
        else:
            out.append(token)
    return out


def _without_counts(row: Sequence[Token]) -> list[Token]:
    """Take out numbers that count other things."""
    strange = any(token.kind is Kind.STRANGER for token in row)
    out: list[Token] = []
    for at, token in enumerate(row):
        if token.kind in (Kind.COUNTED, Kind.BAR) or (token.kind is Kind.MEASURE and strange):
            _drop_count(out)
        elif token.kind is Kind.STRANGER and _kind(row, at + 1) is not Kind.NUMBER:
            _drop_small_run(out)
        out.append(token)
    return out


def _drop_count(out: list[Token]) -> None:
    """Drop the last number, and the one before it in "चार पाँच"."""
    if not out or out[-1].kind is not Kind.NUMBER:
        return
    last = out.pop()
    if out and out[-1].kind is Kind.NUMBER and _about(out[-1], last):
        out.pop()


def _drop_small_run(out: list[Token]) -> None:
    """Before a strange word, drop a number that stands alone: it is a count, or an article."""
    run = 0
    while run < len(out) and out[-1 - run].kind is Kind.NUMBER:
        run += 1
    alone = run == 1 and len(out[-1].digits) <= _FEW
    if alone or (run == 2 and _about(out[-2], out[-1])):
        _drop_count(out)


def _about(one: Token, other: Token) -> bool:
    return other.value == one.value + 1 or one.digits + other.digits in _ABOUT
