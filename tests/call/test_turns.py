"""The state table of turn-taking, row by row."""

import pytest

from bot.call.actions import (
    Answer,
    Discard,
    End,
    Finalize,
    GoOn,
    Hush,
    Interrupt,
    Lower,
    Prepare,
    Recorded,
    Say,
    Tell,
)
from bot.call.over_us import LISTEN, LOOK
from bot.call.phrasebook import Phrase
from bot.call.standing import LONGEST_CLOSING, State
from bot.call.turns import TABLE, Opening, Turns
from bot.config import BargeInSettings, EndOfTurnSettings, IdleSettings, TurnSettings
from bot.core.errors import ServiceTimeout
from bot.core.events import (
    Deaf,
    Digit,
    Elapsed,
    Ending,
    EndScored,
    HungUp,
    MachineHeard,
    NumberAsked,
    ReplyEnded,
    SpeechEnded,
    SpeechStarted,
    Transcript,
)
from bot.core.numbers import NumberWanted

SETTINGS = TurnSettings(
    end_of_turn=EndOfTurnSettings(
        base=0.7, shortest=0.3, longest=2.5, finished=-0.3, unfinished=0.7, hesitating=0.9,
        number=0.3, answered=-0.35, digits_missing=0.9, first_pass=-0.1, unstable=0.2, acoustic=0.2,
    ),
    final_timeout=2.5,
    barge_in=BargeInSettings(confirm=0.09, verdict=1.0, longest_nod=1.2),
    keys_pause=2.0,
    idle=IdleSettings(silence=8.0, prompts=1, noise=12.0, held_after=3.0, longest_hold=60.0,
                      longest_utterance=50.0),
    max_call=900.0,
    max_failures=2,
)  # fmt: skip
ERROR = ServiceTimeout("llm", "no token")
BILL = "मेरा बिल कितना है"
WORDS, NOTHING = Transcript(BILL, True), Transcript("", True)
INTERIM = Transcript("मेरा", False, 0.5)
NAMED = Transcript("दीपक", True)
NOD = Transcript("अच्छा", True)
PIN = NumberWanted("pin", 4, 4)
STATEMENT, QUESTION = "आपका बिल पाँच सौ रुपये है।", "क्या मैं बिल भेज दूँ?"
STARTS, STOPS = SpeechStarted(), SpeechEnded(0.2)
NOW = 100.0

S = State
ROWS = [
    # state, what came before, event, what is done, next state, seconds to the deadline
    (S.ANNOUNCING, [], STOPS, [Finalize()], S.ANNOUNCING, None),
    (S.ANNOUNCING, [], WORDS, [], S.ANNOUNCING, None),
    (S.ANNOUNCING, [], Digit("5"), [], S.ANNOUNCING, None),
    (S.ANNOUNCING, [], ReplyEnded(1), [Say(Phrase.GREETING)], S.SPEAKING, None),
    (S.ANNOUNCING, [WORDS], ReplyEnded(1), [Prepare(BILL)], S.PAUSED, 0.4),
    (S.ANNOUNCING, [Digit("5")], ReplyEnded(1), [], S.KEYING, 2.0),
    (S.SPEAKING, [], STARTS, [Lower()], S.OVERLAP, LOOK),
    (S.SPEAKING, [], WORDS, [], S.SPEAKING, None),
    (S.SPEAKING, [STARTS, STOPS], WORDS, [Interrupt(), Prepare(BILL)], S.PAUSED, 0.2),
    (S.SPEAKING, [STARTS, STOPS], NOD, [], S.SPEAKING, None),
    (S.SPEAKING, [], Digit("5"), [Interrupt(), Prepare("[keys: 5]")], S.KEYING, 2.0),
    (S.SPEAKING, [], ReplyEnded(1), [], S.LISTENING, 8.0),
    (S.SPEAKING, [], ReplyEnded(1, ERROR), [Say(Phrase.APOLOGY)], S.SPEAKING, None),
    (S.SPEAKING, [ReplyEnded(1, ERROR)], ReplyEnded(2, ERROR), [Say(Phrase.GIVE_UP)], S.CLOSING,
     LONGEST_CLOSING),
    (S.SPEAKING, [], ReplyEnded(1, wish=Ending.TRANSFER), [End(Ending.TRANSFER)], S.SPEAKING, None),
    (S.OVERLAP, [], STOPS, [GoOn(), Finalize()], S.SPEAKING, None),
    (S.OVERLAP, [], Transcript(BILL, False), [Interrupt()], S.HEARING, 2.0),
    (S.OVERLAP, [], Transcript("अच्छा", False), [], S.OVERLAP, LOOK),
    (S.OVERLAP, [], NOTHING, [], S.OVERLAP, LOOK),
    (S.OVERLAP, [], Elapsed(sure=0.096), [Hush()], S.HUSHED, LISTEN),
    (S.OVERLAP, [], Elapsed(sure=0.064), [], S.OVERLAP, LOOK),
    (S.OVERLAP, [], Digit("#"), [Interrupt(), Answer("[keys: #]")], S.SPEAKING, None),
    (S.OVERLAP, [], ReplyEnded(1), [], S.HEARING, 12.0),
    (S.HUSHED, [], Transcript(BILL, False), [Interrupt()], S.HEARING, 2.0),
    (S.HUSHED, [], Transcript("अच्छा", False), [], S.HUSHED, LISTEN),
    (S.HUSHED, [], Elapsed(), [], S.HUSHED, LISTEN),
    (S.HUSHED, [], Elapsed(unsure=1.0), [GoOn(), Finalize()], S.SPEAKING, None),
    (S.HUSHED, [], STOPS, [Finalize()], S.HUSHED, 1.0),
    (S.HUSHED, [STOPS], STARTS, [], S.HUSHED, LISTEN),
    (S.HUSHED, [STOPS], NOTHING, [GoOn()], S.SPEAKING, None),
    (S.HUSHED, [STOPS], NOD, [GoOn()], S.SPEAKING, None),
    (S.HUSHED, [STOPS], WORDS, [Interrupt(), Prepare(BILL)], S.PAUSED, 0.2),
    (S.HUSHED, [STOPS], Elapsed(), [GoOn()], S.SPEAKING, None),
    (S.HUSHED, [], Digit("1"), [Interrupt(), Prepare("[keys: 1]")], S.KEYING, 2.0),
    (S.HUSHED, [], ReplyEnded(1), [], S.HEARING, 12.0),
    (S.LISTENING, [], STARTS, [], S.HEARING, 12.0),
    (S.LISTENING, [], NAMED, [Prepare("दीपक")], S.PAUSED, 0.7),
    (S.LISTENING, [], NOTHING, [], S.LISTENING, 8.0),
    (S.LISTENING, [], Digit("0"), [Prepare("[keys: 0]")], S.KEYING, 2.0),
    (S.LISTENING, [], Elapsed(), [Say(Phrase.SILENCE)], S.SPEAKING, None),
    (S.LISTENING, [Elapsed(), ReplyEnded(1)], Elapsed(), [Say(Phrase.GOODBYE)], S.SPEAKING, None),
    (S.LISTENING, [], Elapsed(without_frames=5.0), [], S.LISTENING, 1.0),
    (S.LISTENING, [], Elapsed(without_frames=61.0), [Say(Phrase.GOODBYE)], S.CLOSING,
     LONGEST_CLOSING),
    (S.LISTENING, [Elapsed(without_frames=5.0)], Elapsed(), [], S.LISTENING, 8.0),
    (S.HEARING, [], STOPS, [Finalize()], S.PAUSED, 0.7),
    (S.HEARING, [], WORDS, [], S.HEARING, 2.0),
    (S.HEARING, [], NOTHING, [], S.HEARING, 12.0),
    (S.HEARING, [], Digit("1"), [Prepare("[keys: 1]")], S.KEYING, 2.0),
    (S.HEARING, [WORDS], Elapsed(), [Finalize(), Prepare(BILL)], S.PAUSED, 0.6),
    (S.HEARING, [], Elapsed(), [Say(Phrase.NOISE)], S.SPEAKING, None),
    (S.PAUSED, [], STARTS, [], S.HEARING, 12.0),
    (S.PAUSED, [WORDS], STARTS, [Discard()], S.HEARING, 2.0),
    (S.PAUSED, [NAMED], EndScored(0.0), [], S.PAUSED, 0.7),
    (S.PAUSED, [], WORDS, [Prepare(BILL)], S.PAUSED, 0.2),
    (S.PAUSED, [], INTERIM, [], S.PAUSED, 1.3),
    (S.PAUSED, [Transcript(BILL, False, 0.9)], NAMED, [Discard(), Prepare("दीपक")], S.PAUSED, 0.5),
    (S.PAUSED, [], Digit("1"), [Prepare("[keys: 1]")], S.KEYING, 2.0),
    (S.PAUSED, [WORDS], Elapsed(), [Answer(BILL)], S.SPEAKING, None),
    (S.PAUSED, [NOTHING], Elapsed(), [], S.LISTENING, 8.0),
    (S.PAUSED, [INTERIM], Elapsed(), [], S.FINISHING, 2.5),
    (S.FINISHING, [], STARTS, [], S.HEARING, 12.0),
    (S.FINISHING, [], WORDS, [Answer(BILL)], S.SPEAKING, None),
    (S.FINISHING, [], INTERIM, [], S.FINISHING, 2.5),
    (S.FINISHING, [], NOTHING, [], S.LISTENING, 8.0),
    (S.FINISHING, [], Digit("1"), [Prepare("[keys: 1]")], S.KEYING, 2.0),
    (S.FINISHING, [INTERIM], Elapsed(), [Answer("मेरा")], S.SPEAKING, None),
    (S.KEYING, [], Digit("2"), [Discard()], S.KEYING, 2.0),
    (S.KEYING, [], STARTS, [Discard()], S.HEARING, 12.0),
    (S.KEYING, [], WORDS, [Discard()], S.PAUSED, 0.4),
    (S.KEYING, [], Elapsed(), [Answer("[keys: 1]")], S.SPEAKING, None),
    (S.AWAITING_BEEP, [], Elapsed(), [Say(Phrase.MACHINE)], S.CLOSING, LONGEST_CLOSING),
    (S.CLOSING, [], ReplyEnded(1), [End(Ending.TRANSFER)], S.CLOSING, LONGEST_CLOSING),
    (S.CLOSING, [], Elapsed(), [End(Ending.TRANSFER)], S.CLOSING, LONGEST_CLOSING),
]  # fmt: skip

ANNOUNCEMENT = Transcript("आप जिस नंबर पर कॉल कर रहे हैं वह अभी उपलब्ध नहीं है", True)
CALLED = Opening(called=True, message=True)

WAYS = {
    S.ANNOUNCING: [],
    S.SPEAKING: [],
    S.OVERLAP: [STARTS],
    S.HUSHED: [STARTS, Elapsed(sure=0.096)],
    S.LISTENING: [ReplyEnded(0)],
    S.HEARING: [ReplyEnded(0), STARTS],
    S.PAUSED: [ReplyEnded(0), STARTS, STOPS],
    S.FINISHING: [ReplyEnded(0), STARTS, STOPS, Elapsed()],
    S.KEYING: [ReplyEnded(0), Digit("1")],
    S.AWAITING_BEEP: [ReplyEnded(0), STARTS, STOPS, ANNOUNCEMENT, Elapsed()],
    S.CLOSING: [Deaf(ERROR)],
}
"""By which events each state is reached."""


def arrived(state, before=(), saying=STATEMENT):
    """Turn-taking that has come to this state."""
    called = CALLED if state is S.AWAITING_BEEP else Opening()
    turns = Turns(SETTINGS, NOW, notice=state is S.ANNOUNCING, opening=called)
    turns.begin()
    for event in [*WAYS[state], *before]:
        turns.handle(event, NOW, saying)
    return turns


def answering(saying=""):
    """We answer the caller's question; `saying` has sounded so far."""
    turns = arrived(S.PAUSED, [WORDS, Elapsed()])
    assert turns.state is S.SPEAKING
    turns.handle(NOTHING, NOW, saying)
    return turns


@pytest.mark.parametrize(("state", "before", "event", "actions", "then", "wait"), ROWS)
def test_a_row_of_the_table(state, before, event, actions, then, wait):
    """In this state, this event leads to these actions, this state and this deadline."""
    turns = arrived(state, before)
    assert turns.state is state
    assert list(turns.handle(event, NOW, STATEMENT)) == actions
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
    assert arrived(state).handle(HungUp(), NOW) == (End(Ending.CALLER_LEFT),)


@pytest.mark.parametrize("state", [s for s in State if s is not S.CLOSING])
def test_a_deaf_bot_gives_up_in_every_state(state):
    """We say so, then a person takes over."""
    turns = arrived(state)
    assert turns.handle(Deaf(ERROR), NOW) == (Say(Phrase.GIVE_UP),)
    assert turns.handle(ReplyEnded(1), NOW) == (End(Ending.TRANSFER),)


@pytest.mark.parametrize("state", [s for s in State if s is not S.CLOSING])
def test_the_longest_call_ends_in_every_state(state):
    """We say so, then hang up."""
    turns = arrived(state)
    assert turns.handle(Elapsed(), NOW + 900.0) == (Say(Phrase.TOO_LONG),)
    assert turns.handle(ReplyEnded(1), NOW + 903.0) == (End(Ending.HANG_UP),)


@pytest.mark.parametrize("state", set(State) - {S.CLOSING, S.AWAITING_BEEP})
def test_a_busy_tone_ends_the_call_in_every_state(state):
    """There is nobody any more who could hear us for long."""
    turns = arrived(state)
    assert turns.handle(MachineHeard("busy"), NOW) == (Say(Phrase.MACHINE),)
    assert turns.handle(ReplyEnded(1), NOW) == (End(Ending.HANG_UP),)


@pytest.mark.parametrize("state", State)
def test_what_is_not_in_the_table_is_ignored(state):
    """No action, no change."""
    events = [STARTS, STOPS, EndScored(0.9), WORDS, Digit("1"), ReplyEnded(1), Elapsed()]
    for event in events:
        if type(event) not in TABLE[state]:
            turns = arrived(state)
            assert turns.handle(event, NOW) == ()
            assert turns.state is state


def test_a_good_answer_makes_the_failures_forgotten():
    """Two failures with an answer between them are not two in a row."""
    turns = arrived(S.SPEAKING)
    for event in [ReplyEnded(1, ERROR), ReplyEnded(2), Digit("#"), ReplyEnded(3), Digit("#")]:
        turns.handle(event, NOW)
    assert turns.handle(ReplyEnded(4, ERROR), NOW) == (Say(Phrase.APOLOGY),)


def test_an_apology_that_was_heard_does_not_make_a_failure_forgotten():
    """Answer, failure, apology, answer, failure: that is twice in a row."""
    turns = arrived(S.SPEAKING)
    for event in [Digit("#"), ReplyEnded(1, ERROR), ReplyEnded(2), Digit("#")]:
        turns.handle(event, NOW)
    assert turns.handle(ReplyEnded(3, ERROR), NOW) == (Say(Phrase.GIVE_UP),)


def test_words_of_an_earlier_utterance_do_not_answer_the_next():
    """A late final while we speak is not the caller's next turn."""
    turns = arrived(S.SPEAKING)
    turns.handle(WORDS, NOW)
    turns.handle(ReplyEnded(1), NOW)
    for event in [STARTS, STOPS, Transcript("हाँ", True)]:
        turns.handle(event, NOW)
    assert turns.handle(Elapsed(), NOW) == (Answer("हाँ"),)


# Nods.


def test_the_same_word_is_the_answer_after_a_question_of_yes_or_no():
    """ "हाँ" over "shall I send it?" takes the turn; over a statement it does not."""
    for saying, actions in [(STATEMENT, (GoOn(),)), (QUESTION, (Interrupt(), Prepare("हाँ")))]:
        turns = arrived(S.HUSHED, [STOPS])
        assert turns.handle(Transcript("हाँ", True), NOW, saying) == actions


def test_a_nod_that_goes_on_is_no_nod():
    """ "अच्छा" waits; "अच्छा लेकिन" interrupts."""
    turns = arrived(S.HUSHED)
    assert turns.handle(Transcript("अच्छा", False), NOW, STATEMENT) == ()
    assert turns.handle(Transcript("अच्छा लेकिन", False), NOW, STATEMENT) == (Interrupt(),)


def test_a_nod_that_lasts_too_long_is_none():
    """Nobody says "अच्छा" for two seconds."""
    turns = arrived(S.HUSHED)
    assert turns.handle(NOD, NOW + 2.0, STATEMENT) == (Interrupt(),)


def test_a_voice_without_words_takes_the_turn_in_the_end():
    """The recogniser says nothing, but somebody surely speaks, on and on."""
    turns = arrived(S.HUSHED)
    assert turns.handle(Elapsed(), NOW + 11.9, STATEMENT) == ()
    assert turns.handle(Elapsed(), NOW + 12.0, STATEMENT) == (Interrupt(),)


# The caller goes on before our answer has sounded.


def test_a_caller_who_goes_on_before_we_sound_is_not_spoken_over():
    """The answer is held back at once, and given up when there are more words."""
    turns = answering()
    assert turns.handle(STARTS, NOW) == (Hush(),)
    assert turns.handle(Transcript("और पता", False), NOW) == (Interrupt(),)
    turns.handle(STOPS, NOW)
    turns.handle(Transcript("और पता भी चाहिए", True), NOW)
    assert turns.handle(Elapsed(), NOW + 1) == (Answer("और पता भी चाहिए"),)


def test_a_noise_before_we_sound_only_holds_the_answer_back():
    """Nothing was said: the answer comes a moment later."""
    turns = answering()
    turns.handle(STARTS, NOW)
    turns.handle(STOPS, NOW)
    assert turns.handle(NOTHING, NOW) == (GoOn(),)


def test_a_long_noise_before_we_sound_does_not_lose_the_answer():
    """The answer was given up for a voice in which there were no words: it is asked for again."""
    turns = answering()
    turns.handle(STARTS, NOW)
    assert turns.handle(Elapsed(), NOW + 12) == (Interrupt(),)
    turns.handle(SpeechEnded(0.2), NOW + 13)
    turns.handle(NOTHING, NOW + 13)
    assert turns.handle(Elapsed(), NOW + 14) == (Answer(""),)


# The caller speaks while something must be heard, or ends.


def test_a_caller_who_still_speaks_at_the_end_of_a_notice_is_not_greeted_over():
    """There are words already: the caller has the turn, and none of them is lost."""
    turns = arrived(S.ANNOUNCING, [STARTS, Transcript("मेरा बिल", False)])
    assert turns.handle(ReplyEnded(1), NOW) == ()
    assert turns.state is S.HEARING
    for event in [STOPS, WORDS]:
        turns.handle(event, NOW)
    assert turns.handle(Elapsed(), NOW + 1) == (Answer(BILL),)


def test_a_nod_over_a_notice_is_no_turn():
    """Whoever says "अच्छा" to it is greeted."""
    turns = arrived(S.ANNOUNCING, [STARTS, STOPS, NOD])
    assert turns.handle(ReplyEnded(1), NOW) == (Say(Phrase.GREETING),)


def test_words_of_a_voice_that_was_there_before_we_spoke_interrupt_us():
    """Voice activity says nothing new, for it never said that the caller was silent."""
    turns = arrived(S.HEARING)
    assert turns.handle(Elapsed(), NOW + 12) == (Say(Phrase.NOISE),)
    assert turns.handle(Transcript(BILL, False), NOW + 13, STATEMENT) == (Interrupt(),)


def test_what_the_model_wished_is_done_though_somebody_begins_to_speak_at_the_very_end():
    """All of "I am connecting you" was heard: an "ठीक है" over its last word changes nothing."""
    turns = arrived(S.OVERLAP)
    transfer = ReplyEnded(1, wish=Ending.TRANSFER)
    assert turns.handle(transfer, NOW, STATEMENT) == (End(Ending.TRANSFER),)


def test_a_yes_to_a_number_read_back_is_no_nod_however_the_question_is_worded():
    """While we confirm, it is the answer."""
    turns = collecting()
    for key in "1234":
        turns.handle(Digit(key), NOW)
    for event in [STARTS, Elapsed(sure=0.2), STOPS]:
        turns.handle(event, NOW, STATEMENT)
    assert turns.handle(Transcript("हाँ", True), NOW, STATEMENT)[0] == Interrupt()


# Saying goodbye.


def goodbye():
    """The caller is silent for good: we have begun to say goodbye."""
    turns = arrived(S.LISTENING, [Elapsed(), ReplyEnded(1)])
    assert turns.handle(Elapsed(), NOW) == (Say(Phrase.GOODBYE),)
    return turns


def test_the_goodbye_to_a_silent_caller_ends_the_call():
    """It is said to its end, then we hang up."""
    assert goodbye().handle(ReplyEnded(3), NOW) == (End(Ending.HANG_UP),)


def test_a_caller_who_speaks_up_during_the_goodbye_is_kept():
    """The goodbye is taken back, once; the second one is the last."""
    turns = goodbye()
    turns.handle(STARTS, NOW, STATEMENT)
    assert turns.handle(Transcript("रुकिए", False), NOW, STATEMENT) == (Interrupt(),)
    turns.handle(STOPS, NOW)
    turns.handle(NAMED, NOW)
    assert turns.handle(Elapsed(), NOW) == (Answer("दीपक"),)
    turns.handle(ReplyEnded(4), NOW)
    for number in range(2):
        turns.handle(Elapsed(), NOW)
        turns.handle(ReplyEnded(5 + number), NOW)
    assert turns.state is S.CLOSING


# Machines.


def test_a_beep_after_a_long_message_is_an_answering_machine():
    """A beep alone may be anything."""
    turns = arrived(S.HEARING)
    assert turns.handle(MachineHeard("beep"), NOW + 1.0) == ()
    assert turns.handle(MachineHeard("beep"), NOW + 6.0) == (Say(Phrase.MACHINE),)


def test_a_recorded_announcement_is_bidden_goodbye():
    """Its words give it away."""
    words = Transcript("बीप के बाद अपना संदेश छोड़ें", True)
    assert arrived(S.FINISHING).handle(words, NOW)[-1] == Say(Phrase.MACHINE)


# Noise.


def test_words_that_end_in_noise_are_answered():
    """The voice goes on for ever, the words do not: two seconds after the last, it is our turn."""
    turns = arrived(S.HEARING)
    turns.handle(Transcript(BILL, False, 0.9), NOW + 3)
    assert turns.deadline == NOW + 5
    assert turns.handle(Elapsed(), NOW + 5) == (Finalize(), Prepare(BILL))
    turns.handle(WORDS, NOW + 5.1)
    assert turns.handle(Elapsed(), NOW + 5.1) == (Answer(BILL),)
    assert turns.handle(Transcript("नहीं सुनिए", False), NOW + 6, STATEMENT) == (Interrupt(),)


def test_a_story_without_a_pause_is_answered_in_the_end():
    """New words all the time, for longer than anybody can follow."""
    turns = arrived(S.HEARING)
    for second in range(60):
        turns.handle(Transcript(f"{BILL} {second}", False), NOW + second)
        if turns.deadline <= NOW + second:
            break
    assert second == 50
    assert isinstance(turns.handle(Elapsed(), NOW + second)[-1], Answer)


def test_noise_does_not_put_off_the_question_whether_somebody_is_there():
    """Sounds without words buy no time; the question then is about the noise."""
    turns = arrived(S.LISTENING)
    for event in [STARTS, STOPS, NOTHING]:
        turns.handle(event, NOW + 7.0)
    turns.handle(Elapsed(), NOW + 7.5)
    assert turns.state is S.LISTENING
    assert turns.deadline == NOW + 8.0
    assert turns.handle(Elapsed(), NOW + 8.0) == (Say(Phrase.NOISE),)


def test_endless_noise_ends_in_a_goodbye():
    """Voice without words, whatever we say: a question, then the last words."""
    turns = arrived(S.HEARING)
    assert turns.handle(Elapsed(), NOW + 12) == (Say(Phrase.NOISE),)
    turns.handle(ReplyEnded(1), NOW + 15)
    assert turns.state is S.HEARING
    assert turns.handle(Elapsed(), NOW + 27) == (Say(Phrase.GOODBYE),)
    assert turns.handle(ReplyEnded(2), NOW + 30) == (End(Ending.HANG_UP),)


# Keys.


def test_keys_are_one_number():
    """They belong together until the pause, or the #."""
    turns = arrived(S.KEYING)
    for key in "23":
        turns.handle(Digit(key), NOW)
    assert turns.handle(Digit("#"), NOW)[-1] == Answer("[keys: 123#]")


def test_the_key_of_a_menu_is_answered_at_once():
    """What was asked can be answered by one key: there is nothing to wait for."""
    turns = arrived(S.SPEAKING)
    turns.handle(ReplyEnded(1), NOW, "बिल के लिए एक दबाइए, पते के लिए दो दबाइए।")
    assert turns.handle(Digit("2"), NOW)[-1] == Answer("[keys: 2]")


def test_keys_and_words_of_one_turn_are_answered_together():
    """Whatever came first."""
    turns = arrived(S.KEYING, [STARTS, STOPS, WORDS])
    assert turns.handle(Elapsed(), NOW + 1)[-1] == Answer(f"{BILL} [keys: 1]")


# A number that the model asked for.


def collecting():
    """The model has asked for the PIN."""
    turns = answering()
    turns.handle(NumberAsked(1, PIN), NOW, "अपना पिन बताइए।")
    turns.handle(ReplyEnded(1), NOW, "अपना पिन बताइए।")
    assert turns.state is S.LISTENING
    return turns


def test_a_number_is_collected_without_the_model():
    """Keys, the question whether it is right, yes: only then the model hears of it."""
    turns = collecting()
    for key in "123":
        assert turns.handle(Digit(key), NOW) == ()
    told = turns.handle(Digit("4"), NOW)
    assert isinstance(told[-1], Tell)
    turns.handle(ReplyEnded(2), NOW, "आपने एक, दो, तीन, चार बताया। क्या यह सही है?")
    for event in [STARTS, STOPS, Transcript("हाँ", True)]:
        turns.handle(event, NOW)
    answer = turns.handle(Elapsed(), NOW)[-1]
    assert answer.text == "[pin: 1234]"


def test_keys_over_the_question_belong_to_the_number():
    """Who knows the question does not wait for its end."""
    turns = answering()
    turns.handle(NumberAsked(1, PIN), NOW, "अपना पिन")
    assert turns.handle(Digit("1"), NOW, "अपना पिन")[0] == Interrupt()
    for key in "23":
        assert turns.handle(Digit(key), NOW) == ()
    assert isinstance(turns.handle(Digit("4"), NOW)[-1], Tell)


def test_a_caller_who_dictates_a_number_is_waited_for():
    """With digits missing the pause is long; with all of them it is short."""
    for words, pause in [("एक दो", 1.6), ("एक दो तीन चार", 0.35)]:
        turns = collecting()
        for event in [STARTS, SpeechEnded(0.0), Transcript(words, True)]:
            turns.handle(event, NOW)
        assert turns.deadline == pytest.approx(NOW + pause)


def test_a_caller_who_wants_something_else_is_answered_by_the_model():
    """The number is given up."""
    turns = collecting()
    for event in [STARTS, STOPS, WORDS]:
        turns.handle(event, NOW)
    assert turns.handle(Elapsed(), NOW)[-1] == Answer(BILL, BILL)


def test_a_number_that_nobody_gives_is_not_waited_for_for_ever():
    """After the attempts the model is told; when that happens again and again, we say goodbye."""
    turns = collecting()
    actions = []
    for step in range(60):
        actions = turns.handle(Elapsed(), NOW + 8 * step)
        if actions and actions[-1] == Say(Phrase.GOODBYE):
            break
        if actions and actions[-1] == Answer("[pin: none]"):
            turns.handle(NumberAsked(1, PIN), NOW + 8 * step)
        turns.handle(ReplyEnded(step), NOW + 8 * step)
    assert actions[-1] == Say(Phrase.GOODBYE)


def called(message):
    """We have called somebody, and greet them."""
    turns = Turns(SETTINGS, NOW, opening=Opening(called=True, message=message))
    turns.begin()
    return turns


def test_a_machine_that_we_called_is_left_without_a_word():
    """By its beep, which needs no speech before it, and by its words; it is told what it was."""
    hangs_up = End(Ending.HANG_UP)
    assert called(False).handle(MachineHeard("beep"), NOW + 3.0) == (Recorded("beep"), hangs_up)
    turns = called(False)
    for event in (ReplyEnded(0), STARTS, STOPS, ANNOUNCEMENT):
        turns.handle(event, NOW)
    assert turns.handle(Elapsed(), NOW) == (
        Discard(),
        Recorded("announcement"),
        hangs_up,
    )


def test_a_machine_that_we_called_is_left_the_message_after_its_beep():
    """Whatever it says before, nothing of it is answered."""
    turns = arrived(S.AWAITING_BEEP)
    for event in (STARTS, WORDS, STOPS):
        assert turns.handle(event, NOW) == ()
    said = turns.handle(MachineHeard("beep"), NOW + 9.0)
    assert said == (Recorded("beep"), Say(Phrase.MACHINE))
    assert turns.handle(ReplyEnded(1), NOW) == (End(Ending.HANG_UP),)


def test_a_beep_as_the_call_is_connected_is_no_machine():
    """Networks and telephones beep when somebody answers."""
    assert called(False).handle(MachineHeard("beep"), NOW + 1.0) == ()


def test_somebody_with_whom_we_have_talked_is_no_machine_for_a_beep():
    """A telephone that beeps now and then in the middle of a conversation."""
    turns = called(False)
    for _ in range(2):
        for event in (ReplyEnded(0), STARTS, STOPS, WORDS, Elapsed()):
            turns.handle(event, NOW)
    assert turns.handle(MachineHeard("beep"), NOW) == ()


def test_a_busy_tone_of_whom_we_called_is_left_without_a_message():
    """There is nobody to hear it."""
    assert called(True).handle(MachineHeard("busy"), NOW) == (
        Recorded("busy"),
        End(Ending.HANG_UP),
    )
