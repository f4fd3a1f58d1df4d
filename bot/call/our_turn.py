"""The rules for the end of what we say, for notices, and for a caller who says nothing."""

from bot.call.actions import End, Finalize
from bot.call.phrasebook import Phrase
from bot.call.standing import Actions, Standing, State
from bot.core.events import Elapsed, Ending, Event, ReplyEnded
from bot.hindi.nods import is_nod


def nobody_speaks(turns: Standing, event: Event, now: float) -> Actions:
    """Silence has lasted too long; or the caller is on hold."""
    assert isinstance(event, Elapsed)
    held = turns.idle.held(event.without_frames, now)
    if held is not None:
        if held:
            return turns.close(Phrase.GOODBYE, Ending.HANG_UP, now)
        turns.enter(State.LISTENING, turns.idle.deadline)
        return ()
    if turns.field is not None:
        return turns.take(turns.field.elapsed(now), now)
    return turns.nobody(now, heard_something=False)


def no_beep(turns: Standing, event: Event, now: float) -> Actions:
    """No beep was heard of an answering machine: the message is said all the same."""
    return turns.close(Phrase.MACHINE, Ending.HANG_UP, now)


def we_finish(turns: Standing, event: Event, now: float) -> Actions:
    """Our reply was said, or failed: it is the caller's turn, or the call is over."""
    assert isinstance(event, ReplyEnded)
    turns.asked_by(turns.saying)
    if turns.parting is not None:
        return (End(turns.parting),)
    if event.error is not None and not turns.messaging:
        return turns.failed(now)
    if turns.answering:
        turns.failures = 0
    if event.wish is not None:
        return (End(event.wish),)
    turns.begin_field(now)
    return turns.listen(now)


def announced(turns: Standing, event: Event, now: float) -> Actions:
    """What the caller said or pressed meanwhile is not lost."""
    assert isinstance(event, ReplyEnded)
    turns.asked_by(turns.saying)
    notice, turns.notice = turns.notice, False
    if turns.parting is not None:
        return (End(turns.parting),)
    if event.error is not None and not notice:
        return turns.failed(now)
    turns.idle.begin(now)
    if turns.keys:
        turns.enter(State.KEYING, now + turns.settings.keys_pause)
        return ()
    if turns.words.text and not is_nod(turns.words.text):
        return turns.hear(now) if turns.voice else turns.pause(now)
    return turns.say(turns.greeting) if notice else turns.listen(now)


def note_only(turns: Standing, event: Event, now: float) -> Actions:
    """What is said now is answered later."""
    turns.note(event, now)
    return ()


def ask_for_words(turns: Standing, event: Event, now: float) -> Actions:
    """The caller has spoken over what has to be heard."""
    turns.words.awaited()
    return (Finalize(),)


def last_words_said(turns: Standing, event: Event, now: float) -> Actions:
    """That was the end, said or not."""
    return (End(turns.parting or Ending.HANG_UP),)
