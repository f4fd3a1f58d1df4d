"""Server-sent events, with the openai package's reader as the yardstick."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai._streaming import SSEDecoder

from bot.nim import sse
from bot.nim.sse import Events

ENDS = st.sampled_from([b"\n", b"\r", b"\r\n"])
LINES = st.sampled_from(
    [b"", b"", b"data: {}", b"data:one", b"data", b"data:  two", b": comment", b"event: x",
     b"id: 1", "data: नमस्ते".encode(), b"other: 3"]
)  # fmt: skip


def fed(pieces):
    """The data of all events."""
    events = Events()
    return [data.decode() for piece in pieces for data in events.feed(piece)]


def cut(whole, places):
    """The bytes, cut at these places."""
    edges = [0, *sorted(place % (len(whole) + 1) for place in places), len(whole)]
    return [whole[a:b] for a, b in zip(edges, edges[1:], strict=False)]


@given(st.lists(st.tuples(LINES, ENDS), max_size=12), st.lists(st.integers(0, 200), max_size=6))
def test_events_are_read_as_the_openai_package_reads_them(lines, places):
    """However the lines end, and wherever the network cuts them."""
    whole = b"".join(line + end for line, end in lines)
    theirs = [event.data for event in SSEDecoder().iter_bytes(iter([whole])) if event.data]
    assert [data for data in fed(cut(whole, places)) if data] == theirs


def test_an_event_without_end_is_an_error(monkeypatch):
    """What a model never sends does not fill the memory."""
    monkeypatch.setattr(sse, "LONGEST", 100)
    for piece in (b"x" * 60, b"data: " + b"y" * 40 + b"\n"):
        events = Events()
        events.feed(piece)
        with pytest.raises(ValueError, match="more than 100 bytes"):
            for _ in range(3):
                events.feed(piece)
