"""Reads the people of a campaign from a CSV file; every error names the line and the column."""

import csv
import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from bot.core.errors import BotError, ConfigError
from bot.core.telephone import one_writing
from bot.outbound.greeting import missing
from bot.records.orders import LONGEST_CONSENT, NewOrder

NUMBER: Final = "number"
CONSENT: Final = "consent"
MOST: Final = 1_000_000
"""People of one file."""
LONGEST_VALUE: Final = 500
_NAME: Final = re.compile(r"[^\W\d]\w{0,39}")


class WrongFile(ConfigError):
    """The file cannot be used; a line for each problem."""


def digest(path: Path) -> str:
    """A name for what is in the file, to know it again."""
    return hashlib.sha256(_bytes(path)).hexdigest()


def people(path: Path, consent: str, texts: Sequence[str] = ()) -> list[NewOrder]:
    """
    The orders of a CSV file in UTF-8 with a line of heads, one of which is `number`.

    `consent` is also a column, which goes over the one that is given here for all; each other
    column is the orders' data. `texts` are those in which the data is named: what they name must be
    there. Raises `WrongFile`.
    """
    try:
        text = _bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WrongFile(f"{path}: is not UTF-8 (byte {error.start}); save it as UTF-8") from error
    rows = csv.reader(text.splitlines(), strict=True)
    found, problems = [], []
    try:
        heads = _heads(path, next(rows, []))
        for cells in rows:
            if not any(cell.strip() for cell in cells):
                continue
            place = f"{path}:{rows.line_num}"
            wrong = list(_problems(heads, cells, texts))
            problems += [f"{place}: {what}" for what in wrong]
            if not wrong:
                found.append(_order(heads, cells, consent))
    except csv.Error as error:
        raise WrongFile(f"{path}:{rows.line_num}: no CSV: {error}") from error
    if len(found) > MOST:
        problems.append(f"{path}: more than {MOST} people; split it")
    if problems:
        more = [f"{path}: and {len(problems) - 20} problems more"] if len(problems) > 20 else []
        raise WrongFile("\n".join(problems[:20] + more))
    return found


def _heads(path: Path, cells: list[str]) -> list[str]:
    heads = [cell.strip() for cell in cells]
    if NUMBER not in heads:
        raise WrongFile(f"{path}:1: has no column {NUMBER}; its first line names the columns")
    for name in heads:
        if not _NAME.fullmatch(name):
            raise WrongFile(f"{path}:1: column {name!r}: write a name of letters, digits and _")
        if heads.count(name) > 1:
            raise WrongFile(f"{path}:1: column {name}: is there twice")
    return heads


def _problems(heads: list[str], cells: list[str], texts: Sequence[str]) -> Iterator[str]:
    if len(cells) != len(heads):
        yield f"has {len(cells)} columns, the first line {len(heads)}; put commas in quotes"
        return
    row = dict(zip(heads, cells, strict=True))
    try:
        one_writing(row[NUMBER].strip())
    except BotError as error:
        yield f"{NUMBER}: {error}"
    for name, value in row.items():
        longest = LONGEST_CONSENT if name == CONSENT else LONGEST_VALUE
        if len(value) > longest:
            yield f"{name}: longer than {longest} letters"
    for name in dict.fromkeys(name for text in texts for name in missing(text, row)):
        yield f"{name}: is empty or not there, and the greeting or the message says {{{name}}}"


def _order(heads: list[str], cells: list[str], consent: str) -> NewOrder:
    row = {name: cell.strip() for name, cell in zip(heads, cells, strict=True)}
    own = row.pop(CONSENT, "")
    number = row.pop(NUMBER)
    return NewOrder(number, data={n: v for n, v in row.items() if v}, consent=own or consent)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise WrongFile(f"{path}: cannot be read: {error.strerror}") from error
