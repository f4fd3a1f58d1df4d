"""Which written words were heard, by the spoken ones."""

import pytest

from bot.hindi.aloud import as_written
from bot.hindi.spoken import aloud

BILL = aloud("जी 🙂 ₹1,250 , 25 दिसंबर 2024 तक ।")
"""जी | एक हज़ार दो सौ पचास रुपये, | पच्चीस दिसंबर दो हज़ार चौबीस | तक।"""


def test_marks_cling_to_the_word_before_and_pictures_are_not_said():
    """What is given to the synthesizer has words only."""
    assert BILL.said == "जी एक हज़ार दो सौ पचास रुपये, पच्चीस दिसंबर दो हज़ार चौबीस तक।"


@pytest.mark.parametrize(
    ("words", "heard"),
    [
        (0, ""),
        (1, "जी 🙂"),
        (6, "जी 🙂"),
        (7, "जी 🙂 ₹1,250 ,"),
        (11, "जी 🙂 ₹1,250 ,"),
        (12, "जी 🙂 ₹1,250 , 25 दिसंबर 2024"),
        (13, "जी 🙂 ₹1,250 , 25 दिसंबर 2024 तक ।"),
        (99, "जी 🙂 ₹1,250 , 25 दिसंबर 2024 तक ।"),
    ],
)
def test_a_written_word_is_heard_when_all_that_is_said_for_it_was(words, heard):
    """Half an amount or half a date is none; what has no sound goes with the word before."""
    assert BILL.heard(words) == heard


@pytest.mark.parametrize(
    ("told", "count"),
    [
        (["जी"], 1),
        (["जी", "एक", "हज़ार"], 3),
        (["जी", "एक", "ह"], 2),
        (["जी", "एक हज़ार", "दो", "सौ", "पचास", "रुपये"], 7),
        (["जी", ",", "एक"], 2),
        ([], 0),
    ],
)
def test_a_synthesizer_may_divide_the_words_elsewhere(told, count):
    """Letters are counted, so that marks, joined words and another encoding make no difference."""
    assert BILL.spoken_words(told) == count


def test_text_that_is_not_changed_is_heard_word_by_word():
    """As many words as are over."""
    assert as_written("एक दो तीन").heard(2) == "एक दो"
    assert aloud("एक दो तीन") == as_written("एक दो तीन")


@pytest.mark.parametrize("text", ["", "  ", "🙂", "**"])
def test_where_nothing_is_said_nothing_is_heard(text):
    """Pictures and marks alone."""
    assert aloud(text).said == ""
    assert aloud(text).heard(3) == ""


@pytest.mark.parametrize(
    ("before", "text", "said"),
    [
        ("आपका ऑर्डर नंबर,", "4521 है", "चार पाँच दो एक है"),
        ("आपका ऑर्डर नंबर।", "4521 है", "चार हज़ार पाँच सौ इक्कीस है"),
        ("शाम", "5 PM", "पाँच बजे"),
        ("aapka naam kya hai?", "main Ramesh", "मैं रमेश"),
        ("", "main office", "मेन ऑफ़िस"),
    ],
)
def test_what_was_said_just_before_counts(before, text, said):
    """It is not said again."""
    assert aloud(text, before=before).said == said
    assert aloud(text, before=before).heard(9) == text
