"""Recordings: a continuous sound out of frames that come when they come."""

import pytest

from bot.sip.recording import LONGEST, Recording
from tests.sip.sounds import tone

SILENCE = bytes(320)
LOUD = tone(1000, 8000, 0.02)


def recording(pattern, start=10.0):
    """One frame per letter, 20 ms apart: s silence, l loud, - a frame that never came."""
    made = Recording(8000)
    for number, letter in enumerate(pattern):
        if letter != "-":
            made.add(start + number * 0.02, {"s": SILENCE, "l": LOUD}[letter])
    return made


def test_frames_that_come_in_time_join_without_a_seam():
    """A few milliseconds of jitter do not put anything between two frames."""
    heard = Recording(8000)
    for number in range(50):
        heard.add(10 + number * 0.02 + (number % 3) * 0.004, LOUD)
    assert heard.pcm() == LOUD * 50


def test_what_did_not_come_is_silence():
    """Half a second without frames is half a second of silence."""
    assert recording("l" + "-" * 25 + "l").pcm() == LOUD + SILENCE * 25 + LOUD


def test_a_span_has_its_length_whatever_came():
    """A span begins and ends where it was asked for, filled up with silence."""
    heard = recording("lll", start=10.5)
    sound = heard.pcm(10.0, 11.0)
    assert len(sound) == 16000
    assert sound[:8000] == SILENCE * 25
    assert sound[8000:8960] == LOUD * 3
    assert recording("").pcm(0.0, 0.1) == bytes(1600)


def test_two_recordings_of_one_span_have_one_length():
    """However the first frames fell, both sides of a call fit together sample by sample."""
    one, other = recording("l", start=0.00003), recording("l", start=0.00011)
    for step in range(50):
        end = 1 + step / 50 / 8000
        assert len(one.pcm(0.0, end)) == len(other.pcm(0.0, end))


def test_a_span_may_begin_within_a_frame():
    """A frame that came just before the span sounds into it: no seam, no silence."""
    heard = recording("llll")
    assert heard.pcm(10.01, 10.07) == (LOUD * 4)[160:1120]


def test_the_first_sound_after_an_instant():
    """Sound before the instant does not count, silence after it neither."""
    heard = recording("lsssl")
    assert heard.first_sound_after(10.01) == pytest.approx(10.08)
    assert heard.first_sound_after(10.09) is None
    assert heard.last_sound_before(10.07) == 10.0


def test_silence_begins_after_the_last_sound():
    """The silence that lasts long enough counts, not the pause between two words."""
    assert recording("ll" + "s" * 5 + "l" + "s" * 30).silent_from(10.0) == pytest.approx(10.16)


def test_frames_that_do_not_come_are_silence_too():
    """A peer that stops sending is silent, once time or a later frame shows it."""
    assert recording("ll").silent_from(10.0) is None
    assert recording("ll").silent_from(10.0, until=11.0) == pytest.approx(10.04)
    assert recording("ll" + "-" * 30 + "l").silent_from(10.0) == pytest.approx(10.04)


def test_no_silence_is_found_where_they_never_stop():
    """One who talks on is not silent."""
    assert recording("l" * 100).silent_from(10.0) is None


def test_levels_tell_sound_from_silence():
    """A sine of amplitude 8000 is at -15 dBFS; what did not come is at -100."""
    levels = recording("l" + "-" * 5 + "l").levels()
    assert levels[0] == pytest.approx(-15.3, abs=0.1)
    assert levels[1:6] == [-100.0] * 5


def test_gaps_are_the_times_between_frames():
    """One lost frame shows as 40 ms."""
    assert recording("ll-l").gaps() == pytest.approx([0.02, 0.04])


def test_an_endless_call_does_not_fill_the_memory():
    """After an hour the oldest minute is forgotten."""
    heard = Recording(8000)
    for number in range(int(LONGEST / 0.02) + 10):
        heard.add(number * 0.02, b"\0\0")
    assert len(heard.frames) <= LONGEST / 0.02
    assert heard.frames[0].at == pytest.approx(60.0)
