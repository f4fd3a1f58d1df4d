"""The state table of turn-taking, row by row."""

import pytest

from bot.call.phrasebook import Phrase
from bot.call.turns import (
    GAP,
    LONGEST_CLOSING,
    LONGEST_UTTERANCE,
    TABLE,
    Answer,
    End,
    Finalize,
    Interrupt,
    Say,
    State,
    Turns,
)
from bot.config import TurnSettings
from bot.core.errors import ServiceTimeout
from bot.core.events import (
    Deaf,
    Digit,
    Elapsed,
    Ending,
    HungUp,
    ReplyEnded,
    SpeechEnded,
    SpeechStarted,
    Transcript,
)

SETTINGS = TurnSettings(
    pause=0.7, final_timeout=2.5, barge_in=0.2, silence=8.0, silence_prompts=1, max_call=900.0,
    max_failures=2,
)  # fmt: skip
ERROR = ServiceTimeout("llm", "no token")
WORDS, NOTHING = Transcript("मेरा बिल", True), Transcript("", True)
INTERIM = Transcript("मेरा", False)
NOW = 100.0

S = State
ROWS = [
    # state, what came before, event, what is done, next state, seconds to the deadline
    (S.SPEAKING, [], SpeechStarted(), None, S.OVERLAP, 0.2),
    (S.SPEAKING, [], Digit("5"), Answer("[keys: 5]"), S.SPEAKING, None),
    (S.SPEAKING, [], ReplyEnded(1), None, S.LISTENING, 8.0),
    (S.SPEAKING, [], ReplyEnded(1, ERROR), Say(Phrase.APOLOGY), S.SPEAKING, None),
    (S.SPEAKING, [ReplyEnded(1, ERROR)], ReplyEnded(2, ERROR), Say(Phrase.GIVE_UP), S.CLOSING,
     LONGEST_CLOSING),
    (S.SPEAKING, [], ReplyEnded(1, wish=Ending.TRANSFER), End(Ending.TRANSFER), S.SPEAKING, None),
    (S.OVERLAP, [], SpeechEnded(0.2), None, S.SPEAKING, None),
    (S.OVERLAP, [], INTERIM, Interrupt(), S.HEARING, LONGEST_UTTERANCE),
    (S.OVERLAP, [], NOTHING, None, S.OVERLAP, 0.2),
    (S.OVERLAP, [], Elapsed(0.0), Interrupt(), S.HEARING, LONGEST_UTTERANCE),
    (S.OVERLAP, [], Elapsed(0.15), None, S.OVERLAP, GAP),
    (S.OVERLAP, [], Digit("#"), Answer("[keys: #]"), S.SPEAKING, None),
    (S.OVERLAP, [], ReplyEnded(1), None, S.HEARING, LONGEST_UTTERANCE),
    (S.LISTENING, [], SpeechStarted(), None, S.HEARING, LONGEST_UTTERANCE),
    (S.LISTENING, [], WORDS, None, S.PAUSED, 0.7),
    (S.LISTENING, [], NOTHING, None, S.LISTENING, 8.0),
    (S.LISTENING, [], Digit("0"), Answer("[keys: 0]"), S.SPEAKING, None),
    (S.LISTENING, [], Elapsed(), Say(Phrase.SILENCE), S.SPEAKING, None),
    (S.LISTENING, [Elapsed(), ReplyEnded(1)], Elapsed(), Say(Phrase.GOODBYE), S.CLOSING,
     LONGEST_CLOSING),
    (S.HEARING, [], SpeechEnded(0.2), Finalize(), S.PAUSED, 0.5),
    (S.HEARING, [], WORDS, None, S.HEARING, LONGEST_UTTERANCE),
    (S.HEARING, [], Digit("1"), Answer("[keys: 1]"), S.SPEAKING, None),
    (S.HEARING, [WORDS], Elapsed(), Answer("मेरा बिल"), S.SPEAKING, None),
    (S.PAUSED, [], SpeechStarted(), None, S.HEARING, LONGEST_UTTERANCE),
    (S.PAUSED, [], WORDS, None, S.PAUSED, 0.5),
    (S.PAUSED, [], Digit("1"), Answer("[keys: 1]"), S.SPEAKING, None),
    (S.PAUSED, [WORDS], Elapsed(), Answer("मेरा बिल"), S.SPEAKING, None),
    (S.PAUSED, [NOTHING], Elapsed(), None, S.LISTENING, 8.0),
    (S.PAUSED, [INTERIM], Elapsed(), None, S.FINISHING, 2.5),
    (S.FINISHING, [], SpeechStarted(), None, S.HEARING, LONGEST_UTTERANCE),
    (S.FINISHING, [], WORDS, Answer("मेरा बिल"), S.SPEAKING, None),
    (S.FINISHING, [], INTERIM, None, S.FINISHING, 2.5),
    (S.FINISHING, [], NOTHING, None, S.LISTENING, 8.0),
    (S.FINISHING, [], Digit("1"), Answer("[keys: 1]"), S.SPEAKING, None),
    (S.FINISHING, [INTERIM], Elapsed(), Answer("मेरा"), S.SPEAKING, None),
    (S.CLOSING, [], ReplyEnded(1), End(Ending.TRANSFER), S.CLOSING, LONGEST_CLOSING),
    (S.CLOSING, [], Elapsed(), End(Ending.TRANSFER), S.CLOSING, LONGEST_CLOSING),
]  # fmt: skip

WAYS = {
    S.SPEAKING: [],
    S.OVERLAP: [SpeechStarted()],
    S.LISTENING: [ReplyEnded(0)],
    S.HEARING: [ReplyEnded(0), SpeechStarted()],
    S.PAUSED: [ReplyEnded(0), SpeechStarted(), SpeechEnded(0.2)],
    S.FINISHING: [ReplyEnded(0), SpeechStarted(), SpeechEnded(0.2), Elapsed()],
    S.CLOSING: [Deaf(ERROR)],
}
"""By which events each state is reached."""


def arrived(state, before=()):
    """Turn-taking that has come to this state."""
    turns = Turns(SETTINGS, NOW)
    assert turns.begin() == Say(Phrase.GREETING)
    for event in [*WAYS[state], *before]:
        turns.handle(event, NOW)
    return turns


@pytest.mark.parametrize(("state", "before", "event", "action", "then", "wait"), ROWS)
def test_a_row_of_the_table(state, before, event, action, then, wait):
    """In this state, this event leads to this action, state and deadline."""
    turns = arrived(state, before)
    assert turns.state is state
    assert turns.handle(event, NOW) == action
    assert turns.state is then
    over = SETTINGS.max_call if wait is None else wait
    assert turns.deadline == pytest.approx(NOW + over)


def test_every_row_of_the_table_is_tested():
    """A row that is added without a test fails here."""
    table = {(state, event) for state, row in TABLE.items() for event in row}
    assert {(state, type(event)) for state, _, event, *_ in ROWS} == table


@pytest.mark.parametrize("state", State)
def test_a_hang_up_ends_the_call_in_every_state(state):
    """The caller is gone: nothing else matters."""
    assert arrived(state).handle(HungUp(), NOW) == End(Ending.CALLER_LEFT)


@pytest.mark.parametrize("state", [s for s in State if s is not S.CLOSING])
def test_a_deaf_bot_gives_up_in_every_state(state):
    """We say so, then a person takes over."""
    turns = arrived(state)
    assert turns.handle(Deaf(ERROR), NOW) == Say(Phrase.GIVE_UP)
    assert turns.handle(ReplyEnded(1), NOW) == End(Ending.TRANSFER)


@pytest.mark.parametrize("state", [s for s in State if s is not S.CLOSING])
def test_the_longest_call_ends_in_every_state(state):
    """We say so, then hang up."""
    turns = arrived(state)
    assert turns.handle(Elapsed(), NOW + 900.0) == Say(Phrase.TOO_LONG)
    assert turns.handle(ReplyEnded(1), NOW + 903.0) == End(Ending.HANG_UP)


@pytest.mark.parametrize("state", State)
def test_what_is_not_in_the_table_is_ignored(state):
    """No action, no change."""
    events = [SpeechStarted(), SpeechEnded(0.2), WORDS, Digit("1"), ReplyEnded(1), Elapsed()]
    for event in events:
        if type(event) not in TABLE[state]:
            turns = arrived(state)
            assert turns.handle(event, NOW) is None
            assert turns.state is state


def test_a_good_answer_makes_the_failures_forgotten():
    """Two failures with an answer between them are not two in a row."""
    turns = arrived(S.SPEAKING)
    for event in [ReplyEnded(1, ERROR), ReplyEnded(2), Digit("1"), ReplyEnded(3), Digit("1")]:
        turns.handle(event, NOW)
    assert turns.handle(ReplyEnded(4, ERROR), NOW) == Say(Phrase.APOLOGY)


def test_an_apology_that_was_heard_does_not_make_a_failure_forgotten():
    """Answer, failure, apology, answer, failure: that is twice in a row."""
    turns = arrived(S.SPEAKING)
    for event in [Digit("1"), ReplyEnded(1, ERROR), ReplyEnded(2), Digit("1")]:
        turns.handle(event, NOW)
    assert turns.handle(ReplyEnded(3, ERROR), NOW) == Say(Phrase.GIVE_UP)


def test_words_of_an_earlier_utterance_do_not_answer_the_next():
    """A late final while we speak is not the caller's next turn."""
    turns = arrived(S.SPEAKING)
    turns.handle(WORDS, NOW)
    turns.handle(ReplyEnded(1), NOW)
    for event in [SpeechStarted(), SpeechEnded(0.2), Transcript("हाँ", True)]:
        turns.handle(event, NOW)
    assert turns.handle(Elapsed(), NOW) == Answer("हाँ")
