"""How alike words sound, and numbers in words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.local.assistant_numbers import (
    heard_digits,
    heard_number,
    spoken_digits,
    spoken_number,
)
from bot.local.assistant_sounds import Lexicon, sounding, sounds


def alike(one: str, other: str) -> float:
    """How alike two texts sound, 0 to 1."""
    return float(Lexicon([sounding(other)]).likeness(sounding(one))[0])


@pytest.mark.parametrize(
    ("one", "other"),
    [("साथ", "सात"), ("ज़ीरो", "जीरो"), ("हिन्दी", "हिंदी"), ("बिजली", "bijli"), ("फ़ोन", "पोन")],
)
def test_what_a_telephone_cannot_tell_apart_sounds_alike(one, other):
    """Aspiration, nukta, retroflexes and the script make little difference."""
    assert alike(one, other) > 0.85


@pytest.mark.parametrize(("one", "other"), [("बिल", "दुकान"), ("ऑर्डर", "शिकायत"), ("हाँ", "नहीं")])
def test_different_words_sound_different(one, other):
    """Consonants that differ keep words apart."""
    assert alike(one, other) < 0.55


def test_joined_words_sound_as_split_ones_do():
    """Where a word begins makes no difference to a whole text."""
    assert alike("आप की दु कान", "आपकी दुकान") == 1.0


@settings(deadline=None)
@given(st.text(), st.text())
def test_likeness_is_a_share_and_symmetric(one, other):
    """Any two texts have a likeness from 0 to 1, the same both ways."""
    there, back = alike(one, other), alike(other, one)
    assert 0.0 <= there <= 1.0
    assert there == pytest.approx(back)


@settings(deadline=None)
@given(st.text(min_size=1))
def test_a_text_sounds_like_itself(text):
    """Nothing is more alike than the same."""
    assert alike(text, text) == (1.0 if sounds(text) else 0.0)


@settings(deadline=None)
@given(st.integers(0, 999_999_999))
def test_a_spoken_number_is_heard_as_itself(number):
    """Numbers go into words and back, साठ (which sounds like सात) as well."""
    assert heard_number(spoken_number(number)) == number


@settings(deadline=None)
@given(st.text("0123456789", min_size=1, max_size=20))
def test_spoken_digits_are_heard_as_themselves(digits):
    """Digits go into words and back."""
    assert heard_digits(spoken_digits(digits)) == digits


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("98765 43210", "9876543210"),
        ("९८७६५", "98765"),
        ("डबल तीन सात", "337"),
        ("अट्ठानवे छिहत्तर", "9876"),
        ("मेरा नंबर नौ इट साथ छे हैं पांच चार तीन दो एक शून्य हैं", "9876543210"),
        ("कुछ नहीं", ""),
    ],
)
def test_digits_are_heard_among_other_words(text, digits):
    """Figures, pairs, doubles and misheard digits among digits all count."""
    assert heard_digits(text) == digits


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("पाँच सौ रुपये", 500),
        ("पंद्रह सौ", 1_500),
        ("2,025", 2_025),
        ("लाख", 100_000),
        ("एक लाख दस हज़ार एक", 110_001),
        ("9" * 40, None),
        ("रुपये", None),
    ],
)
def test_amounts_are_heard(text, number):
    """Hundreds, thousands and lakhs add up; nonsense is no number."""
    assert heard_number(text) == number
