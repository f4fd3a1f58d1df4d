"""Whom may the bot call now, and when again? A table of cases; the time is given."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.config_outbound import OutboundSettings
from bot.outbound.policy import Call, Refuse, Wait, judge, next_try

INDIA = ZoneInfo("Asia/Kolkata")
NUMBER = "+919812345678"
HOLIDAY = {"holidays": {"2026-11-24": "गुरु नानक जयंती"}}


def at(hour, minute=0, day=23):
    """A time in India in November 2026, in UTC; the 23rd is a Monday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=INDIA).astimezone(UTC)


def settings(**more):
    return OutboundSettings.model_validate(more)


@pytest.mark.parametrize(
    ("now", "hours", "verdict"),
    [
        (at(9), {}, Call()),
        (at(20, 59), {}, Call()),
        (at(21), {}, Wait(at(9, day=24), "calling hours")),
        (at(3), {}, Wait(at(9), "calling hours")),
        (at(22), HOLIDAY, Wait(at(9, day=25), "calling hours")),
        (at(12, day=24), HOLIDAY, Wait(at(9, day=25), "calling hours")),
        (at(12), {"weekly": {"tue-fri": "10:00-12:00"}}, Wait(at(10, day=24), "calling hours")),
        (at(13), {"weekly": {"mon": "10:00-12:00, 14:00-16:00"}}, Wait(at(14), "calling hours")),
        (at(17), {"weekly": {"mon": "10:00-12:00"}}, Wait(at(10, day=30), "calling hours")),
        (at(3), {"weekly": {}}, Call()),
        (at(3, day=24), {"weekly": {}, **HOLIDAY}, Wait(at(0, day=25), "calling hours")),
        (at(10), {"timezone": "UTC"}, Wait(at(14, 30), "calling hours")),
        (at(12), {"weekly": {"mon-sun": ""}}, Refuse("no calling hours")),
    ],
)
def test_nobody_is_called_outside_the_hours(now, hours, verdict):
    """By weekday, zone and holiday; the order waits for the next opening."""
    assert judge(NUMBER, "form", False, settings(hours=hours), now) == verdict


@pytest.mark.parametrize(
    ("number", "consent", "unwanted", "more", "why"),
    [
        (NUMBER, "form", False, {}, None),
        (NUMBER, "", False, {}, "no consent"),
        (NUMBER, "  ", False, {}, "no consent"),
        (NUMBER, "", False, {"consent": "not_required"}, None),
        (NUMBER, "form", True, {}, "do not call"),
        (NUMBER, "form", True, {"consent": "not_required"}, "do not call"),
        ("+4930123456", "form", False, {}, "not allowed"),
        ("+4930123456", "form", False, {"allowed": r"\+49\d+"}, None),
        (NUMBER, "form", False, {"allowed": r"\+49\d+"}, "not allowed"),
        (NUMBER + "0", "form", False, {}, "not allowed"),
        ("6001", "form", False, {}, "not allowed"),
    ],
)
def test_who_is_never_called(number, consent, unwanted, more, why):
    """Whoever has not agreed, has asked for peace, or is outside of what may be called."""
    verdict = judge(number, consent, unwanted, settings(**more), at(12))
    assert verdict == (Call() if why is None else Refuse(why))


def test_a_refusal_does_not_wait_for_the_hours():
    """What is never called is refused at night, too."""
    assert judge(NUMBER, "", False, settings(), at(3)) == Refuse("no consent")


@pytest.mark.parametrize(
    ("outcome", "tries", "now", "due"),
    [
        ("busy", 1, at(12), at(12, 10)),
        ("no_answer", 2, at(12), at(13)),
        ("machine", 1, at(12), at(16)),
        ("failed", 1, at(12), at(12, 30)),
        ("busy", 3, at(12), None),
        ("no_answer", 1, at(20, 30), at(9, day=24)),
        ("machine", 1, at(18), at(9, day=24)),
        ("answered", 1, at(12), None),
        ("refused", 0, at(12), None),
    ],
)
def test_when_somebody_is_called_again(outcome, tries, now, due):
    """Each outcome has its wait; never outside the hours, and no more often than allowed."""
    assert next_try(outcome, tries, settings(), now) == due


def test_a_wait_of_nothing_is_no_next_try():
    """An operator who wants no second call to machines."""
    assert next_try("machine", 1, settings(retry={"machine": 0}), at(12)) is None


def test_a_call_that_was_lost_is_made_at_once():
    """Its bot was killed, and nobody has spoken; but not for ever."""
    assert next_try("lost", 0, settings(), at(12)) > at(12)
    assert next_try("lost", 3, settings(), at(12)) is None


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        ({"allowed": "("}, "no regular expression"),
        ({"endpoint": "PJSIP/x@trunk"}, "write the number"),
        ({"endpoint": "PJSIP/{name}@trunk"}, "write the number"),
        ({"endpoint": "PJSIP/{number@trunk"}, "write Local"),
        ({"hours": {"weekly": {"mon": "9-25"}}}, "no hours"),
        ({"hours": {"timezone": "Kolkata"}}, "no such time zone"),
        ({"caller_id": "bank"}, "pattern"),
        ({"ari": {"url": "ftp://pbx"}}, "pattern"),
    ],
)
def test_wrong_settings_are_clear_errors(wrong, what):
    """Each names what to write."""
    with pytest.raises(ValueError, match=what):
        settings(**wrong)
