"""Turn-taking in whole calls, scripted, on virtual time. The greeting lasts a second."""

import asyncio

import pytest

from bot.call.actions import Answer, Discard, Given, GoOn, Hush, Interrupt, Lower, Prepare
from bot.call.phrasebook import Phrase, Phrasebook
from bot.config import FillerSettings, IdleSettings, TurnSettings
from bot.core.events import Ending, Transcript
from bot.core.marks import Mark
from bot.core.ports import Speech, ToolCall
from tests.fakes import (
    PHRASES,
    FakeLine,
    ScriptedModel,
    ScriptedRecognizer,
    Story,
    ToneSynthesizer,
)
from tests.virtual_loop import VirtualLoop

OURS = TurnSettings()
ASK = (3.3, Transcript("मेरा बिल कितना है", True))
"""The caller asks from 2.0 to 3.0; the words come at 3.3."""
LONG = "पहला वाक्य यह है। दूसरा वाक्य यह है। तीसरा वाक्य यह है। चौथा वाक्य यह है।"
"""Four seconds of explanation, a second a sentence."""


def about(seconds, within=0.05):
    """A time to within a frame or two."""
    return pytest.approx(seconds, abs=within)


def level(frame):
    """The loudness of a frame of tone."""
    return int.from_bytes(frame[:2], "little", signed=True)


class LoudSynthesizer(ToneSynthesizer):
    """A tone that can be heard to be lowered, and whose words are timed."""

    async def speech(self, sentence):
        """The same sound, louder."""
        async for piece in super().speech(sentence):
            yield Speech((1000).to_bytes(2, "little") * (len(piece.pcm) // 2), piece.words)


def told(story):
    """The story, told from second zero of a clock of its own."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(story.run())


def call(seconds, over=(), words=(), answers=(LONG,), settings=OURS, **line):
    """A caller asks, is answered at length from about 3.6 on, and speaks over that."""
    return Story(
        FakeLine(seconds, voice=[(2.0, 3.0), *over], **line),
        ScriptedRecognizer([ASK, *words]),
        ScriptedModel(list(answers)),
        LoudSynthesizer(words=True),
        settings,
    )


# The end of a turn.


def test_a_finished_question_is_answered_soon_and_an_unfinished_one_later():
    """The words alone make the difference between the two pauses."""
    waits = []
    for text in ("मेरा बिल कितना है", "मेरा बिल कितना है और"):
        story = told(
            Story(
                FakeLine(9.0, voice=[(2.0, 3.0)]),
                ScriptedRecognizer([(3.25, Transcript(text, True))]),
                settings=OURS,
            )
        )
        waits.append(story.turns[1].marks.intervals()["endpoint"])
    assert waits[0] == about(0.3)
    assert waits[1] > waits[0] + 0.8


# Starting early.


async def test_an_answer_that_is_begun_early_sounds_when_the_turn_is_over():
    """The model is asked when the words come; by the end of the pause the sound is ready."""
    slow = TurnSettings(end_of_turn={"base": 1.0, "finished": 0})
    story = await call(10.0, settings=slow).run()
    marks = story.turns[1].marks
    assert marks.at[Mark.ASKED] == about(3.3)
    assert marks.at[Mark.FIRST_AUDIO] == about(3.6)
    assert marks.at[Mark.TURN_ENDED] == about(4.0)
    assert marks.at[Mark.FIRST_FRAME] == about(4.0)
    assert marks.intervals()["head_start"] == about(0.7)
    assert len(story.model.asked) == 1


async def test_an_early_answer_is_discarded_without_trace_when_the_caller_goes_on():
    """Nothing of it sounds, it is not in the history, and its tokens are counted."""
    slow = TurnSettings(end_of_turn={"base": 1.0, "finished": 0})
    more = (4.8, Transcript("पिछले महीने का बताइए", True))
    story = await call(9.0, [(3.8, 4.5)], [more], ["ग़लत जवाब।", "सही जवाब।"], slow).run()
    assert [kind for _, kind in story.actions if isinstance(kind, Prepare | Discard)] == [
        Prepare(ASK[1].text), Discard(), Prepare(f"{ASK[1].text} पिछले महीने का बताइए")]  # fmt: skip
    assert [turn.said for turn in story.turns[1:]] == ["सही जवाब।"]
    assert [(m.role, m.content) for m in story.model.asked[1]] == [
        ("assistant", PHRASES[Phrase.GREETING]),
        ("user", "मेरा बिल कितना है पिछले महीने का बताइए"),
    ]
    assert story.discarded == [1]
    assert story.model.closed == 2


async def test_an_early_answer_to_an_interim_is_kept_when_the_final_says_the_same():
    """The model is asked once, before the final words, with their question mark, are there."""
    story = await Story(
        FakeLine(9.0, voice=[(2.0, 3.0)]),
        ScriptedRecognizer(
            [(2.9, Transcript(ASK[1].text, False, 0.9)), (3.3, Transcript(f"{ASK[1].text}?", True))]
        ),
        settings=OURS,
    ).run()
    assert story.turns[1].heard == "मेरा बिल कितना है?"
    assert story.turns[1].marks.at[Mark.ASKED] == about(3.2)
    assert len(story.model.asked) == 1
    assert story.discarded == []


def test_the_turn_costs_less_than_the_sum_of_its_parts():
    """The same call with and without an early start: the difference is the wait for the end."""
    took = []
    for early in (False, True):
        settings = TurnSettings(
            early_start=early, end_of_turn={"base": 0.9, "finished": 0}, filler={"texts": ()}
        )
        story = told(call(10.0, settings=settings))
        took.append(story.turns[1].marks.intervals()["turnaround"])
    assert took[0] == about(0.9 + 0.3)
    assert took[1] == about(0.9)


# Speech over our voice.


async def test_speech_first_lowers_our_voice_then_stops_it():
    """The caller speaks over us from 5.0 on: quieter from 5.08, silent from 5.16."""
    words = [(5.8, Transcript("नहीं सुनिए", False)), (6.5, Transcript("नहीं सुनिए", True))]
    story = await call(9.0, [(5.0, 6.0)], words).run()
    frames = {round(at, 2): level(frame) for at, frame in story.line.sent}
    assert frames[5.0] == 1000
    assert 0 < frames[5.1] < 300
    assert frames[5.18] == 0
    assert story.turns[1].interrupted
    assert story.when(Lower)[0] < story.when(Hush)[0] < story.when(Interrupt)[0] == about(5.8)
    assert story.turns[1].marks.intervals()["silencing"] <= 0.021
    assert story.turns[2].heard == "नहीं सुनिए"


async def test_a_false_alarm_resumes_the_sentence_where_it_was():
    """A cough of half a second, no words: the reply is said whole, and nothing twice but a word."""
    story = await call(12.0, [(5.0, 5.5)], [(6.0, Transcript("", True))]).run()
    assert story.when(Hush) and story.when(GoOn) == [about(6.0)]
    turn = story.turns[1]
    assert not turn.interrupted
    assert turn.said == LONG
    sounding = [at for at in story.line.sounding() if at > 3.0]
    assert len(sounding) * 0.02 == about(4.0, within=0.4)
    assert not [at for at in sounding if 5.3 < at < 5.95]


async def test_a_nod_does_not_stop_us():
    """ "अच्छा" over an explanation: we go on, and nobody answers it."""
    story = await call(12.0, [(5.0, 5.4)], [(5.8, Transcript("अच्छा", True))]).run()
    assert story.turns[1].said == LONG
    assert len(story.model.asked) == 1


async def test_a_nod_after_a_question_is_the_answer():
    """ "हाँ" over "shall I send it?" is answered."""
    question = "आपका बिल पाँच सौ रुपये है। क्या मैं उसे अभी भेज दूँ?"
    yes = (5.6, Transcript("हाँ", True))
    story = await call(12.0, [(4.8, 5.2)], [yes], [question, "भेज दिया।"]).run()
    assert [turn.heard for turn in story.turns][2] == "हाँ"


async def test_we_are_silent_for_as_long_as_somebody_surely_speaks():
    """The recogniser gives no word before the end: three seconds of silence, then its words."""
    words = [(8.4, Transcript("नहीं सुनिए", True))]
    story = await call(12.0, [(5.0, 8.0)], words).run()
    assert story.when(Interrupt) == [about(8.4)]
    assert not [at for at in story.line.sounding() if 5.3 < at < 8.4]
    assert story.turns[2].heard == "नहीं सुनिए"


async def test_the_word_that_was_cut_is_not_in_the_history():
    """Four words a second from 3.6 on, silent from 5.2 on: six words were over."""
    words = [(5.4, Transcript("नहीं सुनिए", False)), (6.5, Transcript("नहीं सुनिए", True))]
    story = await call(9.0, [(5.0, 6.0)], words).run()
    said = story.turns[1].said
    begun = story.turns[1].marks.at[Mark.FIRST_FRAME]
    heard = sum(begun <= at < 5.3 for at in story.line.sounding()) * 0.02
    assert len(said.split()) == int(heard / 0.25)
    assert LONG.startswith(said)
    assert [m.content for m in story.model.asked[1]][-2:] == [said, "नहीं सुनिए"]


async def test_a_notice_is_said_to_its_end():
    """The caller speaks over it, and is answered after it."""
    book = Phrasebook(PHRASES | {Phrase.NOTICE: "यह कॉल रिकॉर्ड हो रही है।"})
    story = await Story(
        FakeLine(8.0, voice=[(0.3, 0.7)]),
        ScriptedRecognizer([(1.05, Transcript("मेरा बिल कितना है", True))]),
        ScriptedModel(["जी।"]),
        settings=OURS,
        book=book,
    ).run()
    assert story.turns[0].said == "यह कॉल रिकॉर्ड हो रही है।"
    assert not story.turns[0].interrupted
    assert story.turns[1].heard == "मेरा बिल कितना है"


async def test_a_caller_who_goes_on_while_we_think_is_answered_once_and_whole():
    """The pause was long enough, but the answer had not sounded: it is given up."""
    more = [(4.1, Transcript("पिछले महीने का", False)), (5.0, Transcript("पिछले महीने का बताइए", True))]
    story = Story(
        FakeLine(9.0, voice=[(2.0, 3.0), (3.5, 4.5)]),
        ScriptedRecognizer([ASK, *more]),
        ScriptedModel(["जी।"], first_token=1.5),
        settings=TurnSettings(filler=FillerSettings(texts=())),
    )
    await story.run()
    assert [turn.said for turn in story.turns if turn.said] == [PHRASES[Phrase.GREETING], "जी।"]
    assert story.model.asked[-1][-1].content == "मेरा बिल कितना है पिछले महीने का बताइए"


# Hiding latency.


async def test_a_late_answer_is_covered_by_a_filler():
    """The model takes two seconds: at one second after the caller we say that we are at it."""
    story = await Story(
        FakeLine(9.0, voice=[(2.0, 3.0)]),
        ScriptedRecognizer([ASK]),
        ScriptedModel(["जी।"], first_token=2.0),
        settings=OURS,
    ).run()
    marks = story.turns[1].marks.at
    assert marks[Mark.FILLER] == about(4.1)
    assert marks[Mark.FIRST_FRAME] == about(5.4)
    assert story.turns[1].said == f"{OURS.filler.texts[0]} जी।"


async def test_no_filler_when_the_answer_is_in_time():
    """Nothing comes between the caller and a quick answer."""
    story = await call(9.0).run()
    assert Mark.FILLER not in story.turns[1].marks.at


async def test_a_filler_is_never_said_in_two_answers_running():
    """Three late answers: the first and the third have one, and not the same."""
    asks = [(when + 0.3, Transcript("मेरा बिल कितना है", True)) for when in (3.0, 9.0, 15.0)]
    story = await Story(
        FakeLine(22.0, voice=[(2.0, 3.0), (8.0, 9.0), (14.0, 15.0)]),
        ScriptedRecognizer(asks),
        ScriptedModel(["जी।"], first_token=2.0),
        settings=OURS,
    ).run()
    fillers = OURS.filler.texts
    assert [turn.said for turn in story.turns[1:]] == [
        f"{fillers[0]} जी।", "जी।", f"{fillers[1]} जी।"]  # fmt: skip


async def test_the_first_clause_of_an_answer_is_spoken_before_the_rest_is_written():
    """The model has written no whole sentence yet: the clause is already spoken."""
    story = await call(9.0, answers=[["जी हाँ, ", "आपका ", "बिल ", "भर गया।"]]).run()
    assert story.synthesizer.spoken[1:] == ["जी हाँ,", "आपका बिल भर गया।"]
    assert story.turns[1].said == "जी हाँ, आपका बिल भर गया।"


# A number.


async def test_a_number_is_collected_by_keys_and_voice_without_the_model():
    """Two keys, two spoken digits, read back, yes: the model is asked again only then."""
    story = await Story(
        FakeLine(30.0, voice=[(2.0, 3.0), (8.0, 9.0), (16.0, 16.5)], keys=[(6.0, "1"), (6.3, "2")]),
        ScriptedRecognizer(
            [
                ASK,
                (9.3, Transcript("तीन चार", True)),
                (16.8, Transcript("हाँ", True)),
            ]
        ),
        ScriptedModel(
            [
                [
                    "अपना खाता नंबर बताइए।",
                    ToolCall("collect_number", {"name": "account", "digits": "4", "secret": "no"}),
                ],
                "मिल गया।",
            ]
        ),
        settings=OURS,
    ).run()
    assert [turn.heard for turn in story.turns][3] == "[account: 1234]"
    assert story.model.asked[1][-1].content == "[account: 1234]"
    assert len(story.model.asked) == 2


async def test_a_secret_number_is_in_no_report():
    """The model learns it; logs and records do not."""
    wanted = ToolCall("collect_number", {"name": "pin", "digits": "4", "secret": "true"})
    story = await Story(
        FakeLine(
            30.0, voice=[(2.0, 3.0), (14.0, 14.5)], keys=[(6.0 + n / 4, "7") for n in range(4)]
        ),
        ScriptedRecognizer([ASK, (14.8, Transcript("हाँ जी सही है", True))]),
        ScriptedModel([["अपना पिन दबाइए।", wanted], "मिल गया।"]),
        settings=OURS,
    ).run()
    assert story.model.asked[1][-1].content == "[pin: 7777]"
    assert not [turn for turn in story.turns if "7777" in turn.heard + turn.said]
    [given] = [action.given for _, action in story.actions if getattr(action, "given", None)]
    assert given == Given("pin", "****", secret=True)


async def test_who_records_is_told_from_when_to_when_a_secret_is_asked_for():
    """From before our question sounds until the number is confirmed; not for a plain number."""
    tool = {"name": "pin", "digits": "4", "secret": "true"}
    story = Story(
        FakeLine(
            30.0, voice=[(2.0, 3.0), (14.0, 14.5)], keys=[(6.0 + n / 4, "7") for n in range(4)]
        ),
        ScriptedRecognizer([ASK, (14.8, Transcript("हाँ जी सही है", True))]),
        ScriptedModel([[ToolCall("collect_number", tool), "अपना पिन दबाइए।"], "मिल गया।"]),
        settings=OURS,
    )
    await story.run()
    (begins, on), (ends, off) = story.secret_spans
    [question] = [at for at, sentence in story.said if sentence == "अपना पिन दबाइए।"]
    assert (on, off) == (True, False)
    assert begins < question < 6.0 and 14.5 < ends < 17.0


# Idleness.


async def test_a_caller_on_hold_is_not_talked_at_and_not_kept_for_ever():
    """The line sends nothing for longer than a hold may last: goodbye."""
    settings = TurnSettings(idle=IdleSettings(longest_hold=30.0))
    story = await Story(FakeLine(120.0, quiet=[(3.0, 200.0)]), settings=settings).run()
    assert [turn.phrase for turn in story.turns] == [Phrase.GREETING, Phrase.GOODBYE]
    assert story.ending is Ending.HANG_UP
    assert story.line.sent[-1][0] == about(34.3, 1.5)


async def test_a_caller_who_is_back_from_hold_has_all_the_time_again():
    """Twenty seconds on hold are no silence of the caller's."""
    story = await Story(FakeLine(30.0, quiet=[(3.0, 23.0)]), settings=OURS).run()
    assert [turn.phrase for turn in story.turns] == [Phrase.GREETING]


async def test_a_phone_that_sends_nothing_in_silence_has_ended_its_turn():
    """Discontinuous transmission: frames stop with the voice, and still the turn is over."""
    story = await Story(
        FakeLine(6.0, voice=[(2.0, 3.0)], quiet=[(3.0, 6.0)]),
        ScriptedRecognizer([ASK]),
        settings=OURS,
    ).run()
    assert story.turns[1].heard == ASK[1].text
    assert story.turns[1].marks.at[Mark.TURN_ENDED] < 3.6


async def test_endless_noise_ends_in_a_goodbye():
    """Sound like speech for ever, and no word in it."""
    story = await Story(FakeLine(300.0, voice=[(1.5, 400.0)]), settings=OURS).run()
    assert Phrase.NOISE in [turn.phrase for turn in story.turns]
    assert story.turns[-1].phrase is Phrase.GOODBYE
    assert story.ending is Ending.HANG_UP
    assert story.line.sent[-1][0] < 90


def test_an_acoustic_judge_lengthens_the_pause():
    """The same words, sounding finished or not."""

    class Judge:
        def __init__(self, probability):
            self.probability = probability

        async def score(self, pcm, rate):
            """Heard two seconds and more of the caller."""
            assert len(pcm) > 2 * 2 * rate
            return self.probability

    waits = []
    for probability in (1.0, 0.5, 0.0):
        story = told(
            Story(
                FakeLine(9.0, voice=[(2.0, 3.0)]),
                ScriptedRecognizer([(3.25, Transcript("दीपक", True))]),
                settings=OURS,
                judge=Judge(probability),
            )
        )
        waits.append(story.turns[1].marks.intervals()["endpoint"])
    assert waits[0] == waits[1] < waits[2]
    assert story.when(Answer)
