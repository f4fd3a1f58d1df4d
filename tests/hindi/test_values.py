"""Heard text to values: a table for each slot, and what may break none of them."""

import csv
from datetime import date, time
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.hindi.values import Slot, canonical, value

HERE = Path(__file__).parent
TODAY = date(2026, 11, 23)
"""A Monday."""


def rows() -> list[tuple[str, str, str]]:
    """Slot, canonical text ("-" for none), and what was said."""
    with (HERE / "values.tsv").open(encoding="utf-8", newline="") as file:
        lines = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        next(lines)
        return [(slot, found, text) for slot, found, text in lines]


@pytest.mark.parametrize(("slot", "found", "text"), rows(), ids=lambda part: part)
def test_a_value_is_heard(slot: str, found: str, text: str):
    """As people say it; "-" where there is no one value."""
    assert (canonical(value(slot, text, TODAY)) or "-") == found


def test_the_table_is_as_long_as_it_should_be():
    """At least 200 different rows, and every slot among them."""
    assert len(set(rows())) == len(rows()) >= 200
    assert {slot for slot, _, _ in rows()} == set(Slot)


def test_values_are_typed():
    """What a program gets; the text is only for what is written down."""
    assert value("amount", "डेढ़ रुपया") == Decimal("1.50")
    assert value("count", "दो") == 2
    assert value("date", "आज", TODAY) == TODAY
    assert value("time", "शाम पाँच बजे") == time(17, 0)
    assert value("yes_no", "नहीं") is False
    assert value("digits", "") is None


def test_today_is_the_day_in_india_by_default():
    """A date at most a day off from the one here."""
    found = value("date", "आज")
    assert isinstance(found, date)
    assert abs((found - date.today()).days) <= 1


def test_an_unknown_slot_is_an_error():
    """It names the slot."""
    with pytest.raises(ValueError, match="colour"):
        value("colour", "लाल")


TALK = """
एक दो पाँच बारह नब्बे सौ हज़ार लाख डेढ़ साढ़े सवा पौने रुपये पैसे बजे बजकर मिनट नहीं
कल परसों सोमवार अगस्त तारीख महीने अगले पिछले दिन बाद पहले है था को की ए बी जी डबल फॉर
5 1990 15/08 5:30 ₹ 1,25,000 दर्जन half past to twenty
"""


@settings(deadline=None)
@given(st.sampled_from(Slot), st.lists(st.sampled_from(TALK.split()), max_size=8))
def test_no_talk_breaks_it(slot: Slot, words: list[str]):
    """Any words in any order give a value, or none."""
    found = value(slot, " ".join(words), TODAY)
    assert (canonical(found) == "") is (found is None)


@settings(deadline=None)
@given(st.sampled_from(Slot), st.text(max_size=40))
def test_no_text_breaks_it(slot: Slot, text: str):
    """Whatever comes in."""
    found = value(slot, text, TODAY)
    assert (canonical(found) == "") is (found is None)
