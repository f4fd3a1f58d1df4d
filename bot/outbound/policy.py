"""
Decides whether a number may be called now, and when it is tried again. It knows no clock and no
network: what it is asked about is given, with the time.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.config_outbound import OutboundSettings, RetrySettings
from bot.hours import next_opening


@dataclass(frozen=True, slots=True)
class Call:
    """It may be called now."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not before `until`; `why` is a short label."""

    until: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """Never; `why` is a short label for records and metrics."""

    why: str


Verdict = Call | Wait | Refuse

NOT_ALLOWED = "not allowed"
DO_NOT_CALL = "do not call"
NO_CONSENT = "no consent"
NO_HOURS = "no calling hours"
HOURS = "calling hours"
LOST = 1.0
"""Seconds before an order is tried again whose bot was killed: nobody has spoken."""


def judge(
    number: str, consent: str, unwanted: bool, settings: OutboundSettings, now: datetime
) -> Verdict:
    """
    Whether this number (in its one writing) may be called now.

    `consent`: how it was given; `unwanted`: the number is on a do-not-call list.
    """
    if re.fullmatch(settings.allowed, number) is None:
        return Refuse(NOT_ALLOWED)
    if unwanted:
        return Refuse(DO_NOT_CALL)
    if settings.consent == "required" and not consent.strip():
        return Refuse(NO_CONSENT)
    opens = next_opening(settings.hours, now)
    if opens is None:
        return Refuse(NO_HOURS)
    return Call() if opens == now else Wait(opens, HOURS)


def next_try(
    outcome: str, tries: int, settings: OutboundSettings, now: datetime
) -> datetime | None:
    """
    When somebody is called again after `tries` calls, the last of which had this outcome.

    None: not again. Never outside the calling hours.
    """
    wait = waits(settings.retry).get(outcome, 0.0)
    if not wait or tries >= settings.retry.most:
        return None
    return next_opening(settings.hours, now + timedelta(seconds=wait))


def waits(retry: RetrySettings) -> dict[str, float]:
    """Seconds before the next try, by outcome. `lost`: at once, nobody has spoken."""
    return {
        "busy": retry.busy,
        "no_answer": retry.no_answer,
        "machine": retry.machine,
        "failed": retry.failed,
        "lost": LOST,
    }
