"""Speech that was made before is said again at once."""

from contextlib import aclosing
from dataclasses import replace

import pytest

from bot.app.speech_memory import (
    LONGEST,
    RememberingSynthesizer,
    SpeechMemory,
    joined,
    wanted,
)
from bot.config import TtsSettings
from bot.core.errors import ServiceTimeout
from bot.core.ports import Speech, Word
from tests.fakes import ToneSynthesizer

SECOND = 16_000
"""Bytes at 8 kHz."""


def key(text, voice="asha", rate=8000, **settings):
    """The key of a sentence."""
    return wanted(text, TtsSettings(**settings), voice, rate)


def house(megabytes=1.0, **tone):
    """A memory, what it told, the real synthesizer, and one call's view of both."""
    told = []
    memory = SpeechMemory(megabytes, told.append)
    real = ToneSynthesizer(**tone)
    return memory, told, real, RememberingSynthesizer(real, memory, key)


async def pieces(synthesizer, sentence):
    """All that it yields for a sentence."""
    return [piece async for piece in synthesizer.speech(sentence)]


async def test_a_sentence_is_made_once_and_then_said_from_memory_with_its_words():
    """Passed through in its ten pieces, then in one; white space makes no difference."""
    _, told, real, tts = house(words=True)
    first = await pieces(tts, "जी हाँ, बताइए।")
    again = await pieces(tts, " जी  हाँ,\nबताइए। ")
    assert (len(first), len(again)) == (10, 1)
    assert again[0] == joined(first)
    assert [word.text for word in again[0].words] == ["जी", "हाँ,", "बताइए।"]
    assert real.spoken == ["जी हाँ, बताइए।"]
    assert told == ["miss", "hit"]


async def test_the_first_piece_does_not_wait_for_the_last():
    """A sentence that is new comes as it is made."""
    _, _, real, tts = house(first_audio=0.0)
    async with aclosing(tts.speech("जी।")) as speech:
        await anext(speech)
        assert real.closed == 0


async def test_a_sentence_that_was_cut_is_not_remembered():
    """The caller interrupted; the next time it is made anew, and whole."""
    memory, _, real, tts = house()
    async with aclosing(tts.speech("जी।")) as speech:
        await anext(speech)
    assert (memory.size, real.closed) == (0, 1)
    assert len(await pieces(tts, "जी।")) == 10


async def test_a_sentence_that_failed_is_not_remembered():
    """The error passes; what came before it is forgotten."""
    memory, _, real, tts = house(error=ServiceTimeout("tts", "late"))
    with pytest.raises(ServiceTimeout):
        await pieces(tts, "जी।")
    assert memory.size == 0
    real.error = None
    assert await pieces(tts, "जी।")


async def test_a_sentence_without_sound_is_not_remembered():
    """Nothing to say again."""
    memory, _, _, tts = house(seconds=0.0)
    assert await pieces(tts, "…") == []
    assert memory.size == 0


@pytest.mark.parametrize(
    "other",
    [
        key("जी।", voice="ravi"),
        key("जी।", rate=16_000),
        key("जी।", language="en-IN"),
        key("जी।", custom={"speed": "1.1"}),
        key("जी।", sample_rate=22_050),
        key("जी!"),
    ],
)
def test_another_voice_rate_or_text_is_another_sentence(other):
    """All that decides how it sounds is in the key."""
    memory = SpeechMemory(1.0, lambda found: None)
    memory.keep(key("जी।"), Speech(b"\1\0"))
    assert memory.recall(key("जी।"))
    assert memory.recall(other) is None


def test_the_sentence_not_said_for_longest_goes_first():
    """Room for three of a second each: a look-up counts as said."""
    memory = SpeechMemory(0.055, lambda found: None)
    one, two, three, four = (key(text) for text in ("एक", "दो", "तीन", "चार"))
    for each in (one, two, three):
        memory.keep(each, Speech(bytes(SECOND)))
    memory.recall(one)
    memory.keep(four, Speech(bytes(SECOND)))
    assert memory.recall(two) is None
    assert all(map(memory.recall, (one, three, four)))
    assert memory.size <= 55_000


def test_keeping_a_sentence_again_does_not_count_it_twice():
    """Two calls had the same one made at the same time."""
    memory = SpeechMemory(1.0, lambda found: None)
    memory.keep(key("जी।"), Speech(bytes(SECOND)))
    size = memory.size
    memory.keep(key("जी।"), Speech(bytes(SECOND), (Word("जी।", 1.0),)))
    assert size < memory.size < 1.1 * size


def test_what_is_too_long_or_too_large_is_not_remembered():
    """Long sentences are hardly said twice; one that fills the whole room pushes nothing out."""
    memory = SpeechMemory(0.02, lambda found: None)
    memory.keep(key("ज" * (LONGEST + 1)), Speech(bytes(100)))
    memory.keep(key("जी।"), Speech(bytes(SECOND * 2)))
    assert memory.size == 0


async def test_with_no_memory_only_the_bots_own_is_remembered():
    """`riva.tts.memory_mb: 0`."""
    memory, told, _, tts = house(megabytes=0.0)
    await pieces(tts, "जी।")
    assert memory.size == 0
    memory.keep_own(key("नमस्ते"), Speech(b"\1\0"))
    assert await pieces(tts, "नमस्ते") == [Speech(b"\1\0")]
    assert told == ["miss", "hit"]


def test_the_bots_own_is_never_pushed_out():
    """Whatever the calls say."""
    memory = SpeechMemory(0.02, lambda found: None)
    memory.keep_own(key("नमस्ते"), Speech(b"\1\0"))
    for number in range(50):
        memory.keep(replace(key("जी।"), text=str(number)), Speech(bytes(SECOND)))
    assert memory.recall(key("नमस्ते")) == Speech(b"\1\0")
