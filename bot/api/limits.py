"""How often somebody may do something (token buckets), and how many at once (seats)."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

MOST: Final = 10_000
"""Buckets that are kept; the one that was not used for longest goes first."""


class Buckets:
    """A bucket for each name: `burst` at once, `rate` a second in the long run."""

    def __init__(self, rate: float, burst: int, now: Callable[[], float]) -> None:
        """`now`: a clock, in seconds."""
        self._rate, self._burst, self._now = rate, float(burst), now
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str) -> float:
        """Take one; 0, or the seconds until there is one: then none was taken."""
        wait = self.lacking(name)
        if not wait:
            self._left[name] = self._now(), self._full(name) - 1
            self._left.move_to_end(name)
            while len(self._left) > MOST:
                self._left.popitem(last=False)
        return wait

    def lacking(self, name: str) -> float:
        """Seconds until one can be taken; 0: now."""
        lack = 1 - self._full(name)
        return lack / self._rate if lack > 1e-9 else 0.0

    def _full(self, name: str) -> float:
        """How many are in it now."""
        at, left = self._left.get(name, (0.0, self._burst))
        return min(self._burst, left + (self._now() - at) * self._rate)


class Seats:
    """So many at once, and no more."""

    def __init__(self, most: int) -> None:
        self._free = most

    @property
    def taken(self) -> bool:
        """Whether all are."""
        return self._free <= 0

    def enter(self) -> None:
        """Take a seat."""
        self._free -= 1

    def leave(self) -> None:
        """Give it back."""
        self._free += 1
