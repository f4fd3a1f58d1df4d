"""Which language a caller asks for, and how English is mixed in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.hindi.language import Language, language_wanted, only_a_wish
from bot.hindi.mix import Mix, english_share, mix_of
from tests.hindi.tables import table


@pytest.mark.parametrize(("right", "text"), table("language"))
def test_a_wish_for_a_language_is_told_from_its_mention(right, text):
    """In either language and script."""
    assert language_wanted(text) == (None if right == "-" else Language(right))


ONLY = ["English please", "अंग्रेज़ी में बात कीजिए", "can we speak in English", "मुझे हिंदी नहीं आती"]
MORE = ["English में बताइए मेरा बिल कितना है", "speak English, what is my balance"]


@pytest.mark.parametrize("text", ONLY)
def test_a_wish_alone_needs_no_other_answer(text):
    """There is nothing else in it."""
    assert only_a_wish(text)


@pytest.mark.parametrize("text", MORE)
def test_a_wish_with_a_question_has_more_to_answer(text):
    """The question is left."""
    assert not only_a_wish(text)


MIXES = [
    (Mix.HINDI, "मेरा बिल कितना है"),
    (Mix.HINDI, "बिजली कब आएगी हमारे यहाँ"),
    (Mix.HINDI, "mera bill kitna hai"),
    (Mix.HINDI, "मुझे अपना पता बदलना है"),
    (Mix.MIXED, "मेरा ऑर्डर कैंसल कर दीजिए और रिफंड कब आएगा"),
    (Mix.MIXED, "सर मेरा इंटरनेट बहुत स्लो चल रहा है"),
    (Mix.MIXED, "actually मेरा payment pending दिख रहा है"),
    (Mix.MIXED, "mera order cancel kar dijiye"),
    (Mix.ENGLISH, "I want to cancel my order"),
    (Mix.ENGLISH, "please check my account balance"),
    (Mix.ENGLISH, "ऑर्डर स्टेटस चेक प्लीज़"),
    (None, "हाँ जी"),
    (None, "9876543210"),
]


@pytest.mark.parametrize(("right", "text"), MIXES)
def test_a_mix_is_measured_by_the_words(right, text):
    """Figures and names count for nothing; too few words tell nothing."""
    assert mix_of([text]) is right


def test_the_last_turns_together_tell_the_mix():
    """One English word in a long Hindi talk is no mix."""
    assert (
        mix_of(["मेरे घर में बिजली नहीं आ रही है", "सुबह से बंद है और बहुत गर्मी है", "चेक कीजिए"]) is Mix.HINDI
    )


@given(st.text(max_size=100))
def test_any_text_has_a_share(text):
    """Nothing a client writes raises."""
    assert 0 <= english_share(text) <= 1
    language_wanted(text)
