"""The rules for a caller who speaks while we do: lower, hush, go on, or give up the turn."""

from bot.call.actions import End, Finalize, GoOn, Hush, Lower
from bot.call.standing import Actions, Standing, State
from bot.core.events import Elapsed, Event, ReplyEnded
from bot.hindi.nods import may_be_nod

LOOK = 0.032
"""Seconds between two looks whether it is surely speech: a frame of voice activity."""
LISTEN = 0.2
"""Seconds between two looks whether it still is, once we are silent."""


def starts_over_us(turns: Standing, event: Event, now: float) -> Actions:
    """Perhaps the caller wants the turn, perhaps it is nothing."""
    turns.words.clear()
    turns.overlapped = True
    if turns.answering and not turns.saying:
        # Nothing has sounded yet: it is the caller who goes on, and not over us.
        return _hush(turns, now)
    turns.enter(State.OVERLAP, now + LOOK)
    return (Lower(),)


def overlap_was_short(turns: Standing, event: Event, now: float) -> Actions:
    """Too short to be anything; should there be words after all, they will come."""
    turns.enter(State.SPEAKING, None)
    return GoOn(), Finalize()


def overlap_lasts(turns: Standing, event: Event, now: float) -> Actions:
    """Perhaps long enough to be speech; a cough is hardly ever so surely voiced."""
    assert isinstance(event, Elapsed)
    barge_in = turns.settings.barge_in
    if event.sure < barge_in.confirm:
        turns.enter(State.OVERLAP, now + LOOK)
        return ()
    if not barge_in.verdict:
        return turns.interrupted(now)
    return _hush(turns, now)


def words_over_us(turns: Standing, event: Event, now: float) -> Actions:
    """Words decide: a nod, or the caller's turn."""
    turns.note(event, now)
    text = turns.words.text
    if text and not _only_a_nod(turns, now):
        return turns.interrupted(now)
    if turns.state is State.HUSHED and turns.words.closed and not turns.voice:
        return false_alarm(turns, event, now)
    return ()


def late_words(turns: Standing, event: Event, now: float) -> Actions:
    """The words of an overlap that had seemed to be nothing."""
    if not turns.overlapped:
        return ()
    turns.note(event, now)
    if not turns.words.text or _only_a_nod(turns, now):
        return ()
    return turns.interrupted(now)


def _hush(turns: Standing, now: float) -> Actions:
    turns.hushed_at = now
    turns.enter(State.HUSHED, now + LISTEN)
    return (Hush(),)


def _only_a_nod(turns: Standing, now: float) -> bool:
    """Whether these words, said for so long, are or may become a nod."""
    short = turns.spoke_for(now) <= turns.settings.barge_in.longest_nod
    return short and turns.nods_count() and may_be_nod(turns.words.text)


def falls_silent_again(turns: Standing, event: Event, now: float) -> Actions:
    """The caller is silent as well: now the words are due."""
    turns.words.awaited()
    turns.enter(State.HUSHED, now + turns.settings.barge_in.verdict)
    return (Finalize(),)


def speaks_again(turns: Standing, event: Event, now: float) -> Actions:
    """No verdict yet, and more to judge."""
    turns.enter(State.HUSHED, now + LISTEN)
    return ()


def no_verdict(turns: Standing, event: Event, now: float) -> Actions:
    """No words yet. Silence was nothing; nor is a voice that we are no more sure of."""
    assert isinstance(event, Elapsed)
    if not turns.voice:
        return false_alarm(turns, event, now)
    if event.unsure >= turns.settings.barge_in.verdict:
        return *false_alarm(turns, event, now), Finalize()
    if now - turns.hushed_at >= turns.settings.idle.noise:
        return turns.interrupted(now)
    turns.enter(State.HUSHED, now + LISTEN)
    return ()


def false_alarm(turns: Standing, event: Event, now: float) -> Actions:
    """It was nothing, or a nod."""
    turns.enter(State.SPEAKING, None)
    return (GoOn(),)


def we_finish_under_caller(turns: Standing, event: Event, now: float) -> Actions:
    """Our reply is at its end while the caller speaks: now it is the caller's turn."""
    assert isinstance(event, ReplyEnded)
    if event.wish is not None:
        return (End(event.wish),)  # all of it was heard
    if turns.answering and event.error is None:
        turns.failures = 0
    turns.asked_by(turns.saying)
    turns.parting = None
    turns.idle.begin(now)
    turns.begin_field(now)
    return turns.hear(now) if turns.voice else turns.pause(now)
