"""The settings of calls that the bot makes: whom, when, how often, by which way (outbound.md)."""

import re
from string import Formatter
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from bot.config_part import EnvSecret, Part
from bot.config_profile import Days, Spans, WeekSettings

OF_A_NUMBER = ("number", "digits", "national")
Wait = Annotated[float, Field(ge=0, le=604_800)]
"""Seconds; 0: there is no next try."""


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"no regular expression: {error}") from error
    return text


def _endpoint(text: str) -> str:
    """Check the names in braces of an endpoint."""
    try:
        names = [name for _, name, _, _ in Formatter().parse(text) if name is not None]
    except ValueError as error:
        raise ValueError(f"{error}; write Local/{{number}}@bot-outbound/n") from error
    known = ", ".join(f"{{{name}}}" for name in OF_A_NUMBER)
    if not names or not set(names) <= set(OF_A_NUMBER):
        raise ValueError(f"write the number once: one of {known}")
    return text


class AriSettings(Part):
    """Asterisk's REST interface, by which calls are begun; nothing else uses it."""

    url: Annotated[str, Field(pattern=r"^https?://[^\s?#]+$")] = "http://127.0.0.1:8088/ari"
    user: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")] = "voicebot"
    """A section of ari.conf."""
    password: EnvSecret = SecretStr("")
    """Its password, or the variable that holds it: "${ARI_PASSWORD}"."""
    timeout: Annotated[float, Field(gt=0, le=60)] = 5.0
    """Seconds that one request may take."""


class CallingHours(WeekSettings):
    """When people are called: never outside, whatever a campaign or an order says."""

    weekly: dict[Days, Spans] = {"mon-sun": "09:00-21:00"}
    """As `hours.weekly`. Empty: at any time."""


class RetrySettings(Part):
    """When somebody is called again who was not reached, in seconds; 0: not again."""

    most: Annotated[int, Field(ge=1, le=20)] = 3
    """Calls for one order, the first one included."""
    busy: Wait = 600.0
    no_answer: Wait = 3600.0
    machine: Wait = 14_400.0
    failed: Wait = 1800.0
    """The network would not put it through."""


class OutboundSettings(Part):
    """Calls that the bot makes (docs/outbound.md). They need `records.url`."""

    enabled: bool = False
    ari: AriSettings = AriSettings()
    endpoint: Annotated[str, AfterValidator(_endpoint)] = "Local/{number}@bot-outbound/n"
    """What Asterisk calls: `{number}` is +919812345678, `{digits}` 919812345678, `{national}`
    9812345678. The dialplan's context checks the number once more; leave it in the way."""
    caller_id: Annotated[str, Field(pattern=r"^(\+?[0-9]{3,15})?$")] = ""
    """The number that the called see, one of the trunk's; empty: the dialplan's BOT_CALLER_ID."""
    calls: Annotated[int, Field(ge=1, le=2000)] = 10
    """Calls at once that this process makes, those that still ring included."""
    keep_free: Annotated[int, Field(ge=0, le=2000)] = 5
    """Lines of `audiosocket.max_calls` that are left for callers."""
    ring: Annotated[int, Field(ge=5, le=120)] = 40
    """Seconds for which a phone rings."""
    allowed: Annotated[str, AfterValidator(_pattern)] = r"\+91\d{10}"
    """Numbers that may be called, as a regular expression of the whole number: Indian ones."""
    consent: Literal["required", "not_required"] = "required"
    """`required`: an order that does not say how the called has agreed is refused."""
    do_not_call_file: str = ""
    """A file of numbers that nobody calls, one a line; read again when it changes. While it cannot
    be read, nobody is called. It adds to the list in the database (`voicebot do-not-call`)."""
    hours: CallingHours = CallingHours()
    retry: RetrySettings = RetrySettings()
    greeting: Annotated[str, Field(max_length=1000)] = ""
    """In place of `phrases.greeting` for whom we call; `{name}` is the order's `name`. Empty:
    `phrases.greeting`."""
    machine: Literal["hang_up", "message"] = "hang_up"
    """To an answering machine: hang up without a word, or say `message` after its beep."""
    message: Annotated[str, Field(max_length=1000)] = ""
    """The message; `{name}` as in `greeting`."""
    lease: Annotated[float, Field(ge=1, le=3600)] = 60.0
    """Seconds after which the orders of a bot that was killed are taken up by another."""
