"""How a call begins outside the opening hours."""

import pytest

from bot.call.actions import End, Say
from bot.call.phrasebook import Phrase
from bot.call.standing import State
from bot.call.turns import Opening, Turns
from bot.config import TurnSettings
from bot.core.events import Digit, Ending, ReplyEnded
from tests.fakes import FakeLine, Story


def test_the_bot_talks_on_after_telling_that_it_is_closed():
    """In place of the greeting, also after a notice."""
    turns = Turns(TurnSettings(), 0.0, opening=Opening(Phrase.CLOSED))
    assert turns.begin() == (Say(Phrase.CLOSED),)
    turns.handle(ReplyEnded(1), 3.0)
    assert turns.state is State.LISTENING
    turns = Turns(TurnSettings(), 0.0, notice=True, opening=Opening(Phrase.CLOSED))
    assert turns.begin() == (Say(Phrase.NOTICE),)
    assert turns.handle(ReplyEnded(1), 3.0) == (Say(Phrase.CLOSED),)


@pytest.mark.parametrize("ending", [Ending.HANG_UP, Ending.TRANSFER])
def test_the_call_ends_with_it_where_the_profile_wants_so(ending):
    """Whatever the caller does meanwhile."""
    turns = Turns(TurnSettings(), 0.0, notice=True, opening=Opening(Phrase.CLOSED, ending))
    assert turns.begin() == (Say(Phrase.CLOSED),)
    assert turns.handle(Digit("1"), 1.0) == ()
    assert turns.handle(ReplyEnded(1), 3.0) == (End(ending),)


async def test_a_whole_call_is_greeted_where_it_is_open():
    """As ever."""
    told = await Story(FakeLine(3.0)).run()
    assert told.turns[0].phrase is Phrase.GREETING
