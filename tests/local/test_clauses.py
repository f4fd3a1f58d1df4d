"""What of a text is spoken, and in which pieces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.local.clauses import clauses, spoken
from bot.local.tts import words_by_letters, words_in_time


def texts(text):
    """The clauses' texts."""
    return [clause.text for clause in clauses(spoken(text))]


def test_a_reply_is_cut_at_its_marks():
    """Each mark ends a clause, so the first one is heard early."""
    assert texts("नमस्ते, आपका स्वागत है। मैं कैसे मदद करूँ?") == [
        "नमस्ते,",
        "आपका स्वागत है।",
        "मैं कैसे मदद करूँ?",
    ]


def test_a_tiny_opening_is_spoken_with_what_follows():
    """ "जी," alone would be over long before the next clause is made, and leave a gap."""
    assert texts("जी, आपका बिल भेज दिया है। और कुछ?") == ["जी, आपका बिल भेज दिया है।", "और कुछ?"]


def test_pauses_follow_the_marks():
    """A full stop pauses longer than a comma, and a mere cut not at all."""
    [comma, stop, none] = clauses("अच्छा, हाँ। ठीक")
    assert stop.pause > comma.pause > none.pause == 0


def test_the_melody_follows_the_mark():
    """A question rises, a sentence falls, and what was cut goes on."""
    endings = [clause.ending for clause in clauses("अच्छा, सच? हाँ। जी")]
    assert endings == [".", "?", ".", ","]


def test_a_long_opening_is_cut_after_a_phrase():
    """Its first half is heard while the second is made; later clauses stay whole."""
    long = "आपका इस महीने का बिल बारह सौ पैंतालीस रुपये है।"
    assert texts(f"{long} {long}") == [
        "आपका इस महीने का बिल",
        "बारह सौ पैंतालीस रुपये है।",
        long,
    ]


@pytest.mark.parametrize(
    ("written", "heard"),
    [
        ("**बिल** ₹1,245 है", "बिल 1245 रुपये है"),
        ("<speak>जी <break/> हाँ</speak>", "जी हाँ"),
        ("छूट 20% 🙂", "छूट 20 प्रतिशत"),
        ("- पहला\n- दूसरा", "- पहला\n- दूसरा"),
    ],
)
def test_marks_without_sound_are_dropped(written, heard):
    """Mark-up, tags and emoji are not read out; currency and percent become words."""
    assert spoken(written) == heard


@pytest.mark.parametrize("text", ["", "   ", "...", "?!", "🙂", "***", "<br/>"])
def test_nothing_to_say_gives_no_clause(text):
    """A text without a letter or digit makes no sound."""
    assert texts(text) == []


def test_decimals_and_times_stay_whole():
    """A dot or colon inside a number ends nothing."""
    assert texts("10:30 बजे 2.5 किलो") == ["10:30 बजे 2.5 किलो"]


@given(st.text(alphabet="कखगाि ,।?.a1\n", max_size=600))
def test_no_letter_is_lost_and_no_clause_is_too_long(text):
    """Whatever the text, its letters come out in order, in pieces short enough for the model."""
    pieces = clauses(text)
    assert all(len(piece.text) <= 160 for piece in pieces)
    letters = [letter for letter in text if letter.isalnum()]
    assert [letter for piece in pieces for letter in piece.text if letter.isalnum()] == letters


def test_words_take_their_times_from_the_phonemes():
    """Blanks between phonemes part the words; the first end is that of the lead-in."""
    ends = [0.1, 0.2, 0.3, 0.35, 0.5, 0.6]
    words = words_in_time("क खग", ["k", "a", " ", "g", "."], ends, 0.55)
    assert [(word.text, word.start, word.end) for word in words] == [
        ("क", 0.1, 0.3),
        ("खग", 0.35, 0.55),
    ]


def test_numbers_that_are_spoken_as_several_words_share_time_by_letters():
    """Where spoken and written words differ, times are an estimate, in order and complete."""
    words = words_in_time("15 तक", ["p", " ", "d", " ", "t", "."], [0.0] * 7, 1.0)
    assert [word.text for word in words] == ["15", "तक"]
    assert words[0].end == words[1].start
    assert words[-1].end == 1.0


def test_marks_that_stand_alone_are_no_words():
    """A dash or a danda by itself has no time."""
    assert [word.text for word in words_by_letters("जी - हाँ ।", 0.0, 1.0)] == ["जी", "हाँ"]
