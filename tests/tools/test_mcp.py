"""Tools of a server of the Model Context Protocol: the real server of its package, on loopback."""

import json
from contextlib import asynccontextmanager

import pytest

from bot.app.toolbox import Toolbox
from bot.config import Settings
from bot.config_tools import McpSettings
from bot.core.ports import Caller, ToolCall
from bot.ops.metrics import Metrics
from bot.tools.http import HttpClient, ToolFailed
from bot.tools.mcp import McpServer
from tests.tools.service import serving

mcp = pytest.importorskip("mcp")
pytestmark = [
    pytest.mark.real_time,
    pytest.mark.filterwarnings("default"),  # of the package's own, which are not ours to mend
]

from mcp.server import MCPServer  # noqa: E402
from mcp.types import ToolAnnotations  # noqa: E402


def server():
    """A shop with three tools."""
    shop = MCPServer("shop")

    reads = ToolAnnotations(read_only_hint=True)

    @shop.tool(description="What an order is about", annotations=reads)
    def order(number: int) -> dict[str, str]:
        return {"number": str(number), "state": "भेज दिया"}

    @shop.tool(description="Cancel an order")
    def cancel(number: int) -> str:
        return "cancelled"

    @shop.tool(description="Always fails")
    def broken() -> str:
        raise RuntimeError("secret detail")

    return shop


@asynccontextmanager
async def shop(**more):
    """The server's settings, while it is up."""
    app = server().streamable_http_app(json_response=True, stateless_http=True)
    async with serving(app) as address:
        yield McpSettings(url=f"{address}/mcp", **more)


async def test_the_server_tells_its_tools():
    """With schema and whether they only read; those that the settings name, where they name any."""
    async with shop() as settings:
        tools = {tool.name: tool for tool in await McpServer("shop", settings).tools()}
        assert set(tools) == {"order", "cancel", "broken"}
        assert tools["order"].only_reads and not tools["cancel"].only_reads
        assert tools["order"].schema["properties"]["number"]["type"] == "integer"
        chosen = settings.model_copy(update={"tools": ("order",)})
        assert [tool.name for tool in await McpServer("shop", chosen).tools()] == ["order"]


async def test_a_tool_answers():
    """Its structured content, as JSON."""
    async with shop() as settings:
        answer = await McpServer("shop", settings).ask("order", {"number": 7})
    assert json.loads(answer.text) == {"number": "7", "state": "भेज दिया"} and answer.whole


async def test_a_tool_that_fails_tells_no_details():
    """Nor does a server that is not there."""
    async with shop() as settings:
        with pytest.raises(ToolFailed, match="^the tool says that it failed$"):
            await McpServer("shop", settings).ask("broken", {})
    nobody = McpServer("gone", McpSettings(url="http://127.0.0.1:1/mcp"))
    with pytest.raises(ToolFailed, match="could not be asked"):
        await nobody.tools()


async def test_its_tools_are_offered_and_used_in_a_call():
    """Once discovered; and still when its server is away for a moment."""
    async with shop() as own:
        box = Toolbox(Settings(tools={"mcp": {"shop": own}}), HttpClient(), Metrics())
        assert "order" not in names(box)
        await box.discover()
        assert {"order", "cancel", "broken"} <= names(box)
        tools = box.of_call(Caller("c"))
        answer = json.loads(await tools.use(ToolCall("order", {"number": 7}, "i")))
        assert answer["ok"] and answer["data"]["state"] == "भेज दिया"
        failed = json.loads(await tools.use(ToolCall("broken", {}, "j")))
        assert failed == {"tool": "broken", "ok": False, "error": "the tool says that it failed"}
    await box.discover()
    assert "order" in names(box), "a server that is away for a moment keeps its tools"


def names(box):
    """The tools that are offered."""
    return {offer["function"]["name"] for offer in box.offered}
