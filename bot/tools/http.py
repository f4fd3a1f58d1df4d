"""
One call of a tenant's service over HTTP: which request is made, whether again, what is read.

What the model says can fill a place in the path, the query or the body, encoded; it can never
change the host, the method or a header. Redirections are not followed.
"""

import asyncio
import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

from bot.config_tools import HttpToolSettings, placeholders
from bot.core.ports import Caller
from bot.tools.answer import Answer

if TYPE_CHECKING:
    from httpx2 import AsyncClient, Response

CONNECTIONS: Final = 100
AGAIN: Final = (502, 503, 504)
"""What a proxy or a server says that may be well the next moment."""
PAUSE: Final = 0.2
"""Seconds before the second try."""


class ToolFailed(Exception):
    """The service did not answer as it should; the message is for the model, and holds no data."""

    def __init__(self, outcome: str, why: str) -> None:
        """`outcome`: "timeout" or "failed", for metrics."""
        super().__init__(why)
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent."""

    method: str
    url: str
    body: Mapping[str, object] | None


def request(settings: HttpToolSettings, arguments: Mapping[str, object], caller: Caller) -> Request:
    """The request for these arguments. Raises ToolFailed for one that would change the path."""
    of_call = {
        "call.id": caller.call_id,
        "call.caller": caller.number,
        "call.called": caller.called,
        "call.profile": caller.profile,
    }
    left = dict(arguments)
    url = settings.url
    for name in placeholders(url):
        value = _text(of_call[name] if name in of_call else arguments[name])
        if value.strip(". ") == "":
            raise ToolFailed("failed", f"{name}: no such value")
        url = url.replace("{" + name + "}", quote(value, safe=""))
        left.pop(name, None)
    if settings.method in ("POST", "PUT", "PATCH"):
        return Request(settings.method, url, left)
    if left:
        joint = "&" if "?" in url else "?"
        url += joint + urlencode({name: _text(value) for name, value in left.items()})
    return Request(settings.method, url, None)


class HttpClient:
    """The connections to all services of all tenants; the package is imported when first used."""

    def __init__(self) -> None:
        self._client: AsyncClient | None = None

    async def ask(
        self, settings: HttpToolSettings, arguments: Mapping[str, object], caller: Caller
    ) -> Answer:
        """The answer. Raises ToolFailed, within `settings.timeout`."""
        wanted = request(settings, arguments, caller)
        try:
            async with asyncio.timeout(settings.timeout):
                return await self._tried(settings, wanted)
        except TimeoutError:
            raise ToolFailed("timeout", "it did not answer in time") from None

    async def close(self) -> None:
        """Close all connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _tried(self, settings: HttpToolSettings, wanted: Request) -> Answer:
        """Once, and once more where that does no harm."""
        httpx = await self._package()
        try:
            return await self._once(settings, wanted)
        except httpx.ConnectError as error:
            first = ToolFailed("failed", "it could not be reached")
            first.__cause__ = error  # nothing was sent: to ask again does no harm
        except (httpx.HTTPError, _Again) as error:
            first = ToolFailed("failed", _why(error))
            if not settings.may_repeat:
                raise first from error
        await asyncio.sleep(PAUSE)
        try:
            return await self._once(settings, wanted)
        except (httpx.HTTPError, _Again) as error:
            raise ToolFailed("failed", _why(error)) from first

    async def _once(self, settings: HttpToolSettings, wanted: Request) -> Answer:
        assert self._client is not None, "imported by _package"
        headers = {name: value.get_secret_value() for name, value in settings.headers.items()}
        stream = self._client.stream(wanted.method, wanted.url, headers=headers, json=wanted.body)
        async with stream as response:
            if response.status_code in AGAIN:
                raise _Again(response.status_code)
            if not response.is_success:
                raise ToolFailed("failed", _status(response.status_code))
            return await _read(response, settings.most_bytes)

    async def _package(self) -> Any:
        """httpx, imported in a thread, and a client of it."""
        httpx = await asyncio.to_thread(importlib.import_module, "httpx2")
        if self._client is None:
            made = await asyncio.to_thread(_client, httpx)
            self._client = self._client or made
        return httpx


class _Again(Exception):
    """The server is not well just now."""


def _client(httpx: Any) -> "AsyncClient":
    limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
    client: AsyncClient = httpx.AsyncClient(
        timeout=None, limits=limits, follow_redirects=False, headers={"user-agent": "voicebot"}
    )
    return client


async def _read(response: "Response", most: int) -> Answer:
    """The answer's text; one byte more than `most` is enough to know that there is more."""
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > most:
            break
    return Answer(bytes(body[:most]).decode("utf-8", "replace"), len(body) <= most)


def _why(error: Exception) -> str:
    if isinstance(error, _Again):
        return _status(error.args[0])
    return "it could not be reached" if "Connect" in type(error).__name__ else "it failed"


def _status(status: int) -> str:
    return f"it answered with the HTTP status {status}"


def _text(value: object) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
