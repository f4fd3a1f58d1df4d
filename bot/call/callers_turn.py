"""The rules for the caller's turn: speech, pauses, words and keys."""

from bot.call.actions import Finalize
from bot.call.standing import Actions, Standing, State
from bot.core.events import Digit, EndScored, Event
from bot.hindi.asked import Asked


def caller_starts(turns: Standing, event: Event, now: float) -> Actions:
    """The caller begins to speak."""
    return turns.hear(now)


def caller_goes_on(turns: Standing, event: Event, now: float) -> Actions:
    """It was a pause only; an answer that was begun early is not wanted."""
    return *turns.discard(), *turns.hear(now)


def caller_pauses(turns: Standing, event: Event, now: float) -> Actions:
    """The caller falls silent, perhaps for good."""
    turns.words.awaited()
    turns.acoustic = None
    return Finalize(), *turns.pause(now)


def more_words(turns: Standing, event: Event, now: float) -> Actions:
    """While the caller speaks: new words say that it is the caller who does."""
    if turns.note(event, now):
        turns.hear(now)
    return ()


def words_in_silence(turns: Standing, event: Event, now: float) -> Actions:
    """Voice activity missed this caller, but the recogniser did not."""
    turns.note(event, now)
    if not turns.words.text:
        return ()
    turns.voiced_until = now
    return turns.pause(now)


def words_in_pause(turns: Standing, event: Event, now: float) -> Actions:
    """Each word weighs on how long the pause may be; in noise, a new one begins it anew."""
    if turns.note(event, now) and turns.voice:
        turns.voiced_until = now
    return turns.pause(now)


def scored(turns: Standing, event: Event, now: float) -> Actions:
    """So does how it sounded."""
    assert isinstance(event, EndScored)
    turns.acoustic = event.probability
    return turns.pause(now)


def pause_is_long(turns: Standing, event: Event, now: float) -> Actions:
    """It is our turn, as soon as all words are there."""
    if turns.words.closed:
        return turns.answer(now)
    turns.enter(State.FINISHING, now + turns.settings.final_timeout)
    return ()


def last_words(turns: Standing, event: Event, now: float) -> Actions:
    """The words that were waited for."""
    turns.note(event, now)
    return turns.answer(now) if turns.words.closed else ()


def utterance_is_long(turns: Standing, event: Event, now: float) -> Actions:
    """Speech without a pause: a long story, words that have ended in noise, or only noise."""
    if not turns.words.text:
        return turns.nobody(now, heard_something=True)
    if now >= turns.longest_until():
        return turns.answer(now)
    turns.voiced_until = turns.worded_at
    turns.words.awaited()
    return Finalize(), *turns.pause(now)


def take_what_there_is(turns: Standing, event: Event, now: float) -> Actions:
    """They do not come."""
    return turns.answer(now)


def pressed(turns: Standing, event: Event, now: float) -> Actions:
    """A key: one of a number, of a menu, or the beginning of a turn."""
    assert isinstance(event, Digit)
    before = turns.silence_us(now)
    turns.idle.somebody()
    if turns.field is not None:
        return *before, *turns.take(turns.field.key(event.key, now), now)
    turns.keys.press(event.key, now)
    if turns.keys.complete or turns.asked in (Asked.MENU, Asked.YES_NO):
        return *before, *turns.answer(now)
    turns.enter(State.KEYING, turns.keys.deadline)
    return *before, *(turns.prepare_once(turns.keys.text) if turns.keys.single else ())


def pressed_while_announcing(turns: Standing, event: Event, now: float) -> Actions:
    """Kept until what we say has been heard."""
    assert isinstance(event, Digit)
    turns.keys.press(event.key, now)
    return ()


def keys_are_over(turns: Standing, event: Event, now: float) -> Actions:
    """No other key has come."""
    if turns.field is not None:
        return turns.take(turns.field.elapsed(now), now)
    return turns.answer(now)
