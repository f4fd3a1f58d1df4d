"""What the dialplan is told of transfers: how, with which summary, and of callers who come back."""

from urllib.parse import unquote
from uuid import uuid4

import pytest

from bot.asterisk.handover import LONGEST_HEADER, Handover, Target, Verdict, header
from bot.asterisk.pbx import HANDED_OVER, Reception, Refused
from bot.config import AudioSocketSettings, PbxSettings
from bot.core.events import Ending
from bot.core.ports import Message
from bot.hindi.language import Language

STORY = Handover("बिल समझना है।", (Message("user", "मेरा बिल"),), Language.ENGLISH)


class Clock:
    """A clock that is set by hand."""

    time = 100.0

    def __call__(self):
        return self.time


@pytest.fixture
def clock():
    """It stands."""
    return Clock()


@pytest.fixture
def reception(clock):
    """With one line."""
    return Reception(AudioSocketSettings(max_calls=1), PbxSettings(), clock, "h:1")


def handed_over(reception, target=None):
    """A call that is being transferred; returns its UUID."""
    uuid = uuid4()
    reception.register({"uuid": str(uuid), "caller": "98", "called": "100"})
    reception.admit(uuid)
    reception.ended(uuid, Ending.TRANSFER, target or Target("bot-queues", "people", True), STORY)
    return uuid


def test_a_warm_target_is_told_as_such(reception):
    """A named place has its own way; the settings' place has that of the settings."""
    assert reception.next(handed_over(reception)) == "warm bot-queues people"
    blind = handed_over(reception, Target("bot-queues", "people"))
    assert reception.next(blind) == "transfer bot-queues people"
    assert reception.next(handed_over(reception, Target())) == "transfer bot-agents s"
    reception.pbx = PbxSettings(transfer_mode="warm")
    assert reception.next(handed_over(reception, Target())) == "warm bot-agents s"
    assert reception.next(blind) == "transfer bot-queues people"


def test_an_agent_is_told_about_the_call_that_is_handed_over(reception):
    """Their phone takes no line of a caller's; what they answer is what the dialplan does."""
    call, phone = handed_over(reception), uuid4()
    reception.register({"uuid": str(uuid4())})
    form = {"uuid": str(phone), "whispers": str(call), "format": "slin16", "channel": "PJSIP/6002"}
    assert reception.register(form) == "h:1"
    ticket = reception.admit(phone)
    assert (ticket.whispers, ticket.rate) == (STORY, 16000)
    assert (ticket.caller.call_id, ticket.caller.channel) == (str(call), "PJSIP/6002")
    assert reception.next(phone) == "again"
    reception.told(phone, Verdict.REFUSE)
    assert reception.next(phone) == "refuse"
    assert reception.next(call) == "warm bot-queues people"


@pytest.mark.parametrize("whispers", ["x", str(uuid4())])
def test_nobody_is_told_about_a_call_that_is_not_handed_over(reception, whispers):
    """A wrong UUID gets no summary."""
    with pytest.raises(Refused):
        reception.register({"uuid": str(uuid4()), "whispers": whispers})


def test_a_caller_comes_back_with_the_story(reception):
    """Why is kept to letters; without a story the talk begins anew, and still says so."""
    call = handed_over(reception)
    reception.register({"uuid": str(call), "unanswered": "no1answer\n;"})
    back = reception.admit(call).unanswered
    assert (back.why, back.history, back.language) == ("noanswer", STORY.history, Language.ENGLISH)
    reception.ended(call, Ending.HANG_UP)
    other = uuid4()
    reception.register({"uuid": str(other), "unanswered": "busy"})
    assert reception.admit(other).unanswered.history == ()


def test_the_story_is_forgotten_in_the_end(reception, clock):
    """Later than any queue lasts."""
    call = handed_over(reception)
    clock.time += HANDED_OVER - 1
    assert unquote(reception.summary(call)) == STORY.summary
    clock.time += 1
    assert reception.summary(call) == ""


def test_a_header_is_ascii_of_whole_words_and_bounded():
    """What does not fit is left out, word by word."""
    encoded = header("बिल समझना है।\r\nX-Evil: 1 " + "शब्द " * 100)
    assert encoded.isascii() and len(encoded) <= LONGEST_HEADER
    assert not set(encoded) & set(" \r\n:;,|")
    assert unquote(encoded).startswith("बिल समझना है। X-Evil: 1 शब्द")
    assert unquote(encoded).endswith("शब्द")
