"""When a session is refreshed, and when it counts as dead: the timer of RFC 4028."""

import asyncio
from collections.abc import Callable

from bot.sip.direct import session
from bot.sip.direct.messages import Headers, Response
from bot.sip.direct.session import Session


class SessionClock:
    """
    The timer of one call.

    `refresh` is called when it is our time to prove that we are there, `expired` when they have not
    proved it in theirs. `_session` is None without a timer; `refreshing` while our proof is asked.
    """

    def __init__(self, refresh: Callable[[], None], expired: Callable[[], None]) -> None:
        self._refresh = refresh
        self._expired = expired
        self._session: Session | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.refreshing = False

    def start(self, wanted: Session | None) -> None:
        """Start anew; without a session, stop."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._session = wanted
        if wanted is not None:
            call_later = asyncio.get_running_loop().call_later
            if wanted.ours:
                self._timer = call_later(wanted.refresh_after, self._refresh)
            else:
                self._timer = call_later(wanted.over_after, self._expired)

    @property
    def question(self) -> Headers:
        """What our refresh says."""
        assert self._session is not None, "nothing to refresh"
        value = f"{self._session.interval};refresher=uac"
        return [("Supported", "timer"), ("Session-Expires", value)]

    def refreshed(self, reply: Response) -> None:
        """Our refresh was answered: go on, as granted; or as before, where it was refused."""
        if self._session is not None:
            asked = Session(self._session.interval, ours=True)
            self.start(session.granted(reply, asked) if reply.status < 300 else asked)
