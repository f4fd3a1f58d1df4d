"""What the caller sends, on its way to those who listen."""

import asyncio

from bot.call.hearing import PIECE, QUIET, QUIET_PIECE, Hearing
from bot.core.audio import FRAME_SECONDS, NARROWBAND
from bot.core.ports import Heard
from bot.signal.voice import VoiceActivity, level_detector

FRAMES = round(PIECE / FRAME_SECONDS)
SILENCE = bytes(320)


def frame(number):
    """20 ms at 8 kHz that can be told from others."""
    return bytes([number]) * 320


def hearing():
    """Ears of a call, nothing but voice activity in them."""
    return Hearing(NARROWBAND, VoiceActivity(NARROWBAND, level_detector()))


async def given(ears):
    """All that the recogniser is given by now."""
    pieces = []
    sound = ears.sound()
    try:
        while True:
            async with asyncio.timeout(0.001):
                pieces.append(await anext(sound))
    except TimeoutError:
        return pieces


async def test_the_recogniser_is_given_pieces_of_several_frames():
    """In order, whole, and the last frames when they are a piece."""
    ears = hearing()
    for number in range(2 * FRAMES + 1):
        ears.hear(frame(number))
    first, second = await given(ears)
    assert first.pcm + second.pcm == b"".join(frame(n) for n in range(2 * FRAMES))


async def test_a_quiet_caller_costs_fewer_pieces():
    """Three times longer ones, once nobody has spoken for a second; nothing of it is lost."""
    ears, pieces = hearing(), []
    for _ in range(round((QUIET + 3 * QUIET_PIECE) / FRAME_SECONDS)):
        ears.hear(SILENCE)
        pieces += await given(ears)
    ears.end_utterance()
    pieces += await given(ears)
    assert ears.quiet
    frames = [len(piece.pcm) // len(SILENCE) for piece in pieces]
    assert frames[:9] == [FRAMES] * 9
    assert frames[-3:-1] == [round(QUIET_PIECE / FRAME_SECONDS)] * 2
    assert sum(frames) == round((QUIET + 3 * QUIET_PIECE) / FRAME_SECONDS)


async def test_a_voice_ends_a_quiet_callers_piece():
    """The recogniser has the beginning of the word as soon as voice activity has."""
    ears = hearing()
    for _ in range(round(QUIET / FRAME_SECONDS) + 7):
        ears.hear(SILENCE)
    before = await given(ears)
    ears.hear(frame(9))
    ears.hear(frame(9))
    (piece,) = await given(ears)
    assert not ears.quiet
    assert before[-1].pcm == SILENCE * FRAMES
    assert piece.pcm.startswith(SILENCE)
    assert piece.pcm.endswith(SILENCE + frame(9))


async def test_the_end_of_an_utterance_does_not_wait_for_a_whole_piece():
    """What is there goes with it."""
    ears = hearing()
    ears.hear(frame(1))
    ears.end_utterance()
    assert await given(ears) == [Heard(frame(1), end_of_utterance=True)]


async def test_an_end_of_utterance_right_after_a_piece_goes_alone():
    """There is no sound left to go with it."""
    ears = hearing()
    for number in range(FRAMES):
        ears.hear(frame(number))
    ears.end_utterance()
    assert [heard.end_of_utterance for heard in await given(ears)] == [False, True]


async def test_when_the_line_falls_silent_the_recogniser_gets_what_is_left():
    """A caller on hold sends no frames: the last ones are not kept back until more come."""
    ears = hearing()
    ears.hear(frame(1))
    ears.hear_nothing()
    ears.hear_nothing()
    assert await given(ears) == [Heard(frame(1))]


async def test_a_recogniser_that_stalls_loses_the_oldest_second():
    """And gets the newest one, when it takes sound again."""
    ears = hearing()
    for number in range(75):
        ears.hear(frame(number))
    pieces = await given(ears)
    assert b"".join(piece.pcm for piece in pieces) == b"".join(frame(n) for n in range(25, 75))
