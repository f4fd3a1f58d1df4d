"""
How many of the callers' frames are heard before the loop looks at everything else again.

Frames of many calls come in bursts. To hear one costs 0.02 to 0.2 ms, and can wait some ms; a
token, a sound to play or the words of a caller, behind fifty of them, can not.
"""

import asyncio
from collections import deque
from collections.abc import Callable

SECONDS = 0.0002
"""What the frames that are heard in one turn of the loop shall take: one at least, whatever it
takes."""
MOST = 16
"""Of them, however little they take."""
_LEARN = 0.02
"""How much one frame tells of what a frame takes."""


class Turnstile:
    """
    Shared by the calls of a process: who waits goes through in the order of arrival.

    `_room` is how many more may go through in this turn of the loop, `_watched` whether we shall be
    told of its end; `_takes` is what a frame takes, in seconds, by the last ones.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        """`seconds`: what those of one turn of the loop shall take."""
        self._seconds = seconds
        self._takes = 0.0
        self._room = MOST
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._watched = False

    @property
    def at_once(self) -> int:
        """How many go through in one turn of the loop."""
        fit = self._seconds / self._takes if self._takes else MOST
        return max(1, min(int(fit), MOST))

    async def through(self, work: Callable[[], None]) -> None:
        """Do this, at once or in one of the loop's next turns."""
        loop = asyncio.get_running_loop()
        if not self._watched:
            self._watched = True
            self._room = self.at_once
            loop.call_soon(self._next_turn)
        if self._room and not self._waiting:
            self._room -= 1
        else:
            turn = loop.create_future()
            self._waiting.append(turn)
            await turn
        began = loop.time()
        work()
        self._takes += _LEARN * (loop.time() - began - self._takes)

    def _next_turn(self) -> None:
        self._room = self.at_once
        while self._waiting and self._room:
            turn = self._waiting.popleft()
            if not turn.done():  # else its call is over
                turn.set_result(None)
                self._room -= 1
        self._watched = self._room < self.at_once
        if self._watched:
            asyncio.get_running_loop().call_soon(self._next_turn)
