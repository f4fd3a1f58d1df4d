"""
Direct SIP's way into the bot: its calls count as Asterisk's do, and stop at the same limit.

It is the `Desk` of the SIP user agent.
"""

from collections.abc import Callable
from uuid import uuid4

from bot.asterisk.pbx import Reason, Reception, Refused
from bot.config_sip import SipSettings
from bot.core.audio import WIDEBAND
from bot.core.events import Ending
from bot.core.ports import Ticket
from bot.sip.direct.desk import Declined
from bot.sip.direct.line import SipLine

STATUSES = {Reason.FULL: 486, Reason.DRAINING: 503, Reason.NO_PROFILE: 404}


class SipEntrance:
    """Admits the SIP calls, passes them on, and says what becomes of their callers."""

    def __init__(
        self,
        reception: Reception,
        answer: Callable[[SipLine], None],
        refuse: Callable[[str, str, str], None],
        settings: SipSettings,
    ) -> None:
        self._settings = settings
        self._reception = reception
        self.answer = answer
        self.refuse = refuse

    def admit(self, caller: str, called: str, rate: int) -> Ticket:
        """A ticket of the reception's, which is up from now on. Raises `Declined`."""
        uuid = uuid4()
        fields = {
            "uuid": str(uuid),
            "caller": caller,
            "called": called,
            "channel": "sip",
            "format": "slin16" if rate == WIDEBAND else "slin",
        }
        try:
            self._reception.register(fields)
            return self._reception.admit(uuid)
        except Refused as refusal:
            status = STATUSES.get(Reason(refusal.reason), 500)
            later = status in (486, 503)
            raise Declined(status, refusal.reason, str(refusal), later) from None

    def abandon(self, ticket: Ticket) -> None:
        """The caller left before the conversation began."""
        self._reception.ended(ticket.uuid, Ending.CALLER_LEFT)

    def destination(self, ticket: Ticket) -> str:
        """Where the caller goes now that our part is over: a SIP URI; empty to hang up."""
        ending, target = self._reception.outcome(ticket.uuid)
        if ending is Ending.TRANSFER:
            return _with_user(self._settings.transfer_to, target.exten)
        return "" if ending is Ending.HANG_UP else self._settings.fallback_to


def _with_user(uri: str, user: str) -> str:
    """The URI, with this user in place of its own."""
    scheme, _, rest = uri.partition(":")
    return f"{scheme}:{user}@{rest.rpartition('@')[2]}" if uri and user else uri
