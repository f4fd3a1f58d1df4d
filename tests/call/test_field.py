"""A number by keys, voice or both: a table of whole entries, and each rule as a story."""

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.call.field import Abandoned, Collected, Collector, Step, Tell
from bot.config import FieldSettings
from bot.core.numbers import NumberWanted
from bot.hindi.asked import Asked
from bot.hindi.counting import NUMBERS

SETTINGS = FieldSettings()
NUMBER = "9876543210"
SPOKEN = "नौ आठ सात छह पाँच चार तीन दो एक शून्य"
READ_BACK = "आपने नौ आठ सात छह पाँच, चार तीन दो एक शून्य बताया। क्या यह सही है?"


class Caller:
    """Somebody who gives a number, and listens to the end of what we say."""

    def __init__(self, wanted: NumberWanted, settings: FieldSettings = SETTINGS) -> None:
        self.now = 0.0
        self.field = Collector(wanted, settings, self.now)
        self.field.listen(self.now)
        self.told: list[str] = []

    def says(self, text: str) -> Step:
        """Speak for two seconds."""
        self.now += 2.0
        return self._heard(self.field.words(text, self.now))

    def presses(self, keys: str) -> Step:
        """Press keys, half a second each."""
        step: Step = None
        for key in keys:
            self.now += 0.5
            step = self._heard(self.field.key(key, self.now))
        return step

    def waits(self) -> Step:
        """Say nothing until the deadline."""
        assert self.field.deadline is not None
        self.now = self.field.deadline
        return self._heard(self.field.elapsed(self.now))

    def does(self, step: str) -> Step:
        """One step of the table."""
        if step == "...":
            return self.waits()
        return self.presses(step[5:]) if step.startswith("keys ") else self.says(step)

    def _heard(self, step: Step) -> Step:
        if isinstance(step, Tell):
            self.told.append(step.text)
            self.now += 3.0
            self.field.listen(self.now)
        return step


def wanted(
    digits: str = "10", secret: bool = False, confirm: bool = False, choices: str = ""
) -> NumberWanted:
    """A number of so many digits: "10", or "4-8"."""
    least, _, most = digits.partition("-")
    return NumberWanted("number", int(least), int(most or least), secret, confirm, tuple(choices))


def parsed(text: str) -> NumberWanted:
    """What the table calls "4-8 secret confirm", or "menu 129"."""
    first, *flags = text.split()
    if first == "menu":
        return wanted("1", choices=flags[0])
    return wanted(first, "secret" in flags, "confirm" in flags)


def outcome(step: Step) -> str:
    """How the table writes it."""
    if isinstance(step, Collected):
        return step.digits
    if isinstance(step, Abandoned):
        return f"gone {step.words}" if step.words else "none"
    return f"unfinished: {step}"


def entries() -> list[dict[str, str]]:
    """The table."""
    with (Path(__file__).parent / "number_entries.tsv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.mark.parametrize("row", entries(), ids=lambda row: f"{row['wanted']}: {row['steps']}")
def test_whole_entries_end_as_they_should(row: dict[str, str]):
    """Spoken, typed, mixed and corrected numbers, menus, and callers who want something else."""
    caller = Caller(parsed(row["wanted"]))
    *before, last = row["steps"].split(" / ")
    for step in before:
        assert not isinstance(caller.does(step), Collected | Abandoned), (step, caller.told)
    assert outcome(caller.does(last)) == row["outcome"], caller.told


def test_a_mobile_number_is_read_back_five_and_five():
    """As India writes it, each digit a word; yes makes it believed."""
    caller = Caller(wanted(confirm=True))
    caller.says(SPOKEN)
    assert caller.told == [READ_BACK]
    assert caller.field.asked is Asked.YES_NO
    assert caller.says("हाँ जी") == Collected(NUMBER)


def test_a_correction_while_confirming_is_read_back_anew():
    """ "नहीं, आख़िरी में चार है" needs no second dictation."""
    caller = Caller(wanted("4", confirm=True))
    caller.says("नौ आठ सात छह")
    caller.says("नहीं, आख़िरी में चार है")
    assert caller.told[-1] == "आपने नौ आठ सात चार बताया। क्या यह सही है?"


def test_a_no_asks_for_the_number_anew():
    """Nothing of the wrong number is kept."""
    caller = Caller(wanted(confirm=True))
    caller.says(SPOKEN)
    assert caller.says("नहीं") == Tell(SETTINGS.again)
    assert caller.field.asked is Asked.NUMBER
    assert caller.field.missing() == 10


def test_keys_that_stop_too_early_are_asked_for_the_rest():
    """After the pause between keys: what was understood, and how much is missing."""
    caller = Caller(wanted("6"))
    assert caller.presses("482") is None
    assert caller.field.deadline == caller.now + SETTINGS.inter_digit
    assert caller.waits() == Tell("मुझे चार आठ दो मिला। तीन अंक और चाहिए, कृपया बाक़ी अंक बताइए।")
    assert caller.presses("913") == Collected("482913")


def test_too_many_digits_begin_anew():
    """The caller hears how many they were; none is kept."""
    caller = Caller(wanted("4"))
    assert caller.says("एक दो तीन चार पाँच") == Tell(
        "यह पाँच अंक हो गए, जबकि चार चाहिए। कृपया फिर से बताइए।"
    )
    assert caller.says("एक दो तीन चार") == Collected("1234")


def test_the_last_key_ends_a_number_at_once():
    """Without waiting for the terminator."""
    caller = Caller(wanted("4"))
    assert caller.presses("1234") == Collected("1234")


def test_the_terminator_before_any_digit_asks_again():
    """It is no number."""
    caller = Caller(wanted("4-8"))
    assert caller.presses("#") == Tell("कृपया चार से आठ अंक बताइए या दबाइए।")


def test_other_terminators_and_none():
    """The keys are the settings'; an empty one is no key."""
    settings = SETTINGS.model_copy(update={"terminator": "*", "clear": ""})
    caller = Caller(wanted("4-8"), settings)
    assert caller.presses("1234#") is None
    assert caller.presses("*") == Collected("1234")


def test_a_key_over_our_question_begins_the_entry():
    """Keys need no silence of ours: the deadline runs from the key."""
    field = Collector(wanted("4"), SETTINGS, 0.0)
    assert field.deadline is None
    assert field.key("1", 1.0) is None
    assert field.deadline == 1.0 + SETTINGS.inter_digit


def test_time_that_has_not_passed_changes_nothing():
    """An early call is none."""
    field = Collector(wanted("4"), SETTINGS, 0.0)
    field.listen(0.0)
    assert field.elapsed(SETTINGS.first_digit - 0.1) is None
    assert isinstance(field.elapsed(SETTINGS.first_digit), Tell)


@pytest.mark.parametrize(
    ("said", "missing"),
    [("", 10), ("नौ आठ सात", 7), ("नौ आठ डबल सात", 6), (SPOKEN, 0), ("अम्म", 10)],
)
def test_it_knows_how_many_digits_an_interim_leaves(said: str, missing: int):
    """The end of a turn is patient while digits are missing."""
    assert Collector(wanted(), SETTINGS, 0.0).missing(said) == missing


def test_digits_missing_after_earlier_ones_and_corrections():
    """What was entered counts; a number begun anew lacks the more."""
    caller = Caller(wanted(confirm=True))
    caller.presses("98765")
    assert caller.field.missing() == 5
    assert caller.field.missing("चार तीन") == 3
    assert caller.field.missing("फिर से, नौ आठ") == 8
    caller.says("चार तीन दो एक शून्य")
    assert caller.field.missing() == caller.field.missing("हाँ") == 0
    assert caller.field.missing("नहीं, नौ आठ") == 8


def test_a_menu_misses_one_digit():
    """And is asked as a menu."""
    field = Collector(wanted("1", choices="12"), SETTINGS, 0.0)
    assert field.asked is Asked.MENU
    assert (field.missing(), field.missing("एक")) == (1, 0)


def test_a_short_secret_is_never_said_or_shown():
    """Of a PIN, only the count is read back, and logs hold no digit."""
    caller = Caller(wanted("4", secret=True, confirm=True))
    caller.says("एक दो तीन चार")
    assert caller.told == ["आपने चार अंकों का नंबर बताया। क्या यह सही है?"]
    assert caller.field.shown() == "****"
    assert caller.field.masked("एक दो तीन चार") == "****"
    assert caller.says("हाँ") == Collected("1234")


def test_a_long_secret_is_known_by_its_last_two_digits():
    """An account number, to the caller and in logs."""
    caller = Caller(wanted("12", secret=True, confirm=True))
    caller.presses("123456789012")
    assert caller.told == ["आपने बारह अंकों का नंबर, जिसके आख़िर में एक दो है, बताया। क्या यह सही है?"]
    assert caller.field.shown() == "****12"


def test_an_unfinished_secret_is_not_said_either():
    """The question for the rest holds the count alone."""
    caller = Caller(wanted("6", secret=True))
    caller.presses("482#")
    assert "चार" not in caller.told[0] and "तीन अंकों का नंबर" in caller.told[0]


def test_what_is_no_secret_is_shown_and_not_masked():
    """Logs are useful where they may be."""
    caller = Caller(wanted("4"))
    caller.presses("12")
    assert caller.field.shown() == "12"
    assert caller.field.masked("एक दो") == "एक दो"


def test_going_further_costs_no_question():
    """Who dictates in many small pieces is not given up."""
    caller = Caller(wanted())
    for digit in NUMBER[:-1]:
        assert caller.presses(digit) is None
        assert isinstance(caller.waits(), Tell)
    assert caller.presses(NUMBER[-1]) == Collected(NUMBER)


def test_one_question_is_all_where_one_attempt_is_set():
    """Silence then ends it."""
    caller = Caller(wanted(), SETTINGS.model_copy(update={"attempts": 1}))
    assert caller.waits() == Abandoned("")


def test_templates_with_strange_braces_do_no_harm():
    """What is not known is said as it stands."""
    settings = SETTINGS.model_copy(update={"confirm": "{heard} {what}?"})
    caller = Caller(wanted("4", confirm=True), settings)
    assert caller.says("एक दो तीन चार") == Tell("एक दो तीन चार {what}?")


TALK = ("एक", "नौ आठ", "सात नहीं", "हटाइए", "फिर से", "एक मिनट", "साथ", "नहीं", "हाँ", "", SPOKEN)
DOES = st.one_of(
    st.sampled_from([*"0129#*A"]).map(lambda key: f"keys {key}"),
    st.sampled_from(TALK),
    st.just("..."),
)
KINDS = st.sampled_from(
    ["4", "10", "4-8", "10 confirm", "4-8 confirm", "6 secret confirm", "menu 12"]
)


@settings(deadline=None)
@given(KINDS, st.lists(DOES, max_size=40))
def test_whatever_the_caller_does_there_is_a_next_step(kind: str, steps: list[str]):
    """Only whole numbers are collected, and there is always a deadline after nothing."""
    number = parsed(kind)
    caller = Caller(number)
    for does in steps:
        step = caller.does(does)
        if isinstance(step, Collected):
            assert step.digits in number.choices or number.least <= len(step.digits) <= number.most
            return
        if isinstance(step, Abandoned):
            return
        assert caller.field.deadline is not None and caller.field.deadline > caller.now


@settings(deadline=None, max_examples=40)
@given(KINDS, st.lists(DOES, min_size=1, max_size=6))
def test_no_caller_keeps_us_for_ever(kind: str, steps: list[str]):
    """Repeating anything but digits by key ends, with a number or without."""
    caller = Caller(parsed(kind))
    for _ in range(400):
        for does in steps:
            if isinstance(caller.does(does), Collected | Abandoned):
                return
    raise AssertionError(f"{kind}: {steps} goes on for ever")


@settings(deadline=None)
@given(st.text("0123456789", min_size=1, max_size=32), st.data())
def test_any_number_comes_through_keys_and_words_mixed(digits: str, data: st.DataObject):
    """Pieces of it typed or spoken, in any order."""
    caller = Caller(wanted(str(len(digits))))
    at = 0
    step: Step = None
    while at < len(digits):
        piece = digits[at : at + data.draw(st.integers(1, 6))]
        spoken = data.draw(st.booleans())
        words = " ".join(NUMBERS[int(digit)] for digit in piece)
        step = caller.says(words) if spoken else caller.presses(piece)
        at += len(piece)
    assert step == Collected(digits)
