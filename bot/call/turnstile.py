"""
How many of the callers' frames are heard before the loop looks at everything else again.

Frames of many calls come in bursts. To hear one costs 0.02 to 0.2 ms, and can wait some ms; a
token, a sound to play or the words of a caller, behind fifty of them, can not. Nor can the frame
that ends a caller's turn, behind those of callers who only listen.
"""

import asyncio
from collections import deque
from collections.abc import Callable

SECONDS = 0.0002
"""What the frames that are heard in one turn of the loop shall take: one at least, whatever it
takes."""
MOST = 16
"""Of them, however little they take."""
PATIENCE = 0.005
"""Seconds after which a frame goes through whatever is ready: a loop with so little time must not
spend it on turns of its own."""
GRACE = 0.02
"""The same for a frame that may wait. Others overtake it until then."""
_LEARN = 0.02
"""How much one frame tells of what a frame takes."""

_Waiting = deque[tuple[float, asyncio.Future[None]]]
"""Who waits, first come first, and until when at most."""


class Turnstile:
    """
    Shared by the calls of a process: who may wait least goes through first.

    `_room` is how many more may go through in this turn of the loop, `_watched` whether we shall be
    told of its end; `_takes` is what a frame takes, in seconds, by the last ones.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        """`seconds`: what those of one turn of the loop shall take."""
        self._seconds = seconds
        self._takes = 0.0
        self._room = MOST
        self._soon: _Waiting = deque()
        self._later: _Waiting = deque()
        self._watched = False

    @property
    def at_once(self) -> int:
        """How many go through in one turn of the loop."""
        fit = self._seconds / self._takes if self._takes else MOST
        return max(1, min(int(fit), MOST))

    async def through(self, work: Callable[[], None], soon: bool = True) -> None:
        """Do this, at once or in one of the loop's next turns. Not `soon`: it may be overtaken."""
        loop = asyncio.get_running_loop()
        if not self._watched:
            self._watched = True
            self._room = self.at_once
            loop.call_soon(self._next_turn)
        if self._room and not self._soon and not self._later:
            self._room -= 1
        else:
            turn = loop.create_future()
            queue, most = (self._soon, PATIENCE) if soon else (self._later, GRACE)
            queue.append((loop.time() + most, turn))
            await turn
        began = loop.time()
        work()
        self._takes += _LEARN * (loop.time() - began - self._takes)

    def _next_turn(self) -> None:
        loop = asyncio.get_running_loop()
        self._room = self.at_once
        while (queue := self._first()) and (self._room or queue[0][0] <= loop.time()):
            _, turn = queue.popleft()
            if not turn.done():  # else its call is over
                turn.set_result(None)
                self._room = max(0, self._room - 1)
        self._watched = self._room < self.at_once
        if self._watched:
            loop.call_soon(self._next_turn)

    def _first(self) -> _Waiting:
        """Where the next to go through waits; empty: nobody does."""
        soon, later = self._soon, self._later
        return soon if soon and not (later and later[0][0] < soon[0][0]) else later
