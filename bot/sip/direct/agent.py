"""
Our SIP user agent: a UDP socket, and who is answered at all.

Decides which request goes where: to a call that is up (calls.py, leg.py), or to the front as a new
one (front.py). A bug ends one call, never the agent.
"""

import asyncio
from typing import Any, cast

import structlog

from bot.config_sip import SipSettings
from bot.core.errors import ConfigError, ProtocolError
from bot.sip.direct import messages
from bot.sip.direct.asking import Asking
from bot.sip.direct.calls import CAPABLE, Calls
from bot.sip.direct.desk import Desk
from bot.sip.direct.dialog import Key
from bot.sip.direct.door import Door
from bot.sip.direct.front import Front
from bot.sip.direct.leg import Leg
from bot.sip.direct.messages import Request, Response, answer
from bot.sip.direct.place import Place, Whereabouts
from bot.sip.direct.subscriber import Subscriber
from bot.sip.direct.transactions import Transactions

EXTENSIONS = {"timer"}

log = structlog.get_logger()


class UserAgent(asyncio.DatagramProtocol):
    """
    `start()` it, `drain()`, `stop()`.

    `_calls` are those that are up, `_front` takes new ones, `_subscriber` is None without a server.
    """

    def __init__(self, settings: SipSettings, desk: Desk) -> None:
        """Raises ConfigError where nobody could call."""
        if not settings.server and not settings.peers:
            raise ConfigError(
                "sip: nobody may call; give sip.server (where we register) or sip.peers"
                ' (addresses, BOT_SIP__PEERS=["10.0.0.5"])'
            )
        self._settings = settings
        self._desk = desk
        self._door = Door(settings.peers)
        self._whereabouts = here = Whereabouts(settings)
        self._transactions = Transactions(self._send)
        asking = Asking(settings, self._transactions, self._door, here.sent_by, self._send)
        self._calls = Calls(self._transactions, asking, here)
        self._front = Front(settings, desk, self._calls)
        self._subscriber: Subscriber | None = None
        if settings.server:
            self._subscriber = Subscriber(
                settings, self._door, asking.ask, here.contact, self._send
            )
        self._leaving: asyncio.Task[None] | None = None

    # Starting and stopping.

    async def start(self) -> None:
        """Listen, and register. Raises ConfigError when the address cannot be had."""
        here = self._whereabouts
        here.settle()
        try:
            await asyncio.get_running_loop().create_datagram_endpoint(
                lambda: self, local_addr=(here.host, here.port)
            )
        except OSError as error:
            raise ConfigError(
                f"sip.host/port {here.host}:{here.port} cannot be bound:"
                f" {error.strerror}; choose another with BOT_SIP__PORT"
            ) from error
        here.port = self._transport.get_extra_info("sockname")[1]
        if self._subscriber is not None:
            self._subscriber.start()

    @property
    def port(self) -> int:
        """The port we are bound to (useful with port 0)."""
        return self._whereabouts.port

    @property
    def legs(self) -> dict[Key, Leg]:
        """The calls that are up."""
        return self._calls.legs

    @property
    def is_registered(self) -> bool:
        """Whether the server knows us."""
        return self._subscriber is not None and self._subscriber.is_registered

    def drain(self) -> None:
        """Take no new calls, and have none sent to us."""
        if self._leaving is None:
            self._leaving = asyncio.get_running_loop().create_task(self._leave())

    async def stop(self) -> None:
        """End the calls that are left, let the server go, close."""
        self.drain()
        assert self._leaving is not None
        await self._calls.hang_up()
        await asyncio.wait([self._leaving])
        await self._calls.stop()
        self._transactions.close()
        self._transport.close()

    async def _leave(self) -> None:
        if self._subscriber is not None:
            await self._subscriber.leave()

    def _send(self, data: bytes, place: Place) -> None:
        if not self._transport.is_closing():
            self._transport.sendto(data, place)

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
            self._calls.acknowledged(message)
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
            self._calls.reply(request, answer(request, 420, headers=[("Unsupported", names)]))
        elif request.receiver.tag:
            self._within(request)
        elif request.method == "INVITE":
            self._calls.begin(self._front.invited(request))
        elif request.method == "OPTIONS":
            self._calls.reply(request, self._capabilities(request))
        else:
            self._calls.reply(request, answer(request, 405, headers=CAPABLE))

    def _capabilities(self, request: Request) -> Response:
        """What we can; proxies that ask for our health get 503 while we drain."""
        return answer(request, 200 if self._leaving is None else 503, headers=CAPABLE)

    def _within(self, request: Request) -> None:
        """A request of a call, as it says."""
        try:
            self._calls.handle(request)
        except ProtocolError as error:
            self._tell("protocol", str(error), request.source)
            self._calls.reply(request, answer(request, 400))

    def _cancel(self, cancel: Request) -> None:
        """CANCEL helps only before we have answered (RFC 3261, 9.2)."""
        if not self._transactions.knows(cancel, "INVITE"):
            self._calls.reply(cancel, answer(cancel, 481))
            return
        self._calls.reply(cancel, answer(cancel, 200))
        if self._transactions.final_reply(cancel, "INVITE") is None:
            self._front.cancelled(cancel)
