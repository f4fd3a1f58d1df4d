"""
The gateway's way into the bot: its calls count as Asterisk's do, and stop at the same limit.

It is the `Desk` of the gateway.
"""

from collections.abc import Callable
from typing import Final
from uuid import uuid4

import grpc

from bot.asterisk.pbx import Reason, Reception, Refused, Ticket
from bot.core.audio import WIDEBAND
from bot.core.events import Ending
from bot.gateway.desk import Fault
from bot.gateway.line import GatewayLine

CODES: Final = {
    Reason.FULL: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Reason.DRAINING: grpc.StatusCode.UNAVAILABLE,
    Reason.NO_PROFILE: grpc.StatusCode.NOT_FOUND,
}


class Entrance:
    """Admits the gateway's calls, and passes them on."""

    def __init__(
        self,
        reception: Reception,
        answer: Callable[[GatewayLine], None],
        end: Callable[[str, Ending], bool],
        refuse: Callable[[str, str, str], None],
    ) -> None:
        self._reception = reception
        self.answer = answer
        self.end = end
        self.refuse = refuse

    def admit(self, profile: str, caller: str, called: str, rate: int) -> Ticket:
        """A ticket of the reception's, which is up from now on. Raises `Fault`."""
        uuid = uuid4()
        fields = {
            "uuid": str(uuid),
            "caller": caller,
            "called": called,
            "channel": "gateway",
            "profile": profile,
            "format": "slin16" if rate == WIDEBAND else "slin",
        }
        try:
            self._reception.register(fields)
            return self._reception.admit(uuid)
        except Refused as refusal:
            code = CODES.get(Reason(refusal.reason), grpc.StatusCode.INTERNAL)
            missing = refusal.reason == Reason.NO_PROFILE.value
            raise Fault(
                code, f"open.{refusal}" if missing else str(refusal), refusal.reason
            ) from None
