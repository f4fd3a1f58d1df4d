"""What somebody outside wants said in a call: when it is said, and when not."""

import pytest

from bot.call.actions import End, Say, Tell
from bot.call.call import MESSAGES
from bot.call.phrasebook import Phrase
from bot.call.standing import State
from bot.call.turns import Opening, Turns
from bot.config import TurnSettings
from bot.core.errors import ServiceTimeout
from bot.core.events import (
    Elapsed,
    Ending,
    ReplyEnded,
    SayWanted,
    SpeechEnded,
    SpeechStarted,
    Transcript,
)
from bot.core.ports import ToolCall
from tests.fakes import PHRASES, FakeLine, ScriptedModel, ScriptedRecognizer, Story

PAID = "आपका भुगतान मिल गया।"
ERROR = ServiceTimeout("tts", "no sound")
GREETING = PHRASES[Phrase.GREETING]


def greeted():
    """A call in which nobody speaks."""
    turns = Turns(TurnSettings(), 0.0)
    turns.begin()
    turns.handle(ReplyEnded(1), 1.0)
    assert turns.state is State.LISTENING
    return turns


@pytest.mark.parametrize("interrupt", [False, True])
def test_it_is_said_at_once_when_nobody_speaks(interrupt):
    """And then the caller has all the time again."""
    turns = greeted()
    assert turns.handle(SayWanted(PAID, interrupt), 2.0) == (Tell(PAID),)
    assert turns.handle(ReplyEnded(2), 4.0) == ()
    assert (turns.state, turns.messages) == (State.LISTENING, 0)


def test_it_waits_for_our_own_words():
    """In the order in which they came."""
    turns = Turns(TurnSettings(), 0.0)
    turns.begin()
    assert turns.handle(SayWanted("एक।"), 0.1) == ()
    assert turns.handle(SayWanted("दो।"), 0.2) == ()
    assert turns.messages == 2
    assert turns.handle(ReplyEnded(1), 1.0) == (Tell("एक।"),)
    assert turns.handle(ReplyEnded(2), 2.0) == (Tell("दो।"),)


def test_one_that_interrupts_does_not():
    """It goes before those that wait."""
    turns = Turns(TurnSettings(), 0.0)
    turns.begin()
    turns.handle(SayWanted("एक।"), 0.1)
    assert turns.handle(SayWanted(PAID, interrupt=True), 0.2) == (Tell(PAID),)
    assert turns.handle(ReplyEnded(2), 1.0) == (Tell("एक।"),)


def test_a_notice_is_heard_to_its_end():
    """What has to be said is said, whoever wants something else."""
    turns = Turns(TurnSettings(), 0.0, notice=True)
    assert turns.begin() == (Say(Phrase.NOTICE),)
    assert turns.handle(SayWanted(PAID, interrupt=True), 0.2) == ()
    assert turns.handle(ReplyEnded(1), 1.0) == (Say(Phrase.GREETING),)
    assert turns.handle(ReplyEnded(2), 2.0) == (Tell(PAID),)


@pytest.mark.parametrize("interrupt", [False, True])
def test_the_caller_is_never_spoken_over(interrupt):
    """What they say is answered first."""
    turns = greeted()
    turns.handle(SpeechStarted(), 2.0)
    assert turns.handle(SayWanted(PAID, interrupt), 2.1) == ()
    turns.handle(Transcript("मेरा बिल कितना है", True), 3.0)
    turns.handle(SpeechEnded(0.2), 3.0)
    assert turns.state is State.PAUSED
    assert turns.messages == 1


def test_last_words_are_the_last():
    """A call that is about to end says nothing more."""
    turns = Turns(TurnSettings(), 0.0, opening=Opening(Phrase.CLOSED, Ending.HANG_UP))
    turns.begin()
    assert turns.handle(SayWanted(PAID, interrupt=True), 0.1) == ()
    assert turns.handle(ReplyEnded(1), 1.0) == (End(Ending.HANG_UP),)


def test_one_that_cannot_be_said_is_no_failure_of_the_dialogue():
    """No apology; the caller knows of nothing that was missed."""
    turns = greeted()
    for number in range(5):
        assert turns.handle(SayWanted(PAID), 2.0) == (Tell(PAID),)
        assert turns.handle(ReplyEnded(number, ERROR), 3.0) == ()
    assert turns.state is State.LISTENING


def test_an_answer_that_was_cut_is_forgotten_only_when_it_was_heard():
    """The caller's words are answered with their next turn when nothing of it had sounded."""
    turns = greeted()
    turns.handle(Transcript("मेरा बिल कितना है", True), 2.0)
    while turns.state is not State.SPEAKING:
        turns.handle(Elapsed(), turns.deadline)
    turns.handle(SayWanted(PAID, interrupt=True), 6.0)
    turns.handle(ReplyEnded(3), 8.0)
    assert turns._standing.unanswered


async def test_it_is_spoken_heard_and_known_to_the_model():
    """In a whole call: its sentences sound one after the other, and are in the history."""
    story = await Story(
        FakeLine(12.0, voice=[(6.0, 7.0)]),
        ScriptedRecognizer([(7.3, Transcript("ठीक है", True))]),
        messages=[(3.0, f"{PAID} धन्यवाद।")],
    ).run()
    assert [sentence for _, sentence in story.said][:3] == [GREETING, PAID, "धन्यवाद।"]
    assert story.taken == [True]
    assert story.turns[1].said == f"{PAID} धन्यवाद।"
    said = [m.content for m in story.model.asked[0] if m.role == "assistant"]
    assert any(PAID in content for content in said)


async def test_a_caller_may_speak_over_it():
    """As over all that we say."""
    story = await Story(
        FakeLine(9.0, voice=[(3.5, 5.0)]),
        ScriptedRecognizer([(5.2, Transcript("रुकिए", True))]),
        messages=[(3.0, PAID)],
    ).run()
    assert story.turns[1].interrupted


async def test_so_many_wait_and_no_more():
    """While the greeting sounds; those beyond are refused, and the call goes on."""
    story = await Story(
        FakeLine(15.0), messages=[(0.5, f"संदेश {n}।") for n in range(MESSAGES + 2)]
    ).run()
    assert story.taken == [True] * MESSAGES + [False] * 2
    assert len([s for _, s in story.said if s.startswith("संदेश")]) == MESSAGES


async def test_what_waits_is_dropped_when_the_call_ends_first():
    """The model's wish to hang up is obeyed."""
    story = await Story(
        FakeLine(20.0, voice=[(2.0, 3.0)]),
        ScriptedRecognizer([(3.2, Transcript("बस", True))]),
        ScriptedModel([["अलविदा।", ToolCall("hang_up")]]),
        messages=[(4.5, PAID)],
    ).run()
    assert story.ending is Ending.HANG_UP
    assert PAID not in [sentence for _, sentence in story.said]
