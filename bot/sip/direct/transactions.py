"""
Requests and replies over a network that loses and repeats them (RFC 3261, 17; T1, T2: 17.1.1.1).

Decides when something is sent again, when a request was seen before, when we give up. It knows
no calls; `send` takes bytes and an address. Over a reliable transport nothing is repeated.
"""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from bot.core.errors import ProtocolError
from bot.sip.direct.messages import MAGIC, Request, Response, reply_to

T1 = 0.5
"""Seconds that an answer may take before a request is sent again; doubled each time."""
T2 = 4.0
"""The longest of these waits."""
GIVE_UP = 64 * T1
"""Seconds after which an unanswered request has failed, and a reply is not repeated any more."""
MOST = 10_000
"""Transactions of others that are remembered at once; beyond it nothing new is heard."""

Place = tuple[str, int]
_Key = tuple[str, ...]


class NoAnswer(ProtocolError):
    """A request was not answered in time."""


@dataclass(slots=True)
class _Asked:
    """A request of ours: its final answer, and whether a provisional one has come."""

    final: asyncio.Future[Response]
    progress: bool = False


@dataclass(slots=True)
class _Served:
    """A request of theirs: our last reply, and what repeats it."""

    reply: Response | None = None
    again: asyncio.TimerHandle | None = None
    unheard: Callable[[], None] | None = None


class Transactions:
    """
    Both sides' transactions of one user agent.

    `_asked` are ours, by branch and method; `_served` theirs, for GIVE_UP or until their ACK came;
    `_awaiting` those INVITEs whose final reply waits for its ACK; `_timers` what forgets them.
    """

    def __init__(self, send: Callable[[bytes, Place], None]) -> None:
        self._send = send
        self._asked: dict[_Key, _Asked] = {}
        self._served: dict[_Key, _Served] = {}
        self._awaiting: dict[_Key, _Served] = {}
        self._timers: set[asyncio.TimerHandle] = set()

    # Ours.

    async def ask(self, request: Request, place: Place) -> Response:
        """
        Send a request until its final answer comes. Raise NoAnswer.

        A branch must have been set (`branch()`). A refused INVITE is acknowledged here.
        """
        key = request.branch, request.method
        asked = _Asked(asyncio.get_running_loop().create_future())
        self._asked[key] = asked
        try:
            async with asyncio.timeout(GIVE_UP):
                await self._repeat(request.encode(), place, asked, request.method == "INVITE")
        except TimeoutError:
            raise NoAnswer(f"{request.method}: {place[0]}:{place[1]} does not answer") from None
        finally:
            del self._asked[key]
        reply = asked.final.result()
        if request.method == "INVITE" and reply.status >= 300:
            self._send(_refusal_heard(request, reply).encode(), place)
        return reply

    async def _repeat(self, data: bytes, place: Place, asked: _Asked, invite: bool) -> None:
        wait = T1
        while not asked.final.done():
            if not (invite and asked.progress):
                self._send(data, place)
            await asyncio.wait([asked.final], timeout=wait)
            wait = T2 if asked.progress else min(2 * wait, T2)

    def answered(self, reply: Response) -> bool:
        """Take a reply; False where nobody waits for it."""
        asked = self._asked.get((reply.branch, reply.cseq[1]))
        if asked is None or asked.final.done():
            return False
        if reply.status < 200:
            asked.progress = True
        else:
            asked.final.set_result(reply)
        return True

    # Theirs.

    def is_new(self, request: Request) -> bool:
        """Whether this request was not seen before; one that was gets our reply once more."""
        served = self._served.get(_key(request))
        if served is not None:
            if served.reply is not None:
                self._transmit(served.reply)
            return False
        if len(self._served) >= MOST:
            return False
        self._served[_key(request)] = _Served()
        self._forget_later(_key(request))
        return True

    def reply(
        self, request: Request, reply: Response, unheard: Callable[[], None] | None = None
    ) -> None:
        """
        Answer a request; a final answer to an INVITE is repeated until its ACK comes.

        `unheard` is called when no ACK came for 32 s.
        """
        served = self._served.setdefault(_key(request), _Served())
        served.reply = reply
        self._transmit(reply)
        if reply.status >= 200 and request.method == "INVITE":
            served.unheard = unheard
            self._awaiting[_dialog_key(request)] = served
            self._again(served, request, T1, asyncio.get_running_loop().time() + GIVE_UP)

    def final_reply(self, request: Request, method: str) -> Response | None:
        """Our reply to the request of `method` in the same transaction, if it is final."""
        served = self._served.get((*_key(request)[:-1], method))
        reply = served.reply if served else None
        return reply if reply is not None and reply.status >= 200 else None

    def knows(self, request: Request, method: str) -> bool:
        """Whether there is a request of `method` in the same transaction, for CANCEL."""
        return (*_key(request)[:-1], method) in self._served

    def acknowledged(self, ack: Request) -> bool:
        """Take an ACK; False where none was awaited."""
        served = self._awaiting.pop(_dialog_key(ack), None)
        if served is None:
            return False
        if served.again is not None:
            served.again.cancel()
            served.again = None
        return True

    def close(self) -> None:
        """Stop all timers."""
        for timer in self._timers:
            timer.cancel()
        for served in self._served.values():
            if served.again is not None:
                served.again.cancel()
        self._timers.clear()
        self._served.clear()
        self._awaiting.clear()

    def _again(self, served: _Served, request: Request, wait: float, end: float) -> None:
        """Repeat a final reply to an INVITE after `wait`, until loop time `end`."""
        loop = asyncio.get_running_loop()

        def repeat() -> None:
            served.again = None
            if loop.time() < end:
                assert served.reply is not None
                self._transmit(served.reply)
                self._again(served, request, min(2 * wait, T2), end)
                return
            self._awaiting.pop(_dialog_key(request), None)
            self._served.pop(_key(request), None)
            if served.unheard is not None:
                served.unheard()

        served.again = loop.call_later(min(wait, max(0.0, end - loop.time())), repeat)

    def _forget_later(self, key: _Key) -> None:
        """Forget a request after a while, unless its final reply still waits for an ACK."""
        timer: asyncio.TimerHandle

        def forget() -> None:
            self._timers.discard(timer)
            served = self._served.get(key)
            if served is not None and served.again is None:
                del self._served[key]

        timer = asyncio.get_running_loop().call_later(GIVE_UP, forget)
        self._timers.add(timer)

    def _transmit(self, reply: Response) -> None:
        self._send(reply.encode(), reply_to(reply))


def branch() -> str:
    """A new transaction's name."""
    return MAGIC + secrets.token_hex(8)


def _key(request: Request) -> _Key:
    """What two copies of one request have in common (RFC 3261, 17.2.3; 17.2.3 for RFC 2543)."""
    sent_by = request.one("via").partition(";")[0]
    method = "INVITE" if request.method == "ACK" else request.method
    if request.branch.startswith(MAGIC):
        return request.branch, sent_by, method
    return request.call_id, str(request.cseq[0]), request.sender.tag, sent_by, method


def _dialog_key(request: Request) -> _Key:
    return request.call_id, request.sender.tag, str(request.cseq[0])


def _refusal_heard(request: Request, reply: Response) -> Request:
    """The ACK of a refused INVITE, in its own transaction (RFC 3261, 17.1.1.3)."""
    kept = [pair for pair in request.headers if pair[0] in ("Via", "From", "Call-ID", "Route")]
    number = request.cseq[0]
    headers = [*kept, ("To", reply.one("to")), ("CSeq", f"{number} ACK"), ("Max-Forwards", "70")]
    return Request(headers, method="ACK", uri=request.uri)
