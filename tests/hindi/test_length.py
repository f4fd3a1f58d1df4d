"""How long words last: the estimate against the embedded voice's own times."""

import pytest

from bench.heard_words import (
    FITTED_ON,
    by_letters,
    by_letters_unknown,
    by_syllables_unknown,
    late_by,
    read,
    words_off,
)
from bot.hindi.length import expected_seconds, word_ends

EVERY = read()
UNSEEN = [sentence for sentence in EVERY if sentence.voice not in FITTED_ON]


def mean_words_off(estimate, sentences):
    """Words off at a cut, over all cuts of all these sentences."""
    off = [
        abs(one)
        for sentence in sentences
        for one in words_off(sentence, estimate(sentence.text, sentence.length))
    ]
    return sum(off) / len(off)


def mean_seconds_off(estimate, sentences):
    """How far off a word's end is."""
    late = [
        one
        for sentence in sentences
        for one in late_by(sentence, estimate(sentence.text, sentence.length))
    ]
    return sum(late) / len(late)


def test_sounds_beat_letters_where_the_length_is_known():
    """In voices it was not fitted to, the estimate has fewer words wrong, and nearer ends."""
    assert mean_words_off(word_ends, UNSEEN) < 0.75 * mean_words_off(by_letters, UNSEEN)
    assert mean_seconds_off(word_ends, UNSEEN) < 0.75 * mean_seconds_off(by_letters, UNSEEN)


def test_sounds_beat_letters_where_the_length_is_unknown():
    """So it has over all voices, fast and slow, against a usual length of a letter."""
    ours = mean_words_off(by_syllables_unknown, EVERY)
    assert ours < 0.75 * mean_words_off(by_letters_unknown, EVERY)


def test_the_expected_length_is_near_the_real_one():
    """Within a quarter of it for nine sentences in ten."""
    near = [abs(expected_seconds(one.text) / one.length - 1) < 0.25 for one in EVERY]
    assert sum(near) / len(near) > 0.9


@pytest.mark.parametrize(
    "text",
    [
        "जी, आपका बिल 1,240 रुपये है।",
        "OTP 4471 please",
        "हाँ",
        "— । ?",
        "क़िस्त की ज़रूरत",
        "🙂 नमस्ते!",
    ],
)
def test_words_end_in_order_and_with_the_sound(text):
    """Each word of the text comes once, none before the one before it, the last at the end."""
    words = word_ends(text, 2.0)
    ends = [word.end for word in words]
    assert [word.text for word in words] == text.split()
    assert ends == sorted(ends)
    assert ends[-1] == pytest.approx(2.0)


def test_nothing_has_no_words_and_no_length():
    """Empty text is no sound."""
    assert word_ends("", 1.0) == ()
    assert expected_seconds("") == 0.0


def test_the_last_spoken_word_ends_before_marks_that_stand_alone():
    """A mark by itself is a pause, and takes nothing from the words."""
    assert expected_seconds("हाँ जी —") == pytest.approx(expected_seconds("हाँ जी"), abs=0.15)


def test_a_pause_belongs_to_no_word():
    """After a comma, the next word begins later."""
    ends = [word.end for word in word_ends("जी, जी", 1.0)]
    assert ends[0] < 0.5


def test_the_nukta_changes_no_length():
    """However the letter is encoded, it lasts as long."""
    assert expected_seconds("\u095c") == expected_seconds("\u0921\u093c") == expected_seconds("ड")
