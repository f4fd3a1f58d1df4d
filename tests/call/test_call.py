"""Whole calls, on scripted services and virtual time. The greeting lasts one second."""

import pytest

from bot.call.phrasebook import Phrase, Phrasebook
from bot.config import TurnSettings
from bot.core.errors import ServiceTimeout, ServiceUnavailable
from bot.core.events import Ending, Transcript
from bot.core.marks import Mark
from bot.core.ports import Speech, ToolCall
from tests.fakes import PHRASES, FakeLine, ScriptedModel, ScriptedRecognizer, Story, ToneSynthesizer


def about(seconds, within=0.05):
    """A time to within a frame or two."""
    return pytest.approx(seconds, abs=within)


async def test_silence_flows_from_the_first_millisecond_and_never_stops():
    """A frame leaves every 20 ms from 0.0 on, sound or not."""
    story = await Story(FakeLine(5.0)).run()
    times = [at for at, _ in story.line.sent]
    assert times[0] == 0.0
    gaps = {round(b - a, 4) for a, b in zip(times, times[1:], strict=False)}
    assert gaps == {0.02}
    assert len(times) == about(250, 2)


async def test_the_bot_greets_at_once():
    """The greeting sounds after the synthesizer's first audio, 0.1 s."""
    story = await Story(FakeLine(3.0)).run()
    assert story.line.sounding()[0] == about(0.1)
    assert story.synthesizer.spoken == [PHRASES[Phrase.GREETING]]
    assert story.ending is Ending.CALLER_LEFT


async def test_a_greeting_that_is_ready_needs_no_synthesizer():
    """A phrase in the book plays in the first frames."""
    ready = {(Phrase.GREETING, 8000): Speech(b"\1\0" * 8000)}
    story = await Story(FakeLine(3.0), book=Phrasebook(PHRASES, ready)).run()
    assert story.line.sounding()[0] < 0.04
    assert story.synthesizer.spoken == []


async def test_the_answer_comes_after_pause_model_and_synthesis():
    """Speech ends at 3.0: 0.7 s pause, 0.2 s model and 0.1 s synthesis later we speak."""
    story = await Story(
        FakeLine(6.0, voice=[(2.0, 3.0)]),
        ScriptedRecognizer([(3.4, Transcript("मेरा बिल", True))]),
        ScriptedModel(["जी, बताती हूँ।"]),
    ).run()
    answer = [at for at in story.line.sounding() if at > 2.0]
    assert answer[0] == about(4.0)
    turn = story.turns[1]
    assert (turn.heard, turn.said) == ("मेरा बिल", "जी, बताती हूँ।")
    intervals = turn.marks.intervals()
    assert intervals["turnaround"] == about(1.0)
    assert intervals["response"] == about(0.3)
    assert intervals["recognition"] == about(0.4)


async def test_the_recogniser_is_asked_for_its_last_words_as_soon_as_the_caller_is_silent():
    """The end of utterance is sent one hang-over after the last sound."""
    recognizer = ScriptedRecognizer([(3.4, Transcript("हाँ", True))])
    await Story(FakeLine(5.0, voice=[(2.0, 3.0)]), recognizer).run()
    assert recognizer.finalized == [about(3.2)]


async def test_a_late_final_is_waited_for():
    """The pause is over at 3.7, the words come at 4.5: the answer starts then."""
    story = await Story(
        FakeLine(7.0, voice=[(2.0, 3.0)]),
        ScriptedRecognizer([(2.5, Transcript("मे", False)), (4.5, Transcript("मेरा", True))]),
    ).run()
    assert [t.heard for t in story.turns] == ["", "मेरा"]
    assert story.turns[1].marks.at[Mark.TURN_ENDED] == about(4.5)


async def test_without_a_final_the_interim_words_are_answered():
    """The recogniser never finishes: after the final's time-out we take what we have."""
    story = await Story(
        FakeLine(9.0, voice=[(2.0, 3.0)]),
        ScriptedRecognizer([(2.5, Transcript("मेरा", False))]),
    ).run()
    assert story.turns[1].heard == "मेरा"
    assert story.turns[1].marks.at[Mark.TURN_ENDED] == about(3.7 + 2.5)


async def test_a_caller_who_goes_on_is_not_answered_in_between():
    """A pause of 0.5 s is no end of turn; both halves are answered together."""
    story = await Story(
        FakeLine(7.0, voice=[(2.0, 3.0), (3.5, 4.0)]),
        ScriptedRecognizer([(3.3, Transcript("मेरा", True)), (4.4, Transcript("बिल", True))]),
    ).run()
    assert [t.heard for t in story.turns] == ["", "मेरा बिल"]


async def test_barge_in_silences_within_a_frame_of_the_decision():
    """The caller speaks over a long answer: the sound ends one frame after the mark at most."""
    story = await Story(
        FakeLine(9.0, voice=[(2.0, 3.0), (5.0, 6.0)]),
        ScriptedRecognizer([(3.4, Transcript("क", True)), (6.3, Transcript("रुको", True))]),
        ScriptedModel(["एक। दो। तीन। चार। पाँच।"]),
    ).run()
    marks = story.turns[1].marks
    assert story.turns[1].interrupted
    assert marks.at[Mark.BARGE_IN] == about(5.2, 0.06)
    assert 0 <= marks.intervals()["silencing"] <= 0.021
    assert not [at for at in story.line.sounding() if marks.at[Mark.SILENCED] <= at < 6.7]


async def test_history_keeps_only_what_was_heard():
    """The answer began at 4.0 and was cut at 5.3: one sentence and part of the next were heard."""
    model = ScriptedModel(["एक दो। तीन चार। पाँच छह। सात आठ। नौ दस।"])
    await Story(
        FakeLine(9.0, voice=[(2.0, 3.0), (5.0, 6.0)]),
        ScriptedRecognizer([(3.4, Transcript("क", True)), (6.3, Transcript("रुको", True))]),
        model,
    ).run()
    said = [(m.role, m.content) for m in model.asked[1]]
    assert said[:2] == [("assistant", PHRASES[Phrase.GREETING]), ("user", "क")]
    assert said[2][1] in ("एक दो।", "एक दो। तीन")
    assert said[3] == ("user", "रुको")


async def test_with_word_times_history_is_exact():
    """Four words a second from 4.0 on, cut at 5.2: four words were over."""
    model = ScriptedModel(["एक दो तीन चार। पाँच छह सात आठ। नौ।"])
    story = await Story(
        FakeLine(9.0, voice=[(2.0, 3.0), (5.0, 6.0)]),
        ScriptedRecognizer([(3.4, Transcript("क", True)), (6.3, Transcript("रुको", True))]),
        model,
        ToneSynthesizer(words=True, first_audio=0.1),
    ).run()
    assert story.turns[1].said == "एक दो तीन चार।"
    assert [m.content for m in model.asked[1]][-2:] == ["एक दो तीन चार।", "रुको"]


async def test_barge_in_closes_the_streams_of_model_and_synthesizer():
    """Nothing goes on behind a cut reply."""
    model, synthesizer = ScriptedModel(["एक। दो। तीन। चार। पाँच।"]), ToneSynthesizer()
    await Story(
        FakeLine(6.0, voice=[(2.0, 3.0), (5.0, 5.9)]),
        ScriptedRecognizer([(3.4, Transcript("क", True))]),
        model,
        synthesizer,
    ).run()
    assert model.closed == len(model.asked) == 1
    assert synthesizer.closed == len(synthesizer.spoken)


async def test_a_cough_does_not_stop_the_bot():
    """0.15 s of noise over our voice: the answer goes on."""
    story = await Story(
        FakeLine(9.0, voice=[(2.0, 3.0), (4.5, 4.65)]),
        ScriptedRecognizer([(3.4, Transcript("क", True))]),
        ScriptedModel(["एक। दो। तीन।"]),
    ).run()
    assert not story.turns[1].interrupted
    assert story.turns[1].said == "एक। दो। तीन।"


async def test_a_noise_without_words_is_not_answered():
    """The recogniser says that the utterance was nothing: we go on listening."""
    model = ScriptedModel(["जी।"])
    await Story(
        FakeLine(6.0, voice=[(2.0, 2.5)]), ScriptedRecognizer([(3.0, Transcript("", True))]), model
    ).run()
    assert model.asked == []


async def test_a_key_is_answered_at_once():
    """A digit needs no pause, and stops what we are saying."""
    model = ScriptedModel(["जी।"])
    story = await Story(FakeLine(4.0, keys=[(0.5, "5")]), model=model).run()
    assert model.asked[0][-1].content == "[keys: 5]"
    assert story.turns[0].interrupted
    assert story.turns[1].marks.at[Mark.TURN_ENDED] == about(0.5)


async def test_a_failed_answer_is_an_apology_and_the_call_goes_on():
    """The model fails once: the caller hears why, asks again and is answered."""
    story = await Story(
        FakeLine(12.0, voice=[(2.0, 3.0), (7.0, 8.0)]),
        ScriptedRecognizer([(3.4, Transcript("क", True)), (8.4, Transcript("ख", True))]),
        ScriptedModel([ServiceTimeout("llm", "no token"), "जी।"]),
    ).run()
    assert [t.phrase for t in story.turns] == [Phrase.GREETING, None, Phrase.APOLOGY, None]
    assert isinstance(story.turns[1].error, ServiceTimeout)
    assert story.turns[3].said == "जी।"


async def test_what_was_synthesized_before_a_failure_is_heard_before_the_apology():
    """The model fails after its first sentence: that second of speech is not cut."""
    story = await Story(
        FakeLine(6.0, keys=[(1.5, "1")]),
        model=ScriptedModel([["एक दो। ", ServiceTimeout("llm", "no token")]]),
    ).run()
    assert story.turns[1].said == "एक दो।"
    assert story.turns[2].phrase is Phrase.APOLOGY


async def test_without_a_synthesizer_the_recordings_speak_and_a_person_takes_over():
    """Everything that needs synthesis fails: recordings are heard, then the call is handed on."""
    recorded = {(phrase, 8000): Speech(b"\1\0" * 8000) for phrase in (Phrase.GREETING,
                Phrase.APOLOGY, Phrase.GIVE_UP)}  # fmt: skip
    keys = [(2.0, "1"), (5.0, "1"), (8.0, "1")]
    story = await Story(
        FakeLine(60.0, keys=keys),
        synthesizer=ToneSynthesizer(error=ServiceUnavailable("tts", "down")),
        settings=TurnSettings(max_failures=3),
        book=Phrasebook(PHRASES, recorded=recorded),
    ).run()
    assert story.line.sounding()[0] == about(0.1)
    assert [t.phrase for t in story.turns if t.said][-1] is Phrase.GIVE_UP
    assert story.ending is Ending.TRANSFER


async def test_a_bot_without_any_voice_gives_the_call_back():
    """No synthesizer and no recordings: after the failures the call goes to a person."""
    story = await Story(
        FakeLine(60.0), synthesizer=ToneSynthesizer(error=ServiceUnavailable("tts", "down"))
    ).run()
    assert story.ending is Ending.TRANSFER
    assert story.line.sent[-1][0] < 5.0


async def test_a_silent_caller_is_asked_twice_and_then_bidden_goodbye():
    """8 s of silence each time, then the goodbye and our hang-up."""
    story = await Story(FakeLine(120.0)).run()
    phrases = [t.phrase for t in story.turns]
    assert phrases == [Phrase.GREETING, Phrase.SILENCE, Phrase.SILENCE, Phrase.GOODBYE]
    assert story.ending is Ending.HANG_UP
    assert story.line.sent[-1][0] == about(3 * 8 + 4 * 1.1 + 0.2, 0.2)


async def test_the_longest_call_ends_politely():
    """At the limit we say so and hang up."""
    story = await Story(FakeLine(60.0), settings=TurnSettings(max_call=5.0)).run()
    assert story.turns[-1].phrase is Phrase.TOO_LONG
    assert story.ending is Ending.HANG_UP
    assert story.line.sent[-1][0] == about(6.3, 0.1)


async def test_a_bot_that_cannot_hear_hands_the_call_on():
    """The recogniser gives up: we say so, and a person takes over."""
    story = await Story(
        FakeLine(60.0), ScriptedRecognizer(error=ServiceUnavailable("asr", "down"))
    ).run()
    assert story.turns[-1].phrase is Phrase.GIVE_UP
    assert story.ending is Ending.TRANSFER


@pytest.mark.parametrize(
    ("tool", "ending"), [("hang_up", Ending.HANG_UP), ("transfer", Ending.TRANSFER)]
)
async def test_a_tool_is_done_after_the_words_were_spoken(tool, ending):
    """The model says goodbye and calls the tool: the caller hears all of it first."""
    story = await Story(
        FakeLine(60.0, keys=[(1.5, "9")]), model=ScriptedModel([["धन्यवाद।", ToolCall(tool)]])
    ).run()
    assert story.ending is ending
    assert story.turns[-1].said == "धन्यवाद।"
    assert story.line.sounding()[-1] == about(1.5 + 0.2 + 0.1 + 1.0)
    assert story.line.sent[-1][0] >= story.line.sounding()[-1] + 0.15


async def test_a_hang_up_in_mid_answer_closes_everything():
    """The caller leaves while we speak: no stream is left open."""
    model, synthesizer, recognizer = (
        ScriptedModel(["एक। दो। तीन।"]), ToneSynthesizer(), ScriptedRecognizer())  # fmt: skip
    story = await Story(FakeLine(2.0, keys=[(1.2, "1")]), recognizer, model, synthesizer).run()
    assert story.ending is Ending.CALLER_LEFT
    assert recognizer.closed
    assert model.closed == 1
    assert synthesizer.closed == len(synthesizer.spoken)


async def test_a_bug_in_an_adapter_ends_the_call_with_an_exception():
    """What nobody foresaw is not swallowed: the owner of the call sees it."""
    with pytest.raises(ExceptionGroup):
        await Story(
            FakeLine(5.0, keys=[(1.2, "1")]), model=ScriptedModel([ZeroDivisionError()])
        ).run()


async def test_a_wideband_call_plays_frames_of_640_bytes():
    """At 16 kHz all frames are 20 ms long, too."""
    story = await Story(FakeLine(2.0, rate=16000), synthesizer=ToneSynthesizer(rate=16000)).run()
    assert {len(frame) for _, frame in story.line.sent} == {640}
    assert story.line.sounding()[-1] - story.line.sounding()[0] == about(1.0)
