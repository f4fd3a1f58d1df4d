"""What is to be written: rows as values, made on the event loop, which knows no database."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Verb(StrEnum):
    """What becomes of the row."""

    BEGIN = "begin"
    """A call that may be there already: another bot had it before us."""
    ADD = "add"
    """A new row; one that is there already, after a write of unknown outcome, stays as it is."""
    SET = "set"
    """Change the row with this `id`."""


@dataclass(frozen=True, slots=True)
class Write:
    """One row. Every write of one verb into one table has the same columns."""

    verb: Verb
    table: str
    row: Mapping[str, Any] = field(default_factory=dict)


Put = Callable[[tuple[Write, ...]], None]
"""Takes rows that belong together, at once and without waiting."""
