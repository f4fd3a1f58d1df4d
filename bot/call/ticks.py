"""
The beat of a call: when each frame falls due.

Timers, and no task that sleeps: half the cost, and a busy bot does little else. All calls of a
process share their instants, so that one wake-up of the loop serves many.
"""

import asyncio
from collections.abc import Callable

from bot.core.audio import FRAME_SECONDS

SHARED = 0.005
"""Frames fall due at multiples of this many seconds: a busy loop wakes 200 times a second for its
timers, however many calls it has."""


class Ticks:
    """
    Calls `tick(seconds late)` every 20 ms, at once for the first time.

    Deadlines are absolute; after a tick that comes a frame late or more, the beat starts
    anew. `broken` takes the exception of a tick, after which there is no other.
    """

    def __init__(self, tick: Callable[[float], None]) -> None:
        self._tick = tick
        self._loop = asyncio.get_running_loop()
        self._due = self._shared_instant()
        self._timer: asyncio.Handle = self._loop.call_soon(self._fall_due)
        self.broken: asyncio.Future[None] = self._loop.create_future()

    def stop(self) -> None:
        """No more ticks."""
        self._timer.cancel()

    def _fall_due(self) -> None:
        try:
            self._tick(self._loop.time() - self._due)
        except Exception as error:
            if not self.broken.done():
                self.broken.set_exception(error)
            return
        self._due += FRAME_SECONDS
        if self._due <= self._loop.time():
            self._due = self._shared_instant() + FRAME_SECONDS  # slip: never a burst
        self._timer = self._loop.call_at(self._due, self._fall_due)

    def _shared_instant(self) -> float:
        """The last instant at which the calls of this process fell due together."""
        now = self._loop.time()
        return now - now % SHARED
