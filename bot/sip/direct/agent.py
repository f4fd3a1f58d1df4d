"""
Our SIP user agent: a UDP socket, the calls on it, and our registration.

Decides which request is whose, and who is answered at all. What a call's own requests do to it is
in leg.py. A bug ends one call, never the agent.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, cast

import structlog

from bot.config_sip import SipSettings
from bot.core.errors import ConfigError, ProtocolError
from bot.sip.direct import messages
from bot.sip.direct.asking import Asking
from bot.sip.direct.desk import Desk
from bot.sip.direct.dialog import Dialog, Key, request_key
from bot.sip.direct.door import Door
from bot.sip.direct.front import Front
from bot.sip.direct.leg import Leg
from bot.sip.direct.messages import Headers, Request, Response, answer
from bot.sip.direct.place import Place, listening_at, our_address, resolved, server_place
from bot.sip.direct.registration import Registration
from bot.sip.direct.transactions import Transactions

ALLOWED = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, NOTIFY"
CAPABLE: Headers = [("Allow", ALLOWED), ("Supported", "timer"), ("Accept", "application/sdp")]
EXTENSIONS = {"timer"}
KEEPALIVE = b"\r\n\r\n"

log = structlog.get_logger()


class UserAgent(asyncio.DatagramProtocol):
    """
    `start()` it, `drain()`, `stop()`.

    `legs` are the calls that are up, by their dialogs; `_front` takes new ones; `_tasks` is all
    that is done beside.
    """

    def __init__(self, settings: SipSettings, desk: Desk) -> None:
        """Raises ConfigError where nobody could call."""
        if not settings.server and not settings.peers:
            raise ConfigError(
                "sip: nobody may call; give sip.server (where we register) or sip.peers"
                ' (addresses, BOT_SIP__PEERS=["10.0.0.5"])'
            )
        self.legs: dict[Key, Leg] = {}
        self._settings = settings
        self._desk = desk
        self._door = Door(settings.peers)
        self._transactions = Transactions(self._send)
        self._asking = Asking(settings, self._transactions, self._door, self._here)
        self._registration: Registration | None = None
        self._registering: asyncio.Task[None] | None = None
        self._leaving: asyncio.Task[None] | None = None
        self._front = Front(settings, desk, self)
        self._tasks: set[asyncio.Task[None]] = set()

    # Starting and stopping.

    async def start(self) -> None:
        """Listen, and register. Raises ConfigError when the address cannot be had."""
        self._host = listening_at(self._settings)
        loop = asyncio.get_running_loop()
        try:
            await loop.create_datagram_endpoint(
                lambda: self, local_addr=(self._host, self._settings.port)
            )
        except OSError as error:
            raise ConfigError(
                f"sip.host/port {self._host}:{self._settings.port} cannot be bound:"
                f" {error.strerror}; choose another with BOT_SIP__PORT"
            ) from error
        if self._settings.server:
            contact = self._contact
            find = self._found_server
            self._registration = Registration(self._settings, self._asking.ask, find, contact)
            self._registering = loop.create_task(self._registration.run())
            if self._settings.keepalive:
                self.begin(self._keep_alive())

    @property
    def port(self) -> int:
        """The port we are bound to (useful with port 0)."""
        port: int = self._transport.get_extra_info("sockname")[1]
        return port

    @property
    def is_registered(self) -> bool:
        """Whether the server knows us."""
        return self._registration is not None and self._registration.is_up

    def drain(self) -> None:
        """Take no new calls, and have none sent to us."""
        if self._leaving is None:
            self._leaving = asyncio.get_running_loop().create_task(self._unregister())

    async def stop(self) -> None:
        """End the calls that are left, let the server go, close."""
        self.drain()
        assert self._leaving is not None
        legs = list(self.legs.values())
        await asyncio.gather(*(leg.hang_up() for leg in legs), return_exceptions=True)
        await asyncio.wait([self._leaving])
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._transactions.close()
        self._transport.close()

    async def _unregister(self) -> None:
        if self._registering is not None:
            self._registering.cancel()
            await asyncio.wait([self._registering])
        if self._registration is not None:
            await self._registration.leave()

    async def _found_server(self) -> Place:
        """The server's address. All of a name's may call us. Raise ProtocolError."""
        found = await resolved(*server_place(self._settings))
        self._door.serves(host for host, _ in found)
        return found[0]

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(self._settings.keepalive)
            if self.is_registered:
                with suppress(ProtocolError):
                    self._send(KEEPALIVE, await self._found_server())

    # What the calls need.

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Do this beside the rest; a failure is logged."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("sip failed", exc_info=error)

    def reply(
        self, request: Request, reply: Response, unheard: Callable[[], None] | None = None
    ) -> None:
        """Send a reply; one that makes a dialog says where we are."""
        if 200 <= reply.status < 300 and request.method in ("INVITE", "UPDATE"):
            reply.headers += [("Contact", f"<{self._contact(request.source[0])}>"), *CAPABLE]
        self._transactions.reply(request, reply, unheard)

    async def ask(self, request: Request, dialog: Dialog, source: str) -> Response:
        """Send a request of a call. Raises NoAnswer."""
        request.headers += [("Contact", f"<{self._contact(source)}>"), ("Allow", ALLOWED)]
        return await self._asking.ask_in(request, dialog, source)

    def acknowledge(self, dialog: Dialog, number: int, source: str) -> None:
        """Send the ACK of an accepted INVITE of ours."""
        self.begin(self._acknowledge(dialog, number, source))

    async def _acknowledge(self, dialog: Dialog, number: int, source: str) -> None:
        place = await self._asking.hop(dialog, source)
        ack = dialog.request("ACK", number)
        self._asking.sign(ack, place)
        self._send(ack.encode(), place)

    def known(self, leg: Leg) -> None:
        """A call has begun: its requests are its own."""
        self.legs[leg.dialog.key] = leg

    def address(self, peer: str) -> str:
        """Our own address as this peer sees it."""
        return our_address(self._settings, self._host, peer)

    def bound(self) -> str:
        """The address we listen on."""
        return self._host

    def _contact(self, peer: str) -> str:
        return f"sip:{self._settings.user}@{self._here(peer)}"

    def _here(self, peer: str) -> str:
        address = self.address(peer)
        return f"[{address}]:{self.port}" if ":" in address else f"{address}:{self.port}"

    def _send(self, data: bytes, place: Place) -> None:
        if not self._transport.is_closing():
            self._transport.sendto(data, place)

    def forget(self, leg: Leg) -> None:
        """The call is over."""
        self.legs.pop(leg.dialog.key, None)

    # What the socket does.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is there."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, source: tuple[Any, ...]) -> None:
        """One message, a keep-alive, or nonsense."""
        place = str(source[0]), int(source[1])
        if not data.strip(b"\r\n\0"):
            return
        try:
            self._take(messages.parsed(data, place))
        except ProtocolError as error:
            self._tell("protocol", str(error), place)
        except Exception:
            log.exception("sip failed", peer=place)

    def _take(self, message: Request | Response) -> None:
        if isinstance(message, Response):
            self._transactions.answered(message)
            return
        messages.stamped(message)
        if not self._door.knows(message.source[0]):
            self._tell("stranger", f"{message.method} from an address unknown", message.source)
            return
        if message.method == "ACK":
            self._acknowledged(message)
        elif self._transactions.is_new(message):
            self._request(message)

    def _tell(self, reason: str, detail: str, place: Place) -> None:
        """Log and count; a stranger is not answered, and not logged each time."""
        if self._door.knows(place[0]) or self._door.is_worth_telling(place[0]):
            self._desk.refuse(reason, detail, f"{place[0]}:{place[1]}")

    def _request(self, request: Request) -> None:
        unknown = {option.lower() for option in request.all("require")} - EXTENSIONS
        if request.method == "CANCEL":
            self._cancel(request)
        elif unknown:
            names = ", ".join(sorted(unknown))
            self.reply(request, answer(request, 420, headers=[("Unsupported", names)]))
        elif request.receiver.tag:
            self._within(request)
        elif request.method == "INVITE":
            self.begin(self._front.invited(request))
        elif request.method == "OPTIONS":
            self.reply(request, self._capabilities(request))
        else:
            self.reply(request, answer(request, 405, headers=CAPABLE))

    def _capabilities(self, request: Request) -> Response:
        """What we can; proxies that ask for our health get 503 while we drain."""
        return answer(request, 200 if self._leaving is None else 503, headers=CAPABLE)

    def _within(self, request: Request) -> None:
        """A request of a call that is up."""
        leg = self.legs.get(request_key(request))
        if leg is None:
            self.reply(request, answer(request, 481))
            return
        try:
            leg.handle(request, CAPABLE)
        except ProtocolError as error:
            self._tell("protocol", str(error), request.source)
            self.reply(request, answer(request, 400))

    def _acknowledged(self, ack: Request) -> None:
        if self._transactions.acknowledged(ack):
            leg = self.legs.get(request_key(ack))
            if leg is not None:
                leg.acknowledged(ack)

    def _cancel(self, cancel: Request) -> None:
        """CANCEL helps only before we have answered (RFC 3261, 9.2)."""
        if not self._transactions.knows(cancel, "INVITE"):
            self.reply(cancel, answer(cancel, 481))
            return
        self.reply(cancel, answer(cancel, 200))
        if self._transactions.final_reply(cancel, "INVITE") is None:
            self._front.cancelled(cancel)
