"""What every request is held to before anything reads it: size, time, how many; its name."""

import asyncio
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Final
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.api.problems import AGAIN, LOGGED, Refusal, answer
from bot.config_api import ApiSettings

LONGEST_ANSWER: Final = 600.0
"""Seconds that an answer may take once it has begun: a recording, to a slow reader."""
DISCARDED: Final = 2_000_000
"""Bytes of a body that is too long which are read all the same: a client that still sends when we
close would see a broken connection, and not our answer."""
HEADERS: Final = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
}
_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
Count = Callable[[int], None]
"""Hears the status of each answer."""
log = structlog.get_logger()


class Guard:
    """Stands before the application. `_inside` counts the requests that are under way."""

    def __init__(self, app: ASGIApp, settings: ApiSettings, count: Count) -> None:
        self._app = app
        self._settings = settings
        self._count = count
        self._inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, and answer for what goes wrong."""
        if scope["type"] != "http":
            return
        given = Headers(scope=scope).get("x-request-id", "")
        name = (
            given if _ID.fullmatch(given) else str(uuid4())
        )  # the log takes no part of it for a number
        scope.setdefault("state", {})["request_id"] = name
        reply = _Reply(send, name, self._count)
        self._inside += 1
        try:
            await self._held(scope, receive, reply)
        except Refusal as refusal:
            await self._refuse(refusal, scope, receive, reply)
        except Exception:
            log.exception("api: a bug", request=name, path=scope["path"])
        finally:
            self._inside -= 1

    async def _held(self, scope: Scope, receive: Receive, reply: "_Reply") -> None:
        if self._inside > self._settings.parallel:
            detail = f"{self._settings.parallel} requests are under way already."
            raise Refusal(503, "busy", detail, "Ask again later.", AGAIN)
        try:
            async with asyncio.timeout(self._settings.timeout) as waiting:
                reply.begins = lambda: waiting.reschedule(
                    asyncio.get_running_loop().time() + LONGEST_ANSWER
                )
                body = await self._body(scope, receive)
                await self._app(scope, _replayed(body, receive), reply)
        except TimeoutError:
            detail = f"It took longer than {self._settings.timeout:g} s."
            raise Refusal(504, "timeout", detail, "Ask again later.", AGAIN) from None

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        """The whole body. Raises `Refusal` where it is too long."""
        most, body, size, more = self._settings.max_body_bytes, b"", 0, True
        while more and size <= DISCARDED:
            message = await receive()
            piece = bytes(message.get("body", b""))
            size, more = size + len(piece), bool(message.get("more_body", False))
            body = body + piece if size <= most else b""
        if size <= most:
            return body
        detail = f"The body is longer than {most} bytes."
        raise Refusal(413, "too-long", detail, "Send less; see /openapi.json for what is read.")

    async def _refuse(
        self, refusal: Refusal, scope: Scope, receive: Receive, reply: "_Reply"
    ) -> None:
        reply.begins = lambda: None  # this answer is not waited for
        log.warning(
            "api: refused", request=reply.name, reason=refusal.name, path=scope["path"][:LOGGED]
        )
        if not reply.begun:
            await answer(reply.name, refusal)(scope, receive, reply)


class _Reply:
    """The way of the answer: its headers are completed, its status is counted."""

    def __init__(self, send: Send, name: str, count: Count) -> None:
        self.name = name
        self.begun = False
        self.begins: Callable[[], None] = lambda: None
        self._send = send
        self._count = count

    async def __call__(self, message: Message) -> None:
        """Pass it on."""
        if message["type"] == "http.response.start":
            self.begun = True
            self.begins()
            self._count(message["status"])
            headers = MutableHeaders(scope=message)
            for name, value in {**HEADERS, "x-request-id": self.name}.items():
                headers.setdefault(name, value)
            if message["status"] == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
                headers["connection"] = "close"  # the rest of the body is not read
        await self._send(message)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Gives the body that was read, then what else comes: that the client is gone."""
    left = [body]

    async def again() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return again
