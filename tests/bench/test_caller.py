"""The caller of the bench: the script, and what is mixed into the line."""

import asyncio

import numpy as np
import pytest

from bench.turn_taking.caller import FRAME, Caller, Echo, Says
from bench.turn_taking.sounds import RATE
from bot.core.events import Audio
from tests.bench.script import QUIET, frames, noisy, source, utterance
from tests.fakes import until

WORD = utterance(("हाँ", 0.1, 0.5))


async def heard(caller, sent=()):
    """All that arrives from the caller, while these frames are sent."""

    async def bot():
        for at, frame in sent:
            await until(at)
            caller.send(frame)

    task = asyncio.create_task(bot())
    pcm = b"".join([event.pcm async for event in caller.events() if isinstance(event, Audio)])
    await task
    return np.frombuffer(pcm, "<i2").astype(float)


@pytest.mark.parametrize("delay", [0.04, 0.12, 0.45])
@pytest.mark.parametrize("level", [-10.0, -30.0])
async def test_the_echo_is_what_was_sent_later_and_fainter(delay, level):
    """It is found at its delay, at its level."""
    caller = Caller([Says(WORD, after=30.0)], QUIET, Echo(delay, level), longest=3.0)
    sent = np.frombuffer(source(seconds=2.0).pcm, "<i2").astype(float)
    line = await heard(caller, frames(source(seconds=2.0).pcm))
    first = round(delay * RATE)
    echo = line[first + 200 : first + 8_200]
    alike = [np.dot(echo, sent[200 - lag : 8_200 - lag]) for lag in range(-20, 21)]
    assert np.argmax(np.abs(alike)) - 20 == 0
    measured = 10 * np.log10((echo**2).mean() / (sent[200:8_200] ** 2).mean())
    assert measured == pytest.approx(level, abs=1.0)


async def test_the_caller_speaks_when_the_bot_has_been_silent_long_enough():
    """By ear: so many seconds after our last sound."""
    caller = Caller([Says(WORD, after=0.6)], QUIET, linger=0.5)
    await heard(caller, frames(source(seconds=1.0).pcm))
    (said,) = caller.said
    assert 1.6 <= said.at <= 1.64


async def test_the_caller_speaks_over_the_bot():
    """So many seconds after our first sound."""
    caller = Caller([Says(WORD, over=1.2)], QUIET, linger=0.5)
    await heard(caller, frames(source(seconds=4.0).pcm, start=0.5)[:150])
    assert 1.7 <= caller.said[0].at <= 1.74


async def test_a_caller_who_gets_no_answer_hangs_up():
    """After the patience of the script."""
    caller = Caller([Says(WORD, patience=2.0)], QUIET)
    assert (await heard(caller)).size == pytest.approx(2.0 * RATE, abs=2 * FRAME)


async def test_noise_is_under_the_speech():
    """Speech and noise arrive together, through A-law."""
    caller = Caller([Says(WORD, after=0.1)], noisy(1.0, -46.0), linger=0.5)
    line = await heard(caller, frames(source(seconds=0.5).pcm))
    begin, end = (round(at * RATE) for at in (caller.said[0].begin, caller.said[0].end))
    loud, faint = line[begin:end].std(), line[end + 200 :].std()
    assert 20 * np.log10(loud / faint) == pytest.approx(20, abs=1.5)
