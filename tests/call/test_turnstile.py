"""Frames of many calls, let in a few at a time."""

import asyncio

from bot.call.turnstile import Turnstile


async def entered(turnstile, name, order):
    """Go through, and note it."""
    await turnstile.enter()
    order.append(name)


async def test_a_few_go_through_at_once_and_the_rest_in_the_next_turns_of_the_loop():
    """What else becomes ready meanwhile is not behind all of them."""
    turnstile, order = Turnstile(at_once=2), []
    tasks = [asyncio.create_task(entered(turnstile, n, order)) for n in range(5)]
    await asyncio.sleep(0)
    assert order == [0, 1]
    asyncio.get_running_loop().call_soon(order.append, "a token")
    await asyncio.gather(*tasks)
    assert order == [0, 1, "a token", 2, 3, 4]


async def test_nobody_overtakes():
    """Who comes while others wait goes through after them, even where there is room again."""
    turnstile, order = Turnstile(at_once=1), []
    tasks = [asyncio.create_task(entered(turnstile, n, order)) for n in range(3)]
    await asyncio.sleep(0)
    tasks.append(asyncio.create_task(entered(turnstile, "late", order)))
    await asyncio.gather(*tasks)
    assert order == [0, 1, 2, "late"]


async def test_a_call_that_ends_while_it_waits_holds_nobody_up():
    """Its place goes to the next."""
    turnstile, order = Turnstile(at_once=1), []
    tasks = [asyncio.create_task(entered(turnstile, n, order)) for n in range(4)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert order == [0, 2, 3]


async def test_an_idle_turnstile_lets_through_without_a_wait():
    """In a later turn of the loop, all places are there again."""
    turnstile = Turnstile(at_once=1)
    for _ in range(3):
        entering = turnstile.enter()
        try:
            entering.send(None)
        except StopIteration:
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        else:
            raise AssertionError("it waited")
