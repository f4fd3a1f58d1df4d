"""What the gateway asks of the bot, and what it answers when it cannot do what a client wants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import grpc

from bot.core.events import Ending
from bot.core.ports import Ticket

if TYPE_CHECKING:
    from bot.gateway.line import GatewayLine


class Fault(Exception):
    """A client does not get what it wants: the status of its RPC, and a label for metrics."""

    def __init__(self, code: grpc.StatusCode, detail: str, reason: str = "protocol") -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.reason = reason


class Desk(Protocol):
    """The bot, as the gateway sees it."""

    def admit(self, profile: str, caller: str, called: str, rate: int) -> Ticket:
        """A ticket for a call at this rate (Hz). Raises `Fault` where there is no room."""

    def answer(self, line: GatewayLine) -> None:
        """Start the conversation on this line, now."""

    def end(self, call_id: str, ending: Ending) -> bool:
        """End this call in this way; False where no such call is up."""

    def refuse(self, reason: str, detail: str, peer: str) -> None:
        """Log and count what was turned away."""
