"""How long a pause may be, by each sign."""

import pytest

from bot.call.endpoint import Signs, likely_over, wait
from bot.call.words import Words
from bot.config import EndOfTurnSettings
from bot.core.events import Transcript
from bot.hindi.asked import Asked

WEIGHTS = EndOfTurnSettings(
    base=0.7, shortest=0.2, longest=2.0, finished=-0.3, unfinished=0.7, hesitating=0.9, number=0.3,
    answered=-0.4, digits_missing=0.8, first_pass=-0.1, unstable=0.2, acoustic=0.4,
)  # fmt: skip


def heard(text, final=True, stability=0.0):
    """The caller's words."""
    words = Words()
    words.note(Transcript(text, final, stability))
    return words


WAITS = [
    # the signs, and the wait
    (Signs(heard("दीपक")), 0.7),
    (Signs(heard("मेरा बिल कितना है")), 0.4),
    (Signs(heard("मेरा बिल और")), 1.4),
    (Signs(heard("मुझे अम्म")), 1.6),
    (Signs(heard("मेरा नंबर नौ आठ")), 1.0),
    (Signs(heard("हाँ"), Asked.YES_NO), 0.3),
    (Signs(heard("नहीं"), Asked.YES_NO), 0.3),
    (Signs(heard("नौ आठ"), Asked.NUMBER, missing=8), 1.5),
    (Signs(heard("नौ आठ सात छह"), Asked.NUMBER, missing=0), 0.3),
    (Signs(heard("दीपक", final=False, stability=0.5)), 0.8),
    (Signs(heard("दीपक", final=False, stability=1.0)), 0.6),
    (Signs(heard("दीपक"), acoustic=1.0), 0.7),
    (Signs(heard("दीपक"), acoustic=0.5), 0.7),
    (Signs(heard("दीपक"), acoustic=0.0), 1.1),
    (Signs(heard("हाँ"), Asked.YES_NO, acoustic=0.0), 0.3),
    (Signs(heard("नौ आठ"), Asked.NUMBER, missing=8, acoustic=1.0), 1.5),
    (Signs(heard("मुझे अम्म"), acoustic=0.0), 2.0),
]


@pytest.mark.parametrize(("signs", "seconds"), WAITS)
def test_each_sign_has_its_weight(signs, seconds):
    """The base, what applies of the rest, and the bounds."""
    assert wait(signs, WEIGHTS) == pytest.approx(seconds)


def test_without_weights_it_is_a_fixed_pause():
    """All zero but the base."""
    none = dict.fromkeys(
        set(EndOfTurnSettings.model_fields) - {"acoustic_model", "no_new_words"}, 0.0
    )
    fixed = EndOfTurnSettings(**none | {"base": 0.7, "shortest": 0.1, "longest": 5.0})
    assert {wait(signs, fixed) for signs, _ in WAITS} == {0.7}


EARLY = [
    (Signs(heard("मेरा बिल कितना है")), True),
    (Signs(heard("मेरा बिल कितना है", final=False, stability=0.9)), True),
    (Signs(heard("मेरा बिल कितना है", final=False, stability=0.3)), True),
    (Signs(heard("दीपक", final=False, stability=0.5)), False),
    (Signs(heard("दीपक", final=False, stability=0.9)), True),
    (Signs(heard("मेरा बिल और")), False),
    (Signs(heard("मुझे अम्म")), False),
    (Signs(heard("नौ आठ"), Asked.NUMBER, missing=8), False),
    (Signs(heard("")), False),
]


@pytest.mark.parametrize(("signs", "likely"), EARLY)
def test_an_answer_is_begun_early_only_where_it_is_likely_wanted(signs, likely):
    """Whole words that will hardly change."""
    assert likely_over(signs) is likely
