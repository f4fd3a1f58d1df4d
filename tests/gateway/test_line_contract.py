"""
The contract of all lines (tests/lines), over gRPC.

Left out is what concerns TCP connections of Asterisk's: the length of a socket's buffer and its
being given up (test_statuses.py has a client that does not read), a rate other than registered
(here it is agreed on in `open`), connections without a UUID (below).
"""

import asyncio

import pytest

from bot.gateway import service
from tests.asterisk.peer import eventually
from tests.gateway.grpc_end import GatewayHouse
from tests.lines.test_contract import (  # noqa: F401  # pytest runs them here, too
    test_after_a_stall_only_the_newest_half_second_is_heard_and_every_key,
    test_an_end_that_never_closes_is_closed_for,
    test_an_end_that_vanishes_ends_the_call,
    test_an_unknown_call_is_refused_with_the_receptions_reason,
    test_bytes_may_come_one_by_one,
    test_frames_reach_the_caller_whole_and_in_order,
    test_hanging_up_gives_the_call_back,
    test_hanging_up_twice_is_once,
    test_nonsense_ends_the_call_in_one_line,
    test_nothing_leaks_over_many_calls,
    test_sound_and_keys_arrive_in_order,
    test_who_says_nothing_is_sent_away,
)

pytestmark = pytest.mark.real_time


@pytest.fixture
def house():
    """A gateway, and its clients."""
    return GatewayHouse()


async def test_too_many_streams_that_say_nothing_are_sent_away(house, monkeypatch):
    """The third of two allowed is refused; a call that said who it is does not count."""
    monkeypatch.setattr(service, "MOST_PENDING", 2)
    async with house.open():
        await house.answered()
        waiting = [await house.connect() for _ in range(2)]
        await asyncio.sleep(0.2)
        third = await house.connect()
        assert await third.hears() is None
        await eventually(lambda: house.desk.refusals)
        assert house.desk.refusals[0][0] == "pending"
        assert len(waiting) == 2
