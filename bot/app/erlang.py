"""How many lines a traffic needs, and how much traffic some lines bear: Erlang's two formulas.

Traffic is in erlangs: the mean number of calls at once, were there lines without end. Erlang B is
for callers who find all lines busy and go away; Erlang C for requests that wait for a place. Both
take arrivals at random (Poisson); callers who call again at once make it worse than this. Source:
ITU-D, Teletraffic Engineering Handbook, the chapters on Erlang's loss and delay systems.
"""

from typing import Final

HOUR: Final = 3600.0
HALVINGS: Final = 60
"""Of the interval in which `bearable` looks: far below a millionth of an erlang."""


def offered(calls_an_hour: float, mean_seconds: float) -> float:
    """The traffic of calls of a mean length, in erlangs."""
    return calls_an_hour * mean_seconds / HOUR


def blocked(lines: int, erlangs: float) -> float:
    """Erlang B: the share of calls that find all `lines` busy, from 0 to 1."""
    share = 1.0
    for line in range(1, lines + 1):
        share = erlangs * share / (line + erlangs * share)
    return share


def lines_for(erlangs: float, blocking: float) -> int:
    """The fewest lines on which at most `blocking` (above 0) of the calls find no line."""
    share, line = 1.0, 0
    while share > blocking:
        line += 1
        share = erlangs * share / (line + erlangs * share)
    return line


def waits(places: int, erlangs: float) -> float:
    """Erlang C: the share of requests that find all `places` taken and wait, from 0 to 1."""
    if erlangs >= places:
        return 1.0
    share = blocked(places, erlangs)
    used = erlangs / places
    return share / (1 - used * (1 - share))


def bearable(places: int, waiting: float) -> float:
    """The most erlangs that `places` bear while at most `waiting` of the requests wait."""
    low, high = 0.0, float(places)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if waits(places, middle) <= waiting else (low, middle)
    return low
