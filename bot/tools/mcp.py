"""
The tools of one server of the Model Context Protocol, through the protocol's official client.

Each question is a connection of its own: a server that restarts, or forgets its sessions, is no
event, and nothing waits between calls. The package is optional (extra `mcp`), and imported when
first used.
"""

import asyncio
import importlib
import importlib.util
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from bot.config_tools import McpSettings
from bot.core.errors import ConfigError
from bot.tools.answer import Answer
from bot.tools.http import ToolFailed

MOST_TOOLS: Final = 64
PAGES: Final = 10


@dataclass(frozen=True, slots=True)
class McpTool:
    """What the server says of a tool: `schema` is the JSON Schema of its arguments."""

    name: str
    description: str
    schema: Mapping[str, Any]
    only_reads: bool


class McpServer:
    """One server. Raises ConfigError where the package is missing."""

    def __init__(self, name: str, settings: McpSettings) -> None:
        self.name = name
        self.settings = settings
        if importlib.util.find_spec("mcp") is None:
            raise ConfigError(f"tools.mcp.{name}: needs the extra `mcp`: pip install voicebot[mcp]")

    async def tools(self) -> list[McpTool]:
        """What it offers, of what the settings allow. Raises ToolFailed."""
        async with self._client() as client:
            found: list[McpTool] = []
            cursor = None
            for _ in range(PAGES):
                page = await client.list_tools(cursor=cursor)
                found += [_tool(each) for each in page.tools]
                if not (cursor := page.next_cursor):
                    break
        allowed = self.settings.tools
        return [each for each in found if not allowed or each.name in allowed][:MOST_TOOLS]

    async def ask(self, tool: str, arguments: Mapping[str, object]) -> Answer:
        """What the tool answers: its structured content, or else its texts. Raises ToolFailed."""
        async with self._client() as client:
            result = await client.call_tool(tool, dict(arguments))
        if result.is_error:
            raise ToolFailed("failed", "the tool says that it failed")
        return _cut(_text(result), self.settings.most_bytes)

    @asynccontextmanager
    async def _client(self) -> AsyncIterator[Any]:
        """A connection, for at most the settings' time; whatever fails is a ToolFailed."""
        try:
            async with asyncio.timeout(self.settings.timeout):
                mcp, transport = await asyncio.to_thread(_packages)
                headers = {n: v.get_secret_value() for n, v in self.settings.headers.items()}
                async with (
                    transport.create_mcp_http_client(headers=headers) as http,
                    mcp.Client(_over(transport, self.settings.url, http)) as client,
                ):
                    yield client
        except TimeoutError:
            raise ToolFailed("timeout", "it did not answer in time") from None
        except ToolFailed:
            raise
        except Exception as error:
            raise ToolFailed("failed", "it could not be asked") from error


def _packages() -> tuple[Any, Any]:
    mcp = importlib.import_module("mcp")
    return mcp, importlib.import_module("mcp.client.streamable_http")


def _over(transport: Any, url: str, http: Any) -> Any:
    return transport.streamable_http_client(url, http_client=http)


def _tool(tool: Any) -> McpTool:
    hints = tool.annotations
    only_reads = bool(hints and hints.read_only_hint)
    return McpTool(tool.name, tool.description or tool.name, tool.input_schema, only_reads)


def _text(result: Any) -> str:
    if result.structured_content is not None:
        return json.dumps(result.structured_content, ensure_ascii=False)
    return "\n".join(part.text for part in result.content if part.type == "text")


def _cut(text: str, most: int) -> Answer:
    body = text.encode()
    return Answer(body[:most].decode("utf-8", "ignore"), len(body) <= most)
