"""What a call, and taking one, needs of the user agent that it belongs to."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Protocol

from bot.sip.direct.dialog import Dialog
from bot.sip.direct.messages import Request, Response

if TYPE_CHECKING:
    from bot.sip.direct.leg import Leg


class Agent(Protocol):
    """What a call needs of its user agent."""

    def reply(
        self, request: Request, reply: Response, unheard: Callable[[], None] | None = None
    ) -> None:
        """Send a reply."""

    async def ask(self, request: Request, dialog: Dialog, source: str) -> Response:
        """Send a request of a dialog, whose peer is at `source`. Raises NoAnswer."""

    def acknowledge(self, dialog: Dialog, number: int, source: str) -> None:
        """Send the ACK of an accepted INVITE of ours."""

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Do this beside the rest."""

    def forget(self, leg: Leg) -> None:
        """The call is over."""


class Switchboard(Agent, Protocol):
    """What taking a call needs of the user agent, beyond what a call does."""

    def known(self, leg: Leg) -> None:
        """A call has begun: its requests are its own."""

    def address(self, peer: str) -> str:
        """Our own address as this peer sees it. Raises ProtocolError."""

    def bound(self) -> str:
        """The address we listen on."""
