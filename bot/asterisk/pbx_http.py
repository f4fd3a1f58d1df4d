"""
The dialplan's questions over HTTP, for Asterisk's CURL(): one line of plain text an answer.

`POST /pbx/calls` (form fields) -> `dial HOST:PORT`, `dial ws://HOST:PORT` or `refuse REASON`.
`GET /pbx/calls/{uuid}/next` -> `hangup`, `transfer CONTEXT EXTEN`, `warm CONTEXT EXTEN`, `again` or
`fallback`; of an agent who was told about a call: `accept`, `refuse` or `ask`.
`GET /pbx/calls/{uuid}/summary` -> what the agent's phone shows, percent-encoded.
"""

import hmac
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Protocol
from urllib.parse import parse_qsl
from uuid import UUID

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.asterisk.pbx import Reason, Reception, Refused
from bot.core.errand import Errand
from bot.core.errors import BotError

LONGEST_BODY = 4096
_ALL = ("0.0.0.0", "::", "[::]", "")
_STATUS = {
    Reason.BAD_REQUEST: 400,
    Reason.NO_PROFILE: 404,
    Reason.NO_ORDER: 404,
    Reason.IN_PROGRESS: 409,
}


class Errands(Protocol):
    """What is known of calls that we make: for which order, and whether somebody has answered."""

    async def find(self, order: str, call_id: str) -> Errand | None:
        """What this call is about; None where that order has no such call. May raise BotError."""

    async def answered(self, order: str, call_id: str) -> None:
        """Note, before anybody speaks, that a bot takes this call. May raise BotError."""


async def _at_once(uuid: UUID) -> None:
    pass


def routes(
    reception: Reception,
    refused: Callable[[str, str, str], None],
    errands: Errands | None = None,
    settled: Callable[[UUID], Awaitable[None]] = _at_once,
) -> list[Route]:
    """
    The HTTP routes. `refused(reason, detail, peer)` logs and counts what was turned away.

    `errands` is asked where the dialplan names an order: somebody has answered our call. That a
    bot holds it is noted once this one has room for it, so that who was not spoken to is called.
    `settled` is waited for before the dialplan is told what is next.
    """
    token = reception.pbx.token.get_secret_value()

    async def register(request: Request) -> Response:
        if not _allowed(request, token):
            return _refusal(refused, request, "unauthorized", "wrong or missing token", 401)
        body = await _body(request)
        if body is None:
            return _refusal(refused, request, "bad-request", f"over {LONGEST_BODY} bytes", 413)
        try:
            fields = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
            address = await _registered(reception, errands, fields)
            return PlainTextResponse(f"dial {_reachable(address, request)}")
        except Refused as refusal:
            status = _STATUS.get(Reason(refusal.reason), 503)
            return _refusal(refused, request, refusal.reason, str(refusal), status)

    async def about(answer: Callable[[UUID], Awaitable[str]], request: Request) -> Response:
        if not _allowed(request, token):
            return _refusal(refused, request, "unauthorized", "wrong or missing token", 401)
        try:
            uuid = UUID(request.path_params["uuid"])
        except ValueError:
            return _refusal(refused, request, "bad-request", "uuid: not a UUID", 400)
        return PlainTextResponse(await answer(uuid))

    follow, sum_up = partial(_next, reception, settled), partial(_summary, reception)
    return [
        Route("/pbx/calls", register, methods=["POST"]),
        Route("/pbx/calls/{uuid}/next", partial(about, follow), methods=["GET"]),
        Route("/pbx/calls/{uuid}/summary", partial(about, sum_up), methods=["GET"]),
    ]


async def _next(
    reception: Reception, settled: Callable[[UUID], Awaitable[None]], uuid: UUID
) -> str:
    await settled(uuid)
    return reception.next(uuid)


async def _summary(reception: Reception, uuid: UUID) -> str:
    return reception.summary(uuid)


async def _registered(reception: Reception, errands: Errands | None, fields: dict[str, str]) -> str:
    """Where to dial for this call, one that came or one that we have made. Raises `Refused`."""
    order, call_id = fields.get("order", ""), fields.get("uuid", "")
    if not order:
        return reception.register(fields)
    try:
        errand = await errands.find(order, call_id) if errands is not None else None
        if errands is None or errand is None:
            raise Refused(Reason.NO_ORDER, f"order: no such order has this call: {order[:36]!r}")
        address = reception.register(fields, errand)
        await errands.answered(order, call_id)
        return address
    except BotError as error:
        raise Refused(Reason.NO_ORDER, f"order: not known just now: {error}") from error


def _reachable(address: str, request: Request) -> str:
    """The address to dial. One that means "all of ours" becomes that where the question came."""
    scheme, _, place = address.rpartition("//")
    host, _, port = place.rpartition(":")
    if host not in _ALL:
        return address
    here = str((request.scope.get("server") or ("127.0.0.1", 0))[0])
    here = f"[{here}]:{port}" if ":" in here else f"{here}:{port}"
    return f"{scheme}//{here}" if scheme else here


async def _body(request: Request) -> bytes | None:
    """The request's body, or None when it is too long."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LONGEST_BODY:
            return None
    return body


def _allowed(request: Request, token: str) -> bool:
    given = request.headers.get("authorization", "")
    return not token or hmac.compare_digest(given.encode(), f"Bearer {token}".encode())


def _refusal(
    refused: Callable[[str, str, str], None],
    request: Request,
    reason: str,
    detail: str,
    status: int,
) -> Response:
    refused(reason, detail, request.client.host if request.client else "?")
    # Asterisk's next question comes on a new connection, which may lead to another bot.
    headers = {"connection": "close"}
    return PlainTextResponse(f"refuse {reason}", status_code=status, headers=headers)
