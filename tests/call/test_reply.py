"""One reply, where whole calls (test_call.py) do not show it."""

import asyncio

import pytest

from bot.call.mouth import Voice
from bot.call.phrasebook import Phrase, Phrasebook
from bot.call.playout import Playout
from bot.call.reply import Reply
from bot.core.errors import ServiceUnavailable
from bot.core.events import Ending
from bot.core.marks import Mark
from bot.core.ports import Speech, ToolCall
from tests.fakes import PHRASES, ScriptedModel, ToneSynthesizer


async def reply(make, synthesizer, book=None):
    """Run what `make(reply)` gives; return its result, what was heard, the marks."""
    playout = Playout(8000, lambda frame: None)
    saying = Reply(Voice(8000, book or Phrasebook(PHRASES), synthesizer, playout))
    saying.may_sound.set()
    clock = asyncio.create_task(playout.run())
    try:
        result = await make(saying)
        await asyncio.sleep(0.05)
        return result, playout.stop(), saying.marks.at
    finally:
        clock.cancel()


async def test_an_answer_marks_its_token_sentence_and_audio():
    """Model 0.2 s, synthesis 0.1 s: each mark is made by the first of its kind."""
    model, voice = ScriptedModel([["जी, ", "हाँ।", " और?"]]), ToneSynthesizer()
    wish, heard, marks = await reply(lambda one: one.answer((), model), voice)
    assert (wish, heard) == (None, "जी, हाँ। और?")
    assert voice.spoken == ["जी, हाँ।", "और?"]
    assert marks[Mark.FIRST_TOKEN] == marks[Mark.FIRST_SENTENCE] == pytest.approx(0.2)
    assert marks[Mark.FIRST_AUDIO] == pytest.approx(0.3)


async def test_the_synthesizer_gets_ready_at_the_first_word_of_an_answer():
    """Once an answer, and not for a tool alone."""
    voice = ToneSynthesizer()
    await reply(lambda one: one.answer((), ScriptedModel([["जी, ", "हाँ।", " और?"]])), voice)
    assert voice.warmed == 1
    await reply(lambda one: one.answer((), ScriptedModel([[ToolCall("hang_up")]])), voice)
    assert voice.warmed == 1


async def test_a_model_that_only_wishes_is_obeyed_in_silence():
    """A tool call without words; tools that nobody offered are ignored."""
    model = ScriptedModel([[ToolCall("order_pizza"), ToolCall("transfer"), ToolCall("hang_up")]])
    wish, heard, _ = await reply(lambda one: one.answer((), model), ToneSynthesizer())
    assert (wish, heard) == (Ending.TRANSFER, "")


async def test_a_model_that_says_nothing_failed():
    """Silence is not an answer."""
    with pytest.raises(ServiceUnavailable, match="said nothing"):
        await reply(lambda one: one.answer((), ScriptedModel(["…"])), ToneSynthesizer())


async def test_a_recorded_phrase_counts_once_when_its_synthesis_failed():
    """What was heard is the phrase, not the phrase twice."""
    recording = {(Phrase.APOLOGY, 8000): Speech(b"\1\0" * 8000)}
    book, mute = Phrasebook(PHRASES, recorded=recording), ServiceUnavailable("tts", "down")
    voice = ToneSynthesizer(error=mute)
    _, heard, _ = await reply(lambda one: one.say(Phrase.APOLOGY), voice, book)
    assert heard == PHRASES[Phrase.APOLOGY]


async def test_a_reply_that_may_not_sound_yet_gets_ready_and_waits():
    """The first audio is there, nothing has left; then it leaves at once."""
    frames = []
    playout = Playout(8000, frames.append)
    early = Reply(Voice(8000, Phrasebook(PHRASES), ToneSynthesizer(), playout))
    clock = asyncio.create_task(playout.run())
    task = asyncio.create_task(early.answer((), ScriptedModel(["जी।"])))
    await asyncio.sleep(5)
    assert Mark.FIRST_AUDIO in early.marks.at
    assert not any(map(any, frames))
    early.may_sound.set()
    await asyncio.sleep(0.05)
    assert any(frames[-1])
    task.cancel()
    clock.cancel()


BILL = "आपका बिल ₹1,250 है।"
SAID = "आपका बिल एक हज़ार दो सौ पचास रुपये है।"


async def heard_after(seconds, words):
    """What of the bill was heard after so many seconds of its nine, one for each spoken word."""
    playout = Playout(8000, lambda frame: None)
    voice = ToneSynthesizer(first_audio=0.0, seconds=9.0, words=words)
    saying = Reply(Voice(8000, Phrasebook(PHRASES), voice, playout))
    saying.may_sound.set()
    clock = asyncio.create_task(playout.run())
    model = ScriptedModel([[BILL]], first_token=0.0)
    answer = asyncio.create_task(saying.answer((), model))
    try:
        await asyncio.sleep(seconds)
        return playout.stop(), voice.spoken
    finally:
        answer.cancel()
        clock.cancel()


@pytest.mark.parametrize(
    ("seconds", "heard"),
    [(2.5, "आपका बिल"), (7.5, "आपका बिल"), (8.5, "आपका बिल ₹1,250"), (9.5, BILL)],
)
async def test_an_amount_is_said_in_words_and_heard_as_it_was_written(seconds, heard):
    """The synthesizer has spoken words, the history written ones; half an amount was not heard."""
    assert await heard_after(seconds, words=True) == (heard, [SAID])


@pytest.mark.parametrize(("seconds", "heard"), [(4.0, "आपका बिल"), (9.5, BILL)])
async def test_without_word_times_the_spoken_words_are_estimated(seconds, heard):
    """By the sounds of what is said, not of what is written."""
    assert await heard_after(seconds, words=False) == (heard, [SAID])


async def test_a_lexicon_may_be_missing():
    """Then the synthesizer is given what is written."""
    model, voice = ScriptedModel([[BILL]]), ToneSynthesizer()
    book = Phrasebook(PHRASES, lexicon=None)
    _, heard, _ = await reply(lambda one: one.answer((), model), voice, book)
    assert (heard, voice.spoken) == (BILL, [BILL])


async def test_figures_know_the_clause_before_them():
    """The first clause is cut off at its comma; what follows is an order's number still."""
    model, voice = ScriptedModel([["आपका ऑर्डर नंबर, ", "4521 है।"]]), ToneSynthesizer()
    _, heard, _ = await reply(lambda one: one.answer((), model), voice)
    assert voice.spoken == ["आपका ऑर्डर नंबर,", "चार पाँच दो एक है।"]
    assert heard == "आपका ऑर्डर नंबर, 4521 है।"
