"""Session timers: who proves that a call is still there, and how often (RFC 4028). No I/O."""

from dataclasses import dataclass

from bot.core.errors import ProtocolError
from bot.sip.direct.addresses import parameters
from bot.sip.direct.messages import Headers, Request, Response

LEAST = 90
"""The shortest interval, in seconds (RFC 4028, 5)."""


class TooShort(ProtocolError):
    """They want to be asked more often than we would."""


@dataclass(frozen=True, slots=True)
class Session:
    """An interval in seconds, and whether it is us who must refresh."""

    interval: int
    ours: bool

    @property
    def refresh_after(self) -> float:
        """When we refresh, in seconds: after half of it."""
        return self.interval / 2

    @property
    def over_after(self) -> float:
        """When the call counts as dead, in seconds (RFC 4028, 10)."""
        return self.interval - min(32.0, self.interval / 3)

    @property
    def answer(self) -> Headers:
        """What goes into our answer: the one who asked is the `uac`."""
        if self.ours:
            return [("Session-Expires", f"{self.interval};refresher=uas")]
        return [("Session-Expires", f"{self.interval};refresher=uac"), ("Require", "timer")]


def wanted(request: Request) -> Session | None:
    """The session that an INVITE or UPDATE asks for, None for none. Raise TooShort."""
    interval, refresher = _expires(request)
    if not interval:
        return None
    if interval < LEAST:
        raise TooShort(f"Session-Expires {interval}; at least {LEAST}")
    return Session(interval, ours=refresher == "uas" or not request.has("supported", "timer"))


def granted(reply: Response, asked: Session) -> Session:
    """What our refresh (`asked`) got; unchanged where the answer says nothing."""
    interval, refresher = _expires(reply)
    return Session(interval, refresher != "uas") if interval else asked


def _expires(message: Request | Response) -> tuple[int, str]:
    value, _, rest = message.one("session-expires").partition(";")
    value = value.strip()
    seconds = int(value) if value.isdigit() and len(value) < 8 else 0
    return seconds, parameters(rest).get("refresher", "").lower()
