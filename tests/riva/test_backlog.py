"""The caller's sound on its way to the recogniser."""

import asyncio

from bot.core.ports import Heard
from bot.riva.backlog import Backlog

FRAME = 320
"""Bytes of 20 ms at 8 kHz."""


async def test_frames_are_joined_in_order():
    """What waits is given in order, in pieces of at most 160 ms."""
    backlog = Backlog(8000)
    for n in range(12):
        backlog.put(Heard(bytes([n]) * FRAME))
    backlog.end()
    pieces = []
    while (piece := await backlog.take(1.0)) is not None:
        pieces.append(piece.pcm)
    assert [len(piece) // FRAME for piece in pieces] == [8, 4]
    assert b"".join(pieces) == b"".join(bytes([n]) * FRAME for n in range(12))


async def test_a_piece_goes_as_soon_as_it_is_there():
    """The sound comes in pieces that are worth a message."""
    backlog = Backlog(8000)
    loop = asyncio.get_running_loop()
    for n in range(2):
        loop.call_later(0.1 * (n + 1), backlog.put, Heard(b"a" * 5 * FRAME))
    for n in range(2):
        assert len((await backlog.take(1.0)).pcm) == 5 * FRAME
        assert loop.time() == 0.1 * (n + 1)


async def test_end_of_utterance_does_not_wait_and_closes_the_piece():
    """A piece ends where the utterance does, and goes at once."""
    backlog = Backlog(8000)
    backlog.put(Heard(b"a" * FRAME, end_of_utterance=True))
    backlog.put(Heard(b"b" * FRAME))
    piece = await backlog.take(1.0)
    assert piece == Heard(b"a" * FRAME, end_of_utterance=True)


async def test_patience_gives_what_there_is():
    """When the caller's frames stop, the taker is told so by an empty piece."""
    backlog = Backlog(8000)
    assert await backlog.take(0.5) == Heard(b"")
    assert asyncio.get_running_loop().time() == 0.5


async def test_the_oldest_is_dropped():
    """Of five seconds that nobody took, the last two remain, in order."""
    backlog = Backlog(8000)
    for n in range(250):
        backlog.put(Heard(bytes([n]) * FRAME))
    backlog.end()
    sound = b""
    while (piece := await backlog.take(1.0)) is not None:
        sound += piece.pcm
    assert sound == b"".join(bytes([n]) * FRAME for n in range(150, 250))
    assert backlog.dropped == 150 * FRAME


async def test_what_could_not_be_sent_comes_first_again():
    """A piece put back is taken before all others."""
    backlog = Backlog(8000)
    backlog.put(Heard(b"a" * 8 * FRAME))
    backlog.put(Heard(b"b" * 8 * FRAME))
    backlog.put_back(await backlog.take(1.0))
    assert (await backlog.take(1.0)).pcm == b"a" * 8 * FRAME
