"""Which profile takes a call: the number that was called, whichever way it is written."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

NATIONAL = 10
"""Digits of an Indian number without the country's code."""
_SEPARATORS = re.compile(r"[\s().-]")
_NUMBER = re.compile(r"\+?\d{1,32}|\+?\d{0,32}\*|[*#0-9]{1,32}")


def number(text: str) -> str:
    """
    One form of a called number: "+91 80 1234 5678", "08012345678" are both "8012345678".

    A number that ends in `*` stands for all that begin so. Raises ValueError.
    """
    plain = _SEPARATORS.sub("", text)
    if not _NUMBER.fullmatch(plain):
        raise ValueError(f'no number {text!r}; write "+918012345678", an extension, or "8012*"')
    return canonical(plain)


def canonical(called: str) -> str:
    """The same for whatever the exchange says was called."""
    plain = _SEPARATORS.sub("", called)
    open_end = plain.endswith("*") and plain != "*"
    for prefix, length in (("+91", 13), ("0091", 14), ("91", 12), ("0", 11)):
        whole = len(plain) == length
        if plain.startswith(prefix) and (whole or (open_end and prefix != "91")):
            return plain.removeprefix(prefix)
    return plain


@dataclass(frozen=True, slots=True)
class Routes:
    """Names of profiles by their numbers, in one form; open ones without their `*`."""

    exact: Mapping[str, str] = field(default_factory=dict)
    beginnings: Mapping[str, str] = field(default_factory=dict)

    def find(self, called: str) -> str | None:
        """The profile of this number: exactly its own, or the longest beginning."""
        plain = canonical(called)
        if (name := self.exact.get(plain)) is not None:
            return name
        fitting = [begin for begin in self.beginnings if plain.startswith(begin)]
        return self.beginnings[max(fitting, key=len)] if fitting else None


def routes(numbers: Mapping[str, Iterable[str]]) -> Routes:
    """The routes to these profiles; a number that two of them have goes to the first."""
    exact: dict[str, str] = {}
    beginnings: dict[str, str] = {}
    for name, own in numbers.items():
        for each in own:
            if each.endswith("*"):
                beginnings.setdefault(each[:-1], name)
            else:
                exact.setdefault(each, name)
    return Routes(exact, beginnings)
