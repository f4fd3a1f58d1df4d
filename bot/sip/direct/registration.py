"""Being registered: when to renew, what to do when the server is gone or refuses (RFC 3261, 10)."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable

import structlog

from bot.config_sip import SipSettings
from bot.core.errors import ProtocolError
from bot.sip.direct.addresses import parsed_address
from bot.sip.direct.messages import Headers, Request, Response
from bot.sip.direct.place import Place
from bot.sip.errors import RegistrationRefused

RENEW = 0.75
"""The share of its time after which a registration is renewed."""
FIRST_WAIT, LONGEST_WAIT = 2.0, 60.0
"""Seconds between tries while the server is silent: doubled from the first to the longest."""
REFUSED_WAIT = 60.0
"""Seconds before we ask a server again that refused us: it may count our tries."""
FAREWELL = 2.0
"""Seconds that the server may take to let us go."""

log = structlog.get_logger()


class Registration:
    """
    Our binding at the server.

    `until` is when it ends, in loop time. `_number` is the last CSeq, `_minimum` the shortest time
    that the server grants.
    """

    def __init__(
        self,
        settings: SipSettings,
        ask: Callable[[Request, Place], Awaitable[Response]],
        find: Callable[[], Awaitable[Place]],
        contact: Callable[[str], str],
    ) -> None:
        """`find` gives the server's address, `contact` our own URI as it sees it."""
        self.until = 0.0
        self._settings = settings
        self._ask, self._find, self._contact = ask, find, contact
        self._call_id = secrets.token_hex(12)
        self._tag = secrets.token_hex(8)
        self._number = secrets.randbelow(2**16)
        self._minimum = settings.expires

    @property
    def is_up(self) -> bool:
        """Whether the server knows us."""
        return asyncio.get_running_loop().time() < self.until

    async def run(self) -> None:
        """Stay registered until cancelled. Never raises for what a server does."""
        wait = FIRST_WAIT
        while True:
            try:
                granted = await self._register()
            except RegistrationRefused as error:
                log.error("not registered", server=self._settings.server, error=str(error))
                pause = REFUSED_WAIT
            except ProtocolError as error:
                log.warning("not registered", server=self._settings.server, error=str(error))
                pause, wait = wait, min(2 * wait, LONGEST_WAIT)
            else:
                pause, wait = RENEW * granted, FIRST_WAIT
            await asyncio.sleep(pause)

    async def leave(self) -> None:
        """Tell the server that we are gone, if it knows us; wait a moment for its answer."""
        if not self.is_up:
            return
        self.until = 0.0
        try:
            async with asyncio.timeout(FAREWELL):
                await self._asked(0)
        except (ProtocolError, TimeoutError):
            return

    async def _register(self) -> float:
        """Register; how many seconds are granted. Raise RegistrationRefused, ProtocolError."""
        was_up = self.is_up
        reply, contact = await self._asked(self._minimum)
        if reply.status == 423 and reply.one("min-expires").isdigit():
            self._minimum = max(self._minimum, int(reply.one("min-expires")))
            reply, contact = await self._asked(self._minimum)
        if reply.status >= 300:
            raise RegistrationRefused(reply.status, reply.reason)
        granted = _granted(reply, contact, self._minimum)
        self.until = asyncio.get_running_loop().time() + granted
        if not was_up:
            log.info("registered", server=self._settings.server, seconds=granted)
        return granted

    async def _asked(self, expires: int) -> tuple[Response, str]:
        place = await self._find()
        contact = self._contact(place[0])
        self._number += 1
        us = f"<sip:{self._settings.user}@{self._settings.server}>"
        headers: Headers = [("From", f"{us};tag={self._tag}"), ("To", us)]
        headers += [("Call-ID", self._call_id), ("CSeq", f"{self._number} REGISTER")]
        headers += [("Contact", f"<{contact}>"), ("Expires", str(expires)), ("Max-Forwards", "70")]
        request = Request(headers, method="REGISTER", uri=f"sip:{self._settings.server}")
        reply = await self._ask(request, place)
        self._number = request.cseq[0]
        return reply, contact


def _granted(reply: Response, contact: str, wanted: int) -> float:
    """Seconds: those of our own Contact in the answer, else of Expires, else what we wanted."""
    for value in reply.all("contact"):
        address = parsed_address(value)
        if address.uri == contact and address.parameters.get("expires", "").isdigit():
            return float(address.parameters["expires"])
    said = reply.one("expires")
    return float(said) if said.isdigit() else float(wanted)
