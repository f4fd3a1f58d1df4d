"""What direct SIP asks of the bot, and what it answers when a call cannot be taken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from bot.core.ports import Ticket

Headers = Sequence[tuple[str, str]]

if TYPE_CHECKING:
    from bot.sip.direct.line import SipLine


class Declined(Exception):
    """
    This call is not taken: the SIP status, a label for metrics, and whether to try again later.

    `headers` go into the answer.
    """

    def __init__(
        self, status: int, reason: str, detail: str, later: bool = False, headers: Headers = ()
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.reason = reason
        self.later = later
        self.headers = headers


class Desk(Protocol):
    """The bot, as direct SIP sees it."""

    def admit(self, caller: str, called: str, rate: int) -> Ticket:
        """A ticket for a call at this rate (Hz). Raises `Declined`."""

    def abandon(self, ticket: Ticket) -> None:
        """The caller left before the conversation began."""

    def answer(self, line: SipLine) -> None:
        """Start the conversation on this line, now."""

    def destination(self, ticket: Ticket) -> str:
        """Where the caller goes now that our part is over: a SIP URI; empty to hang up."""

    def refuse(self, reason: str, detail: str, peer: str) -> None:
        """Log and count what was turned away."""
