"""Which heavy work runs next."""

import asyncio
from threading import Event, Semaphore

import pytest

from bot.local.workers import Urgency, Workers

pytestmark = pytest.mark.real_time


class Bench:
    """One worker, held up until `go`, and the order in which work was done."""

    def __init__(self):
        self.workers = Workers(1, "test")
        self.go = Event()
        self.order = []
        self.workers.do(self.go.wait)

    def do(self, name, urgency):
        """Put named work in line."""
        return self.workers.do(lambda: self.order.append(name), urgency)


async def test_finals_come_first_and_equals_in_order():
    """The line is by urgency, then by arrival."""
    bench = Bench()
    wanted = [("interim", 2), ("early", 1), ("first", 0), ("second", 0)]
    tickets = [bench.do(name, Urgency(urgency)) for name, urgency in wanted]
    bench.go.set()
    await asyncio.gather(*(ticket.result for ticket in tickets))
    assert bench.order == ["first", "second", "early", "interim"]
    await bench.workers.close()


async def test_work_in_line_can_be_hurried():
    """What was nice to have becomes urgent when somebody waits for it."""
    bench = Bench()
    early, final = bench.do("early", Urgency.EARLY), bench.do("later", Urgency.INTERIM)
    final.hurry()
    bench.go.set()
    await asyncio.gather(early.result, final.result)
    assert bench.order == ["later", "early"]
    await bench.workers.close()


async def test_dropped_work_is_never_done():
    """Nobody wants it any more: it leaves the line."""
    bench = Bench()
    dropped, wanted = bench.do("dropped", Urgency.FINAL), bench.do("wanted", Urgency.FINAL)
    dropped.drop()
    assert bench.workers.waiting == 1
    bench.go.set()
    await wanted.result
    assert bench.order == ["wanted"]
    await bench.workers.close()


async def test_work_that_fails_tells_its_waiter_and_the_next_goes_on():
    """An exception comes out of the ticket; the thread lives."""
    workers = Workers(1, "test")
    broken, sound = workers.do(lambda: 1 // 0), workers.do(lambda: "made")
    with pytest.raises(ZeroDivisionError):
        await broken.result
    assert await sound.result == "made"
    assert not broken.made
    assert sound.made
    await workers.close()


async def test_no_more_runs_at_once_than_there_are_workers():
    """Two workers take two pieces of work; the third waits."""
    workers, started, go = Workers(2, "test"), Semaphore(0), Event()

    def work():
        started.release()
        go.wait()

    tickets = [workers.do(work) for _ in range(3)]
    await asyncio.to_thread(started.acquire)
    await asyncio.to_thread(started.acquire)
    assert not workers.idle
    assert workers.waiting == 1
    go.set()
    await asyncio.gather(*(ticket.result for ticket in tickets))
    assert workers.idle
    await workers.close()


async def test_closing_drops_the_line():
    """A stopping server waits for what runs and gives up the rest."""
    bench = Bench()
    waiting = bench.do("waiting", Urgency.FINAL)
    bench.go.set()
    await bench.workers.close()
    assert waiting.result.done()
