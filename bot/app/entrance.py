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

PROFILES: Final = ("", "default")
"""There is one dialogue yet."""
CODES: Final = {
    Reason.FULL: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Reason.DRAINING: grpc.StatusCode.UNAVAILABLE,
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
        if profile not in PROFILES:
            detail = "open.profile: there is no such profile; there is only `default`"
            raise Fault(grpc.StatusCode.NOT_FOUND, detail, Reason.BAD_REQUEST.value)
        uuid = uuid4()
        fields = {
            "uuid": str(uuid),
            "caller": caller,
            "called": called,
            "channel": "gateway",
            "format": "slin16" if rate == WIDEBAND else "slin",
        }
        try:
            self._reception.register(fields)
            return self._reception.admit(uuid)
        except Refused as refusal:
            code = CODES.get(Reason(refusal.reason), grpc.StatusCode.INTERNAL)
            raise Fault(code, str(refusal), refusal.reason) from None
