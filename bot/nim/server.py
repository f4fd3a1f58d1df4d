"""
The connections to one OpenAI-compatible server, opened before they are needed and kept.

What an HTTP client needs, its module and the certificates, is loaded in a thread, at `warm` or at
the first reply, never at the start of the program.
"""

import asyncio
import importlib
from typing import TYPE_CHECKING, Any, Final

import structlog

from bot.config import LlmSettings
from bot.core.errors import ServiceError
from bot.nim.errors import service_error

if TYPE_CHECKING:
    from bot.nim.wire import Wire

FRESH_SECONDS: Final = 4.0
"""A connection used within this is still there: uvicorn, and so vLLM and NIM, closes idle ones
after 5 s."""

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class NimServer:
    """One server, for all dialogues that ask it in the same way."""

    def __init__(self, settings: LlmSettings) -> None:
        self._settings = settings
        self._wire: Wire | None = None
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
        wire = await self.wire()
        try:
            async with asyncio.timeout(self._settings.first_token_timeout):
                names = await wire.models()
        except Exception as error:
            raise service_error(error, self._settings) from error
        self.note_use()
        return names

    async def close(self) -> None:
        """Close all connections."""
        if self._warming is not None:
            self._warming.cancel()
            await asyncio.wait([self._warming])
        wire, self._wire = self._wire, None
        if wire is not None:
            await wire.close()

    async def wire(self) -> "Wire":
        """
        What the server is asked through; what that needs is loaded in a thread.

        Raises ServiceError, for certificates that cannot be read, or an address that is none.
        """
        if self._wire is None:
            url = self._settings.base_url
            try:
                module, network = await asyncio.to_thread(_loaded, url)
            except Exception as error:
                raise service_error(error, self._settings) from error
            if self._wire is None:
                key = self._settings.api_key.get_secret_value() or "none"
                self._wire = module.Wire(url, key, network)
        return self._wire

    def note_use(self) -> None:
        """A connection was open just now."""
        self._used = asyncio.get_running_loop().time()


def _loaded(base_url: str) -> tuple[Any, Any]:
    """The module of the wire, and the way to this server."""
    module = importlib.import_module("bot.nim.wire")
    return module, module.network(base_url)
