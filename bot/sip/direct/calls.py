"""The calls that are up: which request is whose, and how their own requests are sent."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from bot.sip.direct.asking import Asking
from bot.sip.direct.dialog import Dialog, Key, request_key
from bot.sip.direct.leg import Leg
from bot.sip.direct.messages import Headers, Request, Response, answer
from bot.sip.direct.place import Whereabouts
from bot.sip.direct.transactions import Transactions

ALLOWED = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, NOTIFY"
CAPABLE: Headers = [("Allow", ALLOWED), ("Supported", "timer"), ("Accept", "application/sdp")]

log = structlog.get_logger()


class Calls:
    """`legs` are the calls, by their dialogs; `_tasks` is all that is done beside."""

    def __init__(
        self, transactions: Transactions, asking: Asking, whereabouts: Whereabouts
    ) -> None:
        self.legs: dict[Key, Leg] = {}
        self._transactions = transactions
        self._asking = asking
        self._whereabouts = whereabouts
        self._tasks: set[asyncio.Task[None]] = set()

    async def hang_up(self) -> None:
        """End all of them."""
        legs = list(self.legs.values())
        await asyncio.gather(*(leg.hang_up() for leg in legs), return_exceptions=True)

    async def stop(self) -> None:
        """Give up what is done beside."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # What comes in.

    def handle(self, request: Request) -> None:
        """A request of a call. Raise ProtocolError for a body that is wrong."""
        leg = self.legs.get(request_key(request))
        if leg is None:
            self.reply(request, answer(request, 481))
        else:
            leg.handle(request, CAPABLE)

    def acknowledged(self, ack: Request) -> None:
        """An ACK, which was awaited or came twice."""
        if self._transactions.acknowledged(ack):
            leg = self.legs.get(request_key(ack))
            if leg is not None:
                leg.acknowledged(ack)

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
            reply.headers += [self._contact(request.source[0]), *CAPABLE]
        self._transactions.reply(request, reply, unheard)

    async def ask(self, request: Request, dialog: Dialog, source: str) -> Response:
        """Send a request of a call. Raises NoAnswer."""
        request.headers += [self._contact(source), ("Allow", ALLOWED)]
        return await self._asking.ask_in(request, dialog, source)

    def acknowledge(self, dialog: Dialog, number: int, source: str) -> None:
        """Send the ACK of an accepted INVITE of ours."""
        self.begin(self._asking.tell_in(dialog.request("ACK", number), dialog, source))

    def known(self, leg: Leg) -> None:
        """A call has begun: its requests are its own."""
        self.legs[leg.dialog.key] = leg

    def forget(self, leg: Leg) -> None:
        """The call is over."""
        self.legs.pop(leg.dialog.key, None)

    def address(self, peer: str) -> str:
        """Our own address as this peer sees it. Raises ProtocolError."""
        return self._whereabouts.address(peer)

    def bound(self) -> str:
        """The address we listen on."""
        return self._whereabouts.host

    def _contact(self, peer: str) -> tuple[str, str]:
        return "Contact", f"<{self._whereabouts.contact(peer)}>"
