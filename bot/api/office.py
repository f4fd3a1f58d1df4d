"""What the API asks of the bot. `bot/app/api.py` is the bot's side."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

from bot.api.access import Key
from bot.api.models import (
    Call,
    CallPage,
    Erased,
    Followed,
    Profiles,
    Say,
    Status,
    Transfer,
)
from bot.api.outbound_models import CallOrder, Campaigns, Noted, Orders
from bot.api.outbound_models import Order as OrderedCall

EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call."""


Order = HangUp | Transfer | Say


@dataclass(frozen=True, slots=True)
class Filter:
    """Which calls; what is empty or None does not matter. `cursor`: after this call."""

    since: datetime | None = None
    until: datetime | None = None
    number: str = ""
    profile: str = ""
    outcome: str = ""
    cursor: str = ""
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Recording:
    """Sound: its media type, its size in bytes, its pieces; the next piece may block."""

    media: str
    size: int
    pieces: Iterator[bytes]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another bot has the call; its API is at this URL."""

    url: str


class Office(Protocol):
    """The bot, as the API sees it. Each may raise ServiceError; no wait is without end."""

    async def key(self, token: str) -> Key | None:
        """The valid key of this token."""

    async def calls(self, key: Key, wanted: Filter) -> CallPage:
        """The calls that this key may see."""

    async def call(self, key: Key, id: str) -> Call | None:
        """One of them."""

    async def happenings(self, key: Key, id: str, after: str) -> tuple[list[Followed], str]:
        """What happened after this event, and how the call stands now. Raises `Refusal`."""

    async def recording(self, key: Key, id: str) -> Recording | None:
        """Its sound; None where there is none. Raises `Refusal` where there is no such call."""

    async def order(self, key: Key, id: str, order: Order) -> Elsewhere | None:
        """Have this done in a call; `Elsewhere`: it has to be told. Raises `Refusal`."""

    async def erase(self, key: Key, number: str) -> Erased:
        """Delete the calls of this caller that are over."""

    async def profiles(self, key: Key, reload: bool = False) -> Profiles:
        """The profiles, read anew where that is wanted."""

    def status(self) -> Status:
        """How the bot is."""


class OrderBook(Protocol):
    """Calls that the bot shall make, as the API sees them. Each may raise ServiceError."""

    async def place(self, key: Key, wanted: CallOrder) -> OrderedCall:
        """Keep the order. Raises `Refusal`."""

    async def find(self, key: Key, campaign: str, number: str, limit: int) -> Orders:
        """The orders that this key may see. Raises `Refusal`."""

    async def one(self, key: Key, id: str) -> OrderedCall | None:
        """One of them, with its tries."""

    async def cancel(self, key: Key, id: str) -> OrderedCall:
        """Call nobody for it. Raises `Refusal`."""

    async def campaigns(self, key: Key) -> Campaigns:
        """The campaigns that this key may see."""

    async def forbid(self, number: str) -> Noted:
        """Put a number on the do-not-call list."""


def instant(given: datetime | None) -> datetime | None:
    """In UTC, which is meant where no zone is named; within what databases know."""
    if given is None:
        return None
    aware = given if given.tzinfo else given.replace(tzinfo=UTC)
    return min(max(aware, EARLIEST), LATEST)
