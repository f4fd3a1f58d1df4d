"""Frames of many calls, let through a few at a time."""

import asyncio

import pytest

from bot.call.turnstile import GRACE, MOST, PATIENCE, SECONDS, Turnstile

LONG = 2 * SECONDS
SHORT = SECONDS / 4.5


class Frames:
    """Frames that take `seconds` each of the loop's own time, which passes only in them."""

    def __init__(self, monkeypatch, seconds):
        self.seconds, self.order, self._now = seconds, [], 1.0
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: self._now)
        self.turnstile = Turnstile()

    async def through(self, name, soon=True):
        await self.turnstile.through(lambda: self._hear(name), soon)

    def _hear(self, name):
        self._now += self.seconds
        self.order.append(name)

    def pass_(self, seconds):
        self._now += seconds

    async def learn(self):
        """As many as it takes to know what one takes."""
        for _ in range(300):
            await self.through("")
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        self.order.clear()


@pytest.mark.parametrize(("seconds", "at_once"), [(LONG, 1), (SHORT, 4), (0.0, MOST)])
async def test_the_longer_a_frame_takes_the_fewer_go_through_at_once(monkeypatch, seconds, at_once):
    """One at least: what takes longer than it should is heard all the same."""
    frames = Frames(monkeypatch, seconds)
    await frames.learn()
    assert frames.turnstile.at_once == at_once


async def test_a_few_go_through_at_once_and_the_rest_in_the_next_turns_of_the_loop(monkeypatch):
    """What else becomes ready meanwhile is not behind all of them."""
    frames = Frames(monkeypatch, SHORT)
    await frames.learn()
    tasks = [asyncio.create_task(frames.through(n)) for n in range(9)]
    await asyncio.sleep(0)
    assert frames.order == [0, 1, 2, 3]
    asyncio.get_running_loop().call_soon(frames.order.append, "a token")
    await asyncio.gather(*tasks)
    assert frames.order == [0, 1, 2, 3, "a token", 4, 5, 6, 7, 8]


async def test_who_has_waited_long_enough_goes_through_with_all_others_like_it(monkeypatch):
    """Each turn of a busy loop takes long: one frame in each, and the rest is never heard."""
    frames = Frames(monkeypatch, LONG)
    await frames.learn()
    tasks = [asyncio.create_task(frames.through(n)) for n in range(100)]
    await asyncio.sleep(0)
    asyncio.get_running_loop().call_soon(frames.pass_, PATIENCE)
    for _ in range(3):
        await asyncio.sleep(0)
    assert frames.order == list(range(100))
    await asyncio.gather(*tasks)


async def test_who_may_wait_lets_others_by(monkeypatch):
    """The frame of a caller who only listens, those of callers whose turn may be at its end."""
    frames = Frames(monkeypatch, LONG)
    await frames.learn()
    tasks = [asyncio.create_task(frames.through(n, soon=n != 1)) for n in range(4)]
    await asyncio.gather(*tasks)
    assert frames.order == [0, 2, 3, 1]


async def test_who_may_wait_does_not_wait_for_ever(monkeypatch):
    """Once its grace is over, it goes before those who came after that."""
    frames = Frames(monkeypatch, GRACE / 2.5)
    await frames.learn()
    tasks = [asyncio.create_task(frames.through("first"))]
    tasks.append(asyncio.create_task(frames.through("listens", soon=False)))
    for number in range(10):
        tasks.append(asyncio.create_task(frames.through(number)))
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    assert frames.order == ["first", 0, 1, 2, "listens", *range(3, 10)]


async def test_nobody_overtakes(monkeypatch):
    """Who comes while others wait goes through after them, even where there is room again."""
    frames = Frames(monkeypatch, LONG)
    await frames.learn()
    tasks = [asyncio.create_task(frames.through(n)) for n in range(3)]
    await asyncio.sleep(0)
    tasks.append(asyncio.create_task(frames.through("late")))
    await asyncio.gather(*tasks)
    assert frames.order == [0, 1, 2, "late"]


async def test_a_call_that_ends_while_it_waits_holds_nobody_up(monkeypatch):
    """Its place goes to the next."""
    frames = Frames(monkeypatch, LONG)
    await frames.learn()
    tasks = [asyncio.create_task(frames.through(n)) for n in range(4)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert frames.order == [0, 2, 3]


async def test_an_idle_turnstile_lets_through_without_a_wait(monkeypatch):
    """In a later turn of the loop, all places are there again."""
    frames = Frames(monkeypatch, LONG)
    await frames.learn()
    for number in range(3):
        going = frames.through(number)
        with pytest.raises(StopIteration):
            going.send(None)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert frames.order == [0, 1, 2]
