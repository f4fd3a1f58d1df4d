"""Recordings and callers told apart by their words."""

import pytest

from bot.hindi.machines import sounds_recorded
from tests.hindi.tables import table


@pytest.mark.parametrize(("recorded", "text"), table("recorded"))
def test_two_signs_make_a_recording(recorded, text):
    """Announcements and answering machines are known; callers with the same words are not."""
    assert sounds_recorded(text) is (recorded == "yes")


@pytest.mark.parametrize("name", ["endings", "endings_held_out", "answers", "answers_held_out"])
def test_no_caller_sounds_recorded(name):
    """None of the callers' sentences of the other tables is taken for a recording."""
    assert [text for _, text in table(name) if sounds_recorded(text)] == []


def test_what_the_recogniser_made_of_callers_is_no_recording(speech_texts):
    """Nor is any test sentence as it was said or heard."""
    assert [text for text in speech_texts if sounds_recorded(text)] == []


def test_a_second_time_the_same_sign_is_not_a_second_sign():
    """A caller may say "स्विच ऑफ़" and "बंद है" about the same telephone."""
    assert not sounds_recorded("मेरा फ़ोन बंद है, स्विच ऑफ़ है, बंद है")
