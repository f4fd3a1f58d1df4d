"""
The connections to one OpenAI-compatible server, opened before they are needed and kept.

The openai package takes about a second to import: it is imported in a thread, at `warm` or at the
first reply, never at the start of the program.
"""

import asyncio
import importlib
from typing import TYPE_CHECKING, Any, Final

import structlog

from bot.config import LlmSettings
from bot.core.errors import ServiceError
from bot.nim.errors import service_error

if TYPE_CHECKING:
    from openai import AsyncOpenAI

RETRIES: Final = 1
"""Of a request that failed before its answer began; the time-outs cover all tries."""
CONNECT_SECONDS: Final = 3.0
KEPT_SECONDS: Final = 120.0
"""An idle connection is kept this long, if the server keeps it too; longer, and a firewall may have
dropped it without a word."""
FRESH_SECONDS: Final = 4.0
"""A connection used within this is still there: uvicorn, and so vLLM and NIM, closes idle ones
after 5 s."""

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class NimServer:
    """One server, for all dialogues that ask it in the same way."""

    def __init__(self, settings: LlmSettings) -> None:
        self._settings = settings
        self._client: AsyncOpenAI | None = None
        self._used = float("-inf")
        """When a connection was last known to be open, in the loop's time."""
        self._warming: asyncio.Task[None] | None = None
        self._told = False

    def warm(self) -> None:
        """
        Soon have the client imported and a connection open; for whenever a reply may be near.

        The server is asked for its models, in the background, unless a connection was used just
        now. Never raises: a reply will tell.
        """
        idle = asyncio.get_running_loop().time() - self._used
        if self._warming is None and idle > FRESH_SECONDS:
            self._warming = asyncio.create_task(self._warm(), name="llm-warm")

    async def _warm(self) -> None:
        """Tell once of a server that does not answer, until it does."""
        try:
            await self.models()
            self._told = False
        except ServiceError as error:
            if not self._told:
                log.warning("llm_not_ready", error=str(error))
            self._told = True
        finally:
            self._warming = None

    async def models(self) -> list[str]:
        """The model names that the server offers, sorted. Raises ServiceError."""
        client = await self.connected()
        try:
            async with asyncio.timeout(self._settings.first_token_timeout):
                names = sorted([model.id async for model in client.models.list()])
        except Exception as error:
            raise service_error(error, self._settings) from error
        self.note_use()
        return names

    async def close(self) -> None:
        """Close all connections."""
        if self._warming is not None:
            self._warming.cancel()
            await asyncio.wait([self._warming])
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def connected(self) -> "AsyncOpenAI":
        """The client, made in a thread: with its certificates it takes 0.1 s of processor."""
        if self._client is None:
            made = await asyncio.to_thread(self._make)
            self._client = self._client or made
        return self._client

    def _make(self) -> "AsyncOpenAI":
        openai = importlib.import_module("openai")
        wait = max(self._settings.first_token_timeout, self._settings.token_timeout)
        client: AsyncOpenAI = openai.AsyncOpenAI(
            base_url=self._settings.base_url,
            api_key=self._settings.api_key.get_secret_value() or "none",
            timeout=openai.Timeout(wait, connect=min(CONNECT_SECONDS, wait)),
            max_retries=RETRIES,
            http_client=openai.DefaultAsyncHttpxClient(limits=_limits(openai)),
        )
        return client

    def note_use(self) -> None:
        """A connection was open just now."""
        self._used = asyncio.get_running_loop().time()


def _limits(openai: Any) -> Any:
    """The package's own limits of connections (httpx or httpx2), but idle ones are kept."""
    own = openai.DEFAULT_CONNECTION_LIMITS
    return type(own)(
        max_connections=own.max_connections,
        max_keepalive_connections=own.max_keepalive_connections,
        keepalive_expiry=KEPT_SECONDS,
    )
