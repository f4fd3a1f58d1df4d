"""The simulated recogniser: what it tells, and when."""

import asyncio

import pytest

from bench.turn_taking.recognizer import SimulatedRecognizer
from bot.core.ports import Heard
from tests.bench.script import caller_who_said, utterance
from tests.fakes import now, until

THREE = utterance(("मेरा", 0.0, 0.4), ("बिल", 0.5, 0.9), ("कितना", 1.0, 1.5))


async def told(recognizer, finals=(), seconds=3.0):
    """All that is told in these seconds: (time, text, final, stability). `finals` are asked for."""

    async def sound():
        for at in finals:
            await until(at)
            yield Heard(b"", end_of_utterance=True)
        await asyncio.Event().wait()

    found = []
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(seconds):
            async for one in recognizer.transcripts(sound()):
                found.append((round(now(), 2), one.text, one.final, one.stability))
    return found


async def test_a_word_is_told_some_time_after_its_end():
    """Interims come every 160 ms, with the words that ended 120 ms ago or more."""
    found = await told(SimulatedRecognizer(caller_who_said((THREE, 0.0))), seconds=1.3)
    assert [(at, text) for at, text, _, _ in found] == [
        (0.64, "मेरा"),
        (0.8, "मेरा"),
        (0.96, "मेरा"),
        (1.12, "मेरा बिल"),
        (1.28, "मेरा बिल"),
    ]


async def test_stability_rises_with_the_age_of_the_newest_word():
    """From 0.5 to 0.9, and back when another word comes."""
    found = await told(SimulatedRecognizer(caller_who_said((THREE, 0.0))), seconds=1.2)
    stable = [stability for _, _, _, stability in found]
    assert 0.5 <= stable[0] < stable[1] < stable[2] < 0.9
    assert stable[3] < stable[2]


async def test_a_final_comes_80_ms_after_it_is_asked_for():
    """It has the words that had ended by then."""
    found = await told(SimulatedRecognizer(caller_who_said((THREE, 0.0))), [1.6], seconds=2.0)
    assert [one for one in found if one[2]] == [(1.68, "मेरा बिल कितना", True, 0.0)]
    assert found[-1][2]


async def test_words_after_a_final_belong_to_the_next_utterance():
    """An utterance closed in mid-sentence is told in two."""
    found = await told(SimulatedRecognizer(caller_who_said((THREE, 0.0))), [0.95, 1.7])
    assert [text for _, text, final, _ in found if final] == ["मेरा बिल", "कितना"]


async def test_it_closes_an_utterance_by_itself_after_its_own_silence():
    """0.8 s after the last word, in steps of 80 ms."""
    found = await told(SimulatedRecognizer(caller_who_said((THREE, 0.0))))
    assert [(at, text) for at, text, final, _ in found if final] == [(2.32, "मेरा बिल कितना")]


async def test_a_final_of_nothing_is_empty():
    """A cough has no words."""
    found = await told(SimulatedRecognizer(caller_who_said()), [1.0])
    assert found == [(1.08, "", True, 0.0)]


async def test_a_word_whose_sound_was_taken_out_is_lost():
    """It hears what it is given, not what the caller said."""
    caller = caller_who_said((THREE, 0.0))
    recognizer = SimulatedRecognizer(caller)
    caller.clean = [1e6] * 100
    recognizer._powers = [1e6] * 24 + [1.0] * 22 + [1e6] * 54
    assert (await told(recognizer, [1.6], seconds=2.0))[-1][1] == "मेरा कितना"


async def test_the_first_pass_end_of_utterance_is_an_option():
    """An interim of stability 1.0 after so much silence."""
    recognizer = SimulatedRecognizer(caller_who_said((THREE, 0.0)), first_pass=0.3)
    found = await told(recognizer)
    assert next(at for at, _, _, stability in found if stability == 1.0) == 1.92
