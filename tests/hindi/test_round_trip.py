"""A written value, said aloud and heard again, is the same value."""

from datetime import date, time
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.hindi.spoken import spoken
from bot.hindi.values import value

TODAY = date(2026, 11, 23)
heard_again = settings(deadline=None, max_examples=200)


def grouped(number: int) -> str:
    """With India's commas: 12,34,567."""
    text = str(number)
    head, last = text[:-3], text[-3:]
    pairs = [head[max(0, at - 2) : at] for at in range(len(head), 0, -2)]
    return ",".join([*reversed(pairs), last])


@heard_again
@given(st.integers(0, 99_99_99_999))
@example(100)
@example(1_00_00_000)
@example(10_01_001)
def test_a_number(number: int):
    """Up to a thousand million, from which on figures are said one by one."""
    assert value("amount", spoken(grouped(number))) == number
    assert value("count", spoken(grouped(number))) == number


@heard_again
@given(st.integers(0, 10**12), st.integers(0, 99))
@example(0, 50)
@example(1_001_00_00_000, 0)
@example(1, 0)
def test_an_amount_of_money(rupees: int, paise: int):
    """Rupees and paise, with India's commas."""
    found = value("amount", spoken(f"₹{grouped(rupees)}.{paise:02}"))
    assert found == Decimal(rupees) + Decimal(paise) / 100


@heard_again
@given(
    st.integers(1, 999), st.sampled_from(["", ".25", ".5", ".75", ".4"]),
    st.sampled_from([("हज़ार", 10**3), ("लाख", 10**5), ("करोड़", 10**7)]),
)  # fmt: skip
def test_an_amount_in_lakhs_and_halves(whole: int, part: str, scale: tuple[str, int]):
    """सवा, डेढ़, ढाई, साढ़े, पौने, or exactly."""
    name, worth = scale
    assert value("amount", spoken(f"₹{whole}{part} {name}")) == Decimal(f"{whole}{part}") * worth


@heard_again
@given(st.lists(st.from_regex("[0-9]{3,6}", fullmatch=True), min_size=1, max_size=3))
@example(["9811"])
def test_digits_that_a_recogniser_writes_in_figures(groups: list[str]):
    """None is lost, however often one is repeated."""
    assert value("digits", " ".join(groups)) == "".join(groups)


@heard_again
@given(st.from_regex("[6-9][0-9]{9}", fullmatch=True), st.sampled_from(["{}", "{}-{}", "{} {}"]))
def test_a_telephone_number(digits: str, form: str):
    """In one piece, and in five and five."""
    parts = [digits] if form == "{}" else [digits[:5], digits[5:]]
    assert value("digits", spoken(f"मोबाइल नंबर {form.format(*parts)}")) == digits


@heard_again
@given(st.from_regex("[0-9]{4,16}", fullmatch=True), st.sampled_from(["ओटीपी", "खाता नंबर", "पिन"]))
def test_a_row_of_digits(digits: str, name: str):
    """An OTP, an account, a PIN."""
    assert value("digits", spoken(f"{name} {digits}")) == digits


@heard_again
@given(st.dates(date(1900, 1, 1), date(2036, 12, 31)))
def test_a_date(day: date):
    """As forms write it, and as the standard does."""
    for written in (
        f"{day:%d/%m/%Y}",
        f"{day:%Y-%m-%d}",
        f"{day:%d-%m-%Y}",
        f"{day.day} {day:%B %Y}",
    ):
        assert value("date", spoken(written), TODAY) == day, written


@pytest.mark.parametrize("minute", range(0, 60, 5))
@pytest.mark.parametrize("hour", range(24))
def test_a_time_of_the_day(hour: int, minute: int):
    """By the clock of twelve hours; by that of 24 where it can not be mistaken."""
    at = time(hour, minute)
    half = "AM" if hour < 12 else "PM"
    assert value("time", spoken(f"{hour % 12 or 12}:{minute:02} {half}")) == at
    if hour > 12 or hour == 0:
        assert value("time", spoken(f"{hour:02}:{minute:02}")) == at


@heard_again
@given(st.integers(0, 10**7))
def test_what_is_said_in_words_is_not_rewritten(number: int):
    """Spoken form and parser agree on words that are already spoken."""
    words = spoken(grouped(number))
    assert spoken(words) == words
