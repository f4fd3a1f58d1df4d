"""Nods, and yes and no."""

import pytest

from bot.hindi.nods import is_nod, may_be_nod, yes_or_no
from tests.hindi.tables import table

ANSWERS = {"yes": True, "no": False, "unclear": None}
NODS = """
हाँ, हां, हा, जी, जी हाँ, हाँ जी, हाँजी, अच्छा, अच्छा जी, अच्छा अच्छा, ठीक है, ठीक, ठीक है जी, हूँ
हम्म, ओके, ओ के
सही, सही है, हाँ हाँ, हाँ हाँ हाँ, बिल्कुल, जी बिल्कुल, जी जी, जी सर, हाँ भैया, हाँ ठीक है
अच्छा ठीक है, समझ गया, हाँ समझ गई
राइट, यस, जी, हाँ।, ओके ओके, हाई, हल, हांसी बिल्कुल, हाहा, चलिए ठीक है, haan, haan ji, ji, accha
theek hai
ok, okay, right, hmm, uh huh, yes, got it
"""
NO_NODS = """
हाँ लेकिन, हाँ तो, नहीं, जी नहीं, मेरा, हाँ मेरा बिल, अच्छा सुनिए, ठीक है कर दीजिए, जी बताइए
रुकिए, एक मिनट, क्या
हेलो, हाँ पर मुझे, नौ, ok but, no, wait, stop, हिंदी, हमारा, जीवन बीमा, सही नहीं है, ठीक नहीं है
हाँ कितना
हम, अच्छा बिल कितना है, समझ नहीं आया, हाँ हाँ हाँ हाँ हाँ हाँ हाँ हाँ हाँ
"""


def each(listed: str) -> list[str]:
    """The phrases of a list."""
    return [one.strip() for one in listed.replace("\n", ",").split(",") if one.strip()]


@pytest.mark.parametrize("text", each(NODS))
def test_nods(text):
    """Nothing but "I am listening", in all its spellings."""
    assert is_nod(text)


@pytest.mark.parametrize("text", [*each(NO_NODS), "", "।"])
def test_what_is_more_than_a_nod(text):
    """One word more, or a no, and the caller wants to speak."""
    assert not is_nod(text)


@pytest.mark.parametrize("text", each(NODS))
def test_every_beginning_of_a_nod_may_become_one(text):
    """However much of a nod was heard, it does not interrupt."""
    assert [text[:n] for n in range(len(text) + 1) if not may_be_nod(text[:n])] == []


@pytest.mark.parametrize("text", each("मेरा, हाँ मेरा, जी ब, रुकिए, नहीं, एक, जी नहीं, हाँ लेकिन, बिजली"))
def test_other_words_can_not_become_a_nod(text):
    """As soon as another word has begun, the caller speaks."""
    assert may_be_nod(text) is (text == "जी ब")  # बिल्कुल


@pytest.mark.parametrize(("answer", "text"), table("answers"))
def test_answers(answer, text):
    """Yes, no, or neither."""
    assert yes_or_no(text) is ANSWERS[answer]


def test_answers_that_were_never_tuned_on():
    """At least 19 of 20 of the answers that no rule was made for."""
    rows = table("answers_held_out")
    assert sum(yes_or_no(text) is ANSWERS[answer] for answer, text in rows) / len(rows) >= 0.95


def test_no_request_of_a_caller_is_an_answer(speech_texts):
    """Sentences that are about something are neither yes nor no."""
    requests = [text for text in speech_texts if text.startswith(("मुझे", "मेरा", "मैं", "क्या", "आप"))]
    assert [text for text in requests if yes_or_no(text) is not None] == []


def test_a_speech_is_no_answer():
    """Who tells a story has not just said yes."""
    assert yes_or_no("हाँ " * 26) is None
