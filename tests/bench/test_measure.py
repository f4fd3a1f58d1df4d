"""What the bench finds in frames where something was planted."""

import pytest

from bench.turn_taking.measure import Stop, Tape, cut_off, false_stops, stops, wait
from tests.bench.script import (
    caller_who_said,
    frames,
    lowered,
    silence,
    source,
    utterance,
)

REPLY = source()
WORD = utterance(("हाँ", 0.0, 0.5))
NOBODY = caller_who_said()


def tape(*pieces):
    """The frames of all pieces, one after another."""
    return Tape([frame for piece in pieces for frame in piece], [REPLY])


def test_a_whole_reply_has_no_stop():
    """From its first frame to its last."""
    whole = tape(silence(0.0, 1.0), frames(REPLY.pcm, 1.0), silence(5.0, 1.0))
    assert stops(whole, 6.0) == []
    assert whole.seconds() == pytest.approx(4.0)


def test_a_planted_false_stop_is_found():
    """Silence of more than 60 ms in a reply, with nobody speaking."""
    first = frames(REPLY.pcm, 0.0, 0.0, 2.0)
    broken = tape(first, silence(2.0, 0.5), frames(REPLY.pcm, 2.5, 1.7))
    assert false_stops(broken, NOBODY, 9.0) == [Stop(pytest.approx(2.0), resumed=True)]


def test_a_reply_that_never_goes_on_was_interrupted():
    """Another reply after it, or nothing."""
    first = frames(REPLY.pcm, 0.0, 0.0, 2.0)
    anew = tape(first, silence(2.0, 0.5), frames(REPLY.pcm, 2.5))
    assert [stop.resumed for stop in stops(anew, 9.0)] == [False]
    nothing = tape(first, silence(2.0, 3.0))
    assert [stop.resumed for stop in stops(nothing, 9.0)] == [False]


def test_a_gap_of_60_ms_is_no_stop():
    """Nobody hears it as one."""
    first = frames(REPLY.pcm, 0.0, 0.0, 2.0)
    assert stops(tape(first, silence(2.0, 0.06), frames(REPLY.pcm, 2.06, 2.0)), 9.0) == []


def test_a_stop_that_the_caller_caused_is_not_false():
    """The caller spoke just before it."""
    first = frames(REPLY.pcm, 0.0, 0.0, 2.0)
    broken = tape(first, silence(2.0, 3.0))
    assert false_stops(broken, caller_who_said((WORD, 1.7)), 9.0) == []
    assert len(false_stops(broken, caller_who_said((WORD, 4.0)), 9.0)) == 1


def test_a_lowered_voice_is_found():
    """From its first lowered frame; 3 dB are not enough."""
    sent = frames(REPLY.pcm)
    low = Tape([*sent[:100], *lowered(sent[100:120], 12.0), *sent[120:]], [REPLY])
    assert low.lowered_from(1.0) == pytest.approx(2.0)
    assert low.lowerings() == 1
    assert low.gains[110] == pytest.approx(0.25, abs=0.02)
    assert low.silent_from(1.0) == pytest.approx(4.0)
    slight = Tape([*sent[:100], *lowered(sent[100:120], 3.0), *sent[120:]], [REPLY])
    assert slight.lowerings() == 0


def test_a_planted_cut_off_is_found():
    """We spoke in the caller's pause, or between the words."""
    caller = caller_who_said((utterance(("मेरा", 0.0, 0.4), ("बिल", 1.4, 1.8)), 1.0))
    said = caller.said[0]
    early = tape(silence(0.0, 2.0), frames(REPLY.pcm, 2.0))
    patient = tape(silence(0.0, 3.1), frames(REPLY.pcm, 3.1))
    assert cut_off(early, said)
    assert not cut_off(patient, said)
    assert wait(patient, said) == pytest.approx(0.3)


def test_nothing_after_the_caller_is_no_wait():
    """A caller who gets no answer has waited for nothing that could be timed."""
    assert wait(tape(silence(0.0, 5.0)), caller_who_said((WORD, 1.0)).said[0]) is None
