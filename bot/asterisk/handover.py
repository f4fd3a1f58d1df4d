"""What goes with a caller who is handed over, and what comes back where nobody is there."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import quote

from bot.core.ports import Message
from bot.hindi.language import Language

LONGEST_HEADER: Final = 720
"""Bytes of a percent-encoded summary in a SIP header: 80 letters of Devanagari. An INVITE in one
packet has about 1300 (RFC 3261, section 18.1.1)."""


class Verdict(StrEnum):
    """What an agent makes of a call; what the dialplan is told when it asks what is next."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    ASK = "ask"
    """The agent heard nothing: the dialplan asks with a recording."""


@dataclass(frozen=True, slots=True)
class Target:
    """
    A place of the dialplan to which a caller is transferred; empty: the settings' own.

    `warm`: the agent is told about the call, and may refuse it.
    """

    context: str = ""
    exten: str = ""
    warm: bool = False


@dataclass(frozen=True, slots=True)
class Handover:
    """What the agent is told (`summary`), and the conversation so far, in case nobody takes it."""

    summary: str = ""
    history: tuple[Message, ...] = ()
    language: Language = Language.HINDI
    """In which it was held."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A caller comes back whom nobody took: why (such as "noanswer"), and what was said before."""

    why: str
    history: tuple[Message, ...] = ()
    language: Language = Language.HINDI


def header(summary: str) -> str:
    """The beginning of the summary, in whole words, percent-encoded UTF-8 (RFC 3986)."""
    words = summary.split()
    while words and len(quote(" ".join(words), safe="")) > LONGEST_HEADER:
        words.pop()
    return quote(" ".join(words), safe="")
