"""We as a subscriber of a SIP server: known there, within a router's reach, or gone."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from bot.config_sip import SipSettings
from bot.core.errors import ProtocolError
from bot.sip.direct.door import Door
from bot.sip.direct.messages import Request, Response
from bot.sip.direct.place import Place, resolved, server_place
from bot.sip.direct.registration import Registration

KEEPALIVE = b"\r\n\r\n"


class Subscriber:
    """`start()` it, `leave()`. `_door` learns the server's addresses, `_work` keeps us known."""

    def __init__(
        self,
        settings: SipSettings,
        door: Door,
        ask: Callable[[Request, Place], Awaitable[Response]],
        contact: Callable[[str], str],
        send: Callable[[bytes, Place], None],
    ) -> None:
        """`contact` gives our own URI as a peer at this address sees it."""
        self._settings, self._door, self._send = settings, door, send
        self._registration = Registration(settings, ask, self._found, contact)
        self._work: list[asyncio.Task[None]] = []

    @property
    def is_registered(self) -> bool:
        """Whether the server knows us."""
        return self._registration.is_up

    def start(self) -> None:
        """Be registered, and stay so."""
        self._work.append(asyncio.create_task(self._registration.run()))
        if self._settings.keepalive:
            self._work.append(asyncio.create_task(self._keep_alive()))

    async def leave(self) -> None:
        """Have no more calls sent to us."""
        for task in self._work:
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)
        await self._registration.leave()

    async def _found(self) -> Place:
        """The server's address. All of a name's may call us. Raise ProtocolError."""
        found = await resolved(*server_place(self._settings))
        self._door.serves(host for host, _ in found)
        return found[0]

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(self._settings.keepalive)
            if self.is_registered:
                with suppress(ProtocolError):
                    self._send(KEEPALIVE, await self._found())
