"""What our own last words ask for."""

import pytest

from bot.config import FieldSettings, PhraseSettings
from bot.hindi.asked import Asked, what_was_asked
from tests.hindi.tables import table


@pytest.mark.parametrize(("asked", "text"), table("asked"))
def test_what_was_asked(asked, text):
    """A yes or no, a number, a key, anything, or nothing."""
    assert what_was_asked(text) is Asked(asked)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        (PhraseSettings().greeting, Asked.OPEN),
        (PhraseSettings().silence, Asked.OPEN),
        (PhraseSettings().apology, Asked.OPEN),
        (PhraseSettings().goodbye, Asked.NOTHING),
        (PhraseSettings().give_up, Asked.NOTHING),
        (FieldSettings().ask_again.format(digits="दस"), Asked.NUMBER),
        (FieldSettings().too_few.format(heard="नौ आठ", missing="आठ"), Asked.NUMBER),
        (FieldSettings().confirm.format(heard="नौ आठ सात"), Asked.YES_NO),
        (FieldSettings().wrong_key, Asked.MENU),
    ],
)
def test_our_own_phrases(text, asked):
    """What the bot says by itself is understood as it is meant."""
    assert what_was_asked(text) is asked


def test_only_the_end_counts():
    """A question that we went on after is no longer asked."""
    assert what_was_asked("क्या मैं भेज दूँ? " * 200 + "मैंने भेज दिया है।") is Asked.NOTHING
