"""One reply, where whole calls (test_call.py) do not show it."""

import asyncio

import pytest

from bot.call.phrasebook import Phrase, Phrasebook
from bot.call.playout import Playout
from bot.call.reply import answer, say
from bot.core.errors import ServiceUnavailable
from bot.core.events import Ending
from bot.core.marks import Mark, Marks
from bot.core.ports import Speech, ToolCall
from tests.fakes import PHRASES, ScriptedModel, ToneSynthesizer


async def reply(make):
    """Run what `make(playout, marks)` gives; return its result, what was heard, the marks."""
    playout, marks = Playout(8000, lambda frame: None), Marks()
    clock = asyncio.create_task(playout.run())
    try:
        result = await make(playout, marks)
        await asyncio.sleep(0.05)
        return result, playout.stop(), marks.at
    finally:
        clock.cancel()


async def test_an_answer_marks_its_token_sentence_and_audio():
    """Model 0.2 s, synthesis 0.1 s: each mark is made by the first of its kind."""
    model, voice = ScriptedModel([["जी, ", "हाँ।", " और?"]]), ToneSynthesizer()
    wish, heard, marks = await reply(lambda *way: answer((), model, voice, *way))
    assert (wish, heard) == (None, "जी, हाँ। और?")
    assert voice.spoken == ["जी, हाँ।", "और?"]
    assert marks[Mark.FIRST_TOKEN] == marks[Mark.FIRST_SENTENCE] == pytest.approx(0.2)
    assert marks[Mark.FIRST_AUDIO] == pytest.approx(0.3)


async def test_a_model_that_only_wishes_is_obeyed_in_silence():
    """A tool call without words; tools that nobody offered are ignored."""
    model = ScriptedModel([[ToolCall("order_pizza"), ToolCall("transfer"), ToolCall("hang_up")]])
    wish, heard, _ = await reply(lambda *way: answer((), model, ToneSynthesizer(), *way))
    assert (wish, heard) == (Ending.TRANSFER, "")


async def test_a_model_that_says_nothing_failed():
    """Silence is not an answer."""
    with pytest.raises(ServiceUnavailable, match="said nothing"):
        await reply(lambda *way: answer((), ScriptedModel(["…"]), ToneSynthesizer(), *way))


async def test_a_recorded_phrase_counts_once_when_its_synthesis_failed():
    """What was heard is the phrase, not the phrase twice."""
    recording = {(Phrase.APOLOGY, 8000): Speech(b"\1\0" * 8000)}
    book, mute = Phrasebook(PHRASES, recorded=recording), ServiceUnavailable("tts", "down")
    voice = ToneSynthesizer(error=mute)
    _, heard, _ = await reply(lambda *way: say(Phrase.APOLOGY, 8000, book, voice, *way))
    assert heard == PHRASES[Phrase.APOLOGY]
