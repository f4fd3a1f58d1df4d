"""
Which heavy work runs next: a few threads, and a line of work before them by urgency.

Everything but the work itself happens on the event loop, so there are no locks. Work that runs
cannot be taken back; its result is thrown away when nobody waits for it any more.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import IntEnum
from typing import Generic, TypeVar

Made = TypeVar("Made")


class Urgency(IntEnum):
    """Less is sooner."""

    FINAL = 0
    """Somebody waits for it."""
    EARLY = 1
    """Somebody will probably wait for it in a moment."""
    INTERIM = 2
    """Nice to have."""


class Ticket(Generic[Made]):
    """A piece of work in line, running or done. `result` is a future of what it makes."""

    def __init__(self, work: Callable[[], Made], urgency: Urgency) -> None:
        self.work = work
        self.urgency = urgency
        self.result: asyncio.Future[Made] = asyncio.get_running_loop().create_future()

    @property
    def made(self) -> bool:
        """Whether the result is there."""
        ready = self.result.done() and not self.result.cancelled()
        return ready and self.result.exception() is None

    def hurry(self) -> None:
        """Somebody waits for it now."""
        self.urgency = Urgency.FINAL

    def drop(self) -> None:
        """Nobody wants it any more: out of the line, or thrown away once it is done."""
        self.result.cancel()


class Workers:
    """Threads for one kind of work."""

    def __init__(self, count: int, name: str) -> None:
        """`count` pieces of work may run at once; `name` is what a debugger shows."""
        self.count = count
        self._line: list[Ticket[object]] = []
        """In order of arrival."""
        self._running = 0
        self._threads = ThreadPoolExecutor(count, thread_name_prefix=name)

    @property
    def idle(self) -> bool:
        """Whether new work would start at once."""
        return self._running < self.count

    @property
    def spare(self) -> bool:
        """Whether there is room for work that is only nice to have: one worker stays free."""
        return self._running < max(1, self.count - 1)

    @property
    def waiting(self) -> int:
        """Pieces of work in line that somebody still wants."""
        return sum(not ticket.result.done() for ticket in self._line)

    def do(self, work: Callable[[], Made], urgency: Urgency = Urgency.FINAL) -> Ticket[Made]:
        """Take work on. Its exceptions come out of the ticket's result."""
        ticket = Ticket(work, urgency)
        self._line.append(ticket)  # type: ignore[arg-type]  # A line of mixed work.
        self._start_next()
        return ticket

    async def close(self) -> None:
        """Drop what is in line, and wait for what runs."""
        for ticket in self._line:
            ticket.drop()
        self._line.clear()
        await asyncio.to_thread(self._threads.shutdown)

    def _start_next(self) -> None:
        self._line = [ticket for ticket in self._line if not ticket.result.done()]
        while self._line and self.idle:
            ticket = min(self._line, key=lambda one: one.urgency)
            self._line.remove(ticket)
            self._running += 1
            running = asyncio.get_running_loop().run_in_executor(self._threads, ticket.work)
            running.add_done_callback(lambda done, ticket=ticket: self._ended(ticket, done))  # type: ignore[misc]

    def _ended(self, ticket: Ticket[object], done: "asyncio.Future[object]") -> None:
        self._running -= 1
        error = None if done.cancelled() else done.exception()
        if ticket.result.done():
            pass
        elif done.cancelled():
            ticket.result.cancel()
        elif error is not None:
            ticket.result.set_exception(error)
        else:
            ticket.result.set_result(done.result())
        self._start_next()
