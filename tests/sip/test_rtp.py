"""RTP by itself: packets, our stream, and putting theirs into order."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sip.direct import rtp
from bot.sip.direct.keys import EventEar, info_key
from bot.sip.direct.reorder import PATIENCE, Reorder


def packet(number, source=1, timestamp=None):
    """A packet with this sequence number."""
    return rtp.Packet(8, number & 0xFFFF, timestamp or number * 160, source, False, b"x")


def passed(numbers, reorder=None):
    """The sequence numbers that are passed on, None for lost ones."""
    reorder = reorder or Reorder()
    out = []
    for number in numbers:
        out += [each and each.sequence for each in reorder.put(packet(number))]
    return out


def test_a_packet_is_read_with_all_that_may_be_in_it():
    """Contributing sources, an extension and padding are no sound (RFC 3550, 5.1)."""
    plain = struct.pack("!BBHII", 0x80, 0x88, 7, 160, 9) + b"sound"
    assert rtp.parsed(plain) == rtp.Packet(8, 7, 160, 9, True, b"sound")
    head = struct.pack("!BBHII", 0xB2, 0x08, 7, 160, 9) + bytes(8)
    full = head + b"\xbe\xde\x00\x01" + bytes(4) + b"sound" + b"\0\0\3"
    assert rtp.parsed(full) == rtp.Packet(8, 7, 160, 9, False, b"sound")


@given(st.binary(max_size=64))
def test_no_bytes_are_a_bug(data):
    """A packet or None."""
    found = rtp.parsed(data)
    assert found is None or len(found.payload) <= len(data) - 12


@pytest.mark.parametrize("data", [b"\x80\xc8" + bytes(26), b"\x00\x01" + bytes(18), bytes(12)])
def test_rtcp_and_stun_are_no_sound(data):
    """They come to the same port where a peer multiplexes."""
    assert rtp.parsed(data) is None


def test_our_stream_counts_by_the_book():
    """Numbers by one, timestamps by the samples of a frame; the first packet is marked."""
    stream = rtp.Stream(8000)
    packets = [rtp.parsed(stream.sound(8, b"x", 1.0 + 0.02 * n)) for n in range(70_000)]
    steps = {
        ((b.sequence - a.sequence) & 0xFFFF, (b.timestamp - a.timestamp) & 0xFFFFFFFF)
        for a, b in zip(packets, packets[1:], strict=False)
    }
    assert steps == {(1, 160)}
    assert [p.marker for p in packets[:3]] == [True, False, False]
    assert len({p.source for p in packets}) == 1


def test_after_a_stall_the_timestamp_goes_on_with_the_clock():
    """Else all that follows would seem early to their jitter buffer, and be played late."""
    stream = rtp.Stream(8000)
    stream.sound(8, b"x", 1.00)
    before = rtp.parsed(stream.sound(8, b"x", 1.02))
    late = rtp.parsed(stream.sound(8, b"x", 1.54))
    after = rtp.parsed(stream.sound(8, b"x", 1.56))
    assert late.timestamp - before.timestamp == 160 + 4000
    assert late.marker
    assert (after.timestamp - late.timestamp, after.marker) == (160, False)
    assert after.sequence - before.sequence == 2


def test_what_is_in_order_does_not_wait():
    """Each packet is passed on the moment it comes, over the end of the numbers, too."""
    reorder = Reorder()
    for number in range(65_530, 65_545):
        assert passed([number], reorder) == [number & 0xFFFF]


def test_what_is_out_of_order_is_put_right():
    """A packet that was overtaken by up to three others is in its place again."""
    assert passed([1, 2, 4, 3, 5]) == [1, 2, 3, 4, 5]
    assert passed([1, 3, 4, 5, 2, 6]) == [1, 2, 3, 4, 5, 6]


def test_what_does_not_come_is_given_up():
    """When more than three wait behind the gap; what comes later is late."""
    reorder = Reorder()
    assert passed([1, 3, 4, 5, 6], reorder) == [1, None, 3, 4, 5, 6]
    assert passed([2, 7], reorder) == [7]
    assert (reorder.figures.lost, reorder.figures.late) == (1, 1)


def test_what_comes_twice_is_heard_once():
    """Whether it waits or was passed on."""
    reorder = Reorder()
    assert passed([1, 1, 2, 4, 4, 3, 3], reorder) == [1, 2, 3, 4]
    assert reorder.figures.late == 3


def test_the_last_ones_do_not_wait_for_ever():
    """Where none follow, the gap is given up."""
    reorder = Reorder()
    assert passed([1, 3], reorder) == [1]
    assert reorder.waits
    assert [each and each.sequence for each in reorder.flush()] == [None, 3]
    assert not reorder.waits


def test_a_new_stream_begins_anew():
    """Another source at once; a jump of the numbers at its second packet."""
    reorder = Reorder()
    assert passed([1, 2], reorder) == [1, 2]
    assert [p.sequence for p in reorder.put(packet(900, source=2))] == [900]
    assert reorder.put(packet(5000, source=2)) == []
    assert [p.sequence for p in reorder.put(packet(5001, source=2))] == [5001]
    assert passed([], reorder) == []
    assert reorder.figures.restarts == 2


@given(st.lists(st.integers(-6, 6), max_size=200), st.integers(0, 65_535))
def test_order_and_bounds_hold_whatever_comes(steps, start):
    """What is passed on rises, gaps are marked as lost, and never more than three wait."""
    reorder, at, last = Reorder(), start, None
    for step in steps:
        at += step
        for each in reorder.put(packet(at)):
            number = (last + 1 if last is not None else at) & 0xFFFF
            assert each is None or each.sequence == number
            last = number
        assert len(reorder._waiting) <= PATIENCE


def event(number, timestamp, source=1):
    """A packet of a key."""
    return rtp.Packet(101, 1, timestamp, source, False, bytes([number, 10, 0, 160]))


def test_each_key_is_heard_once_at_its_first_packet():
    """Whichever of its packets come; the same key again has another timestamp."""
    ear = EventEar()
    heard = [ear.key(event(5, t)) for t in (100, 100, 100, 900, 900)]
    assert heard == ["5", "", "", "5", ""]
    assert ear.key(event(11, 1700)) == "#"
    assert ear.key(event(5, 900)) == ""
    assert ear.key(event(16, 2500)) == ""
    assert ear.key(rtp.Packet(101, 1, 3000, 1, False, b"\1")) == ""


@pytest.mark.parametrize(
    ("kind", "body", "key"),
    [
        ("application/dtmf-relay", b"Signal=1\r\nDuration=100", "1"),
        ("application/DTMF-Relay;x=y", b"Duration=100\r\nsignal = d", "D"),
        ("application/dtmf-relay", b"Signal=10", "*"),
        ("application/dtmf-relay", b"Signal=99", None),
        ("application/dtmf-relay", b"\xff", None),
        ("application/dtmf", b"7", "7"),
        ("text/plain", b"7", None),
    ],
)
def test_keys_of_info(kind, body, key):
    """Signs and numbers; what is no key is none."""
    assert info_key(kind, body) == key
