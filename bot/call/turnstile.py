"""
How many of the callers' frames are heard before the loop looks at everything else again.

Frames of many calls come in bursts. To hear one costs up to 0.2 ms, and can wait some ms; a token,
a sound to play or the words of a caller, behind fifty of them, can not.
"""

import asyncio
from collections import deque

AT_ONCE = 6
"""Frames heard in one turn of the loop."""


class Turnstile:
    """
    Shared by the calls of a process: who waits goes through in the order of arrival.

    `_room` is how many more may enter in this turn of the loop, `_watched` whether we shall be
    told of its end.
    """

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._at_once = self._room = at_once
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._watched = False

    async def enter(self) -> None:
        """Return at once, or in one of the loop's next turns."""
        loop = asyncio.get_running_loop()
        if not self._watched:
            self._watched = True
            loop.call_soon(self._next_turn)
        if self._room and not self._waiting:
            self._room -= 1
            return
        turn = loop.create_future()
        self._waiting.append(turn)
        await turn

    def _next_turn(self) -> None:
        self._room = self._at_once
        while self._waiting and self._room:
            turn = self._waiting.popleft()
            if not turn.done():  # else its call is over
                turn.set_result(None)
                self._room -= 1
        self._watched = self._room < self._at_once
        if self._watched:
            asyncio.get_running_loop().call_soon(self._next_turn)
