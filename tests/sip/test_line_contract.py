"""
The contract of all lines (tests/lines), over direct SIP with L16, which carries sound unchanged.

Left out is what concerns connections: a socket that does not read (a datagram is sent or lost), a
connection that says nothing, a rate other than registered (here it is agreed on in SDP). Nonsense
must end no call here, since a datagram can be forged: test_direct_calls.py.
"""

import pytest

from tests.lines.test_contract import (  # noqa: F401  # pytest runs them here, too
    test_after_a_stall_only_the_newest_half_second_is_heard_and_every_key,
    test_an_end_that_never_closes_is_closed_for,
    test_an_end_that_vanishes_ends_the_call,
    test_an_unknown_call_is_refused_with_the_receptions_reason,
    test_bytes_may_come_one_by_one,
    test_frames_reach_the_caller_whole_and_in_order,
    test_hanging_up_gives_the_call_back,
    test_hanging_up_twice_is_once,
    test_nothing_leaks_over_many_calls,
    test_sound_and_keys_arrive_in_order,
)
from tests.sip.sip_end import SipHouse

pytestmark = pytest.mark.real_time


@pytest.fixture
def house():
    """A user agent, and its callers."""
    return SipHouse()
