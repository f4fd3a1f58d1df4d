"""
HTTP to an OpenAI-compatible server: the names of its models, and the chunks of one completion.

Over aiohttp, and not by the openai package: that takes 1 ms more until a request is out and 6 ms
more of processor for an answer, on a loop that all calls share (docs/turn-overhead.md); that what
we send is what it would send is tested with it.
"""

import asyncio
import json
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx2

from bot.nim.sse import Events

CONNECT_SECONDS: Final = 3.0
KEPT_SECONDS: Final = 120.0
"""An idle connection is kept this long, if the server keeps it too; longer, and a firewall may have
dropped it without a word."""
CONNECTIONS: Final = 1000
AGAIN: Final = (408, 409, 429)
"""What may be well the next moment, as is whatever the server says of itself (5xx)."""
PAUSE: Final = 0.4
"""Seconds before the second try, where the server does not say how long."""
LONGEST_PAUSE: Final = 5.0
DRAIN_SECONDS: Final = 0.2
"""How long the end of the body may take after the answer's: then the connection can be kept."""
_ERROR_BYTES: Final = 10_000
_DONE: Final = b"[DONE]"


@dataclass(frozen=True, slots=True)
class Network:
    """The way to a server: whom to trust (None: no TLS), and the proxy's URL, if it has one."""

    tls: ssl.SSLContext | None
    proxy: str | None


def network(base_url: str) -> Network:
    """
    As this machine's environment says: HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE and the like.

    Reads files, 0.1 s of processor; aiohttp itself would do it for each request. What is no
    address is a ValueError.
    """
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("llm.base_url must be an address such as http://nim:8000/v1")
    tls = httpx2.create_ssl_context() if parts.scheme == "https" else None
    if proxy_bypass(parts.hostname or ""):
        return Network(tls, None)
    proxies = getproxies()
    return Network(tls, proxies.get(parts.scheme) or proxies.get("all"))


class HttpRefused(Exception):
    """The server answered, and said no. The message is the server's, `status_code` HTTP's."""

    def __init__(self, status_code: int, message: str) -> None:
        super().__init__(message)
        self.status_code = status_code


class Completion:
    """
    The answer to one request, as it comes.

    `next` and `close` are for one task at a time; `_waiting` are chunks that came and were not
    asked for yet, the next one last.
    """

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self._events = Events()
        self._waiting: list[bytes] = []
        self._done = False

    async def next(self) -> dict[str, Any] | None:
        """
        The next chunk, as it was in JSON; None at the answer's end.

        Raises ValueError for what is no chunk, HttpRefused for an error in mid-answer, and what
        aiohttp raises.
        """
        while not self._done:
            if not self._waiting:
                piece = await self._response.content.readany()
                if not piece:
                    break
                self._waiting = self._events.feed(piece)[::-1]
                continue
            data = self._waiting.pop()
            if data.startswith(_DONE):
                break
            chunk = json.loads(data)
            if not isinstance(chunk, dict):
                raise ValueError(f"no chunk of an answer: {data[:100]!r}")
            if error := chunk.get("error"):
                raise HttpRefused(self._response.status, _said(error))
            return chunk
        self._done = True
        return None

    async def close(self) -> None:
        """The connection is kept where all of the answer was read; else the server stops."""
        if self._done:
            with suppress(TimeoutError, aiohttp.ClientError):
                async with asyncio.timeout(DRAIN_SECONDS):
                    await self._response.content.read()
        if self._response.content.at_eof():
            self._response.release()
        else:
            self._response.close()


class Wire:
    """The connections to one server. To be made on the loop."""

    def __init__(self, base_url: str, api_key: str, network: Network) -> None:
        self._url = base_url.rstrip("/")
        connector = aiohttp.TCPConnector(
            limit=CONNECTIONS, keepalive_timeout=KEPT_SECONDS, ssl=network.tls or True
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
            headers={"Authorization": f"Bearer {api_key}", "Accept": "application/json"},
            proxy=network.proxy,
            cookie_jar=aiohttp.DummyCookieJar(),  # else a balancer's would bring all calls to one
        )

    async def models(self) -> list[str]:
        """The names, sorted. Raises HttpRefused, ValueError, and what aiohttp raises."""
        response = await self._opened("GET", "/models")
        async with response:
            listed = await response.json(content_type=None)
        try:
            return sorted(str(model["id"]) for model in listed["data"])
        except (KeyError, TypeError) as error:
            raise ValueError("what came is no list of models") from error

    async def complete(self, request: Mapping[str, Any], headers: Mapping[str, str]) -> Completion:
        """Ask for a streamed answer. Raises HttpRefused, and what aiohttp raises."""
        body = json.dumps(request, ensure_ascii=False, separators=(",", ":")).encode()
        kind = {"Content-Type": "application/json"}
        return Completion(
            await self._opened("POST", "/chat/completions", body, {**kind, **headers})
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def _opened(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> aiohttp.ClientResponse:
        """The answer to a request, once its head is there; what failed before is tried twice."""
        for last in (False, True):
            try:
                response = await self._session.request(
                    method, self._url + path, data=body, headers=headers
                )
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
                if last:
                    raise
                fresh = isinstance(error, aiohttp.ClientConnectorError)
                await asyncio.sleep(PAUSE if fresh else 0.0)  # else it was kept too long
                continue
            if response.status < HTTPStatus.BAD_REQUEST:
                return response
            async with response:
                if last or not _may_pass(response.status):
                    raise HttpRefused(response.status, await _complaint(response))
            await asyncio.sleep(_pause(response.headers.get("Retry-After", "")))
        raise AssertionError("unreachable")


def _may_pass(status: int) -> bool:
    return status in AGAIN or status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _pause(retry_after: str) -> float:
    """Seconds; a date is not read."""
    return min(float(retry_after), LONGEST_PAUSE) if retry_after.isdecimal() else PAUSE


async def _complaint(response: aiohttp.ClientResponse) -> str:
    """What the server says of its refusal."""
    body = await response.content.read(_ERROR_BYTES)
    with suppress(ValueError):
        told = json.loads(body)
        if isinstance(told, dict):
            return _said(told.get("error") or told.get("detail") or told)
    return body.decode("utf-8", "replace")


def _said(error: object) -> str:
    message = error.get("message") if isinstance(error, dict) else None
    return str(message or error)
