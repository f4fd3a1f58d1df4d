"""
The tools of one profile: what the model is offered, what the policy lets it do, who does it.

Ours come first; a tenant's own are HTTP services and servers of the Model Context Protocol.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog

from bot.app.own_tools import (
    CALL_BACK,
    DO_NOT_CALL,
    OPENING_HOURS,
    Offer,
    call_back,
    never,
    offer_of,
    own_offers,
    own_policies,
)
from bot.asterisk.handover import Target
from bot.call.tool_policy import Tool, ToolPolicy
from bot.config import Settings
from bot.config_tools import HttpToolSettings, McpSettings
from bot.core.ports import Caller, ToolCall
from bot.hours import told
from bot.nim.tools import TOOLS
from bot.ops.metrics import Metrics
from bot.tools.answer import Answer, answered, failed
from bot.tools.http import HttpClient, ToolFailed
from bot.tools.mcp import McpServer, McpTool

log = structlog.get_logger()


Unwanted = Callable[[str], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class _Mcp:
    """A tool of a server."""

    server: McpServer
    tool: McpTool


class Toolbox:
    """
    The tools of one profile.

    `_http` and `_mcp` are the tenant's, by name; the latter are known once their servers were
    asked. `offered` and `policy` are made anew when they change.
    """

    def __init__(
        self,
        settings: Settings,
        client: HttpClient,
        metrics: Metrics,
        unwanted: Unwanted | None = None,
    ) -> None:
        """
        `unwanted` notes a number that nobody calls any more; False where it could not.

        Raises ConfigError where a package is missing.
        """
        self.unwanted = unwanted
        self.settings = settings
        self.client = client
        self.metrics = metrics
        self._http = dict(settings.tools.http)
        if settings.tools.call_back.url:
            self._http.setdefault(CALL_BACK, call_back(settings))
        self._servers = [McpServer(name, each) for name, each in settings.tools.mcp.items()]
        self._mcp: dict[str, _Mcp] = {}
        self.offered: list[Offer] = []
        self.policy = ToolPolicy(())
        self._rebuild()

    def of_call(self, caller: Caller) -> "CallTools":
        """The tools of one call."""
        return CallTools(self, caller)

    def target(self, wish: ToolCall | None) -> Target:
        """Where the caller goes whom this call of `transfer` hands over."""
        name = str(wish.arguments.get("target", "")) if wish else ""
        chosen = self.settings.transfers.get(name)
        if chosen is None:
            return Target()
        return Target(chosen.context, chosen.exten, chosen.mode == "warm")

    async def discover(self) -> None:
        """Ask the MCP servers for their tools; those of a server that fails stay as they were."""
        for server in self._servers:
            try:
                found = await server.tools()
            except ToolFailed as error:
                log.warning(
                    "tools of an MCP server are not known", server=server.name, error=str(error)
                )
                continue
            own = {name: each for name, each in self._mcp.items() if each.server is not server}
            self._mcp = own | {self._named(server, each): _Mcp(server, each) for each in found}
        self._rebuild()

    def service(self, name: str) -> HttpToolSettings | None:
        """The HTTP service of this name."""
        return self._http.get(name)

    def of_mcp(self, name: str) -> _Mcp | None:
        """The tool of an MCP server of this name."""
        return self._mcp.get(name)

    def _named(self, server: McpServer, tool: McpTool) -> str:
        """Its own name, or with the server's before it where another tool has that name."""
        taken = {offer["function"]["name"] for offer in TOOLS} | set(self._http)
        other = self._mcp.get(tool.name)
        free = tool.name not in taken and (other is None or other.server is server)
        return tool.name if free else f"{server.name}_{tool.name}"[:64]

    def _rebuild(self) -> None:
        own = own_offers(self.settings)
        policies = {tool.name: tool for tool in (*own_policies(self.settings), *self._policies())}
        offers = [offer for offer in own if offer["function"]["name"] not in self._http]
        offers += [offer_of(n, each.description, each.parameters) for n, each in self._http.items()]
        offers += [
            offer_of(name, each.tool.description[:2000], each.tool.schema)
            for name, each in self._mcp.items()
        ]
        self.offered = offers
        names = {offer["function"]["name"] for offer in offers}
        self.policy = ToolPolicy(tool for name, tool in policies.items() if name in names)

    def _policies(self) -> list[Tool]:
        tools = [
            _policy(n, each.parameters, each, each.makes_changes) for n, each in self._http.items()
        ]
        for name, each in self._mcp.items():
            settings = each.server.settings
            changes = settings.changes and not each.tool.only_reads
            tools.append(_policy(name, each.tool.schema, settings, changes))
        return tools


class CallTools:
    """The `Tools` of one call."""

    def __init__(self, toolbox: Toolbox, caller: Caller) -> None:
        self._toolbox = toolbox
        self._caller = caller

    def waiting(self, call: ToolCall) -> str:
        """The tool's own words, if it has any."""
        if (service := self._toolbox.service(call.name)) is not None:
            return service.waiting
        other = self._toolbox.of_mcp(call.name)
        return other.server.settings.waiting if other else ""

    async def use(self, call: ToolCall) -> str:
        """Have it done, watched; what fails is told to the model without details."""
        with self._toolbox.metrics.tool(call.name) as outcome:
            try:
                answer = await self._answer(call)
                outcome.is_("ok")
                return answered(call.name, answer)
            except ToolFailed as error:
                outcome.is_(error.outcome)
                log.warning(
                    "tool failed", tool=call.name, error=str(error), call=self._caller.call_id
                )
                return failed(call.name, str(error))
            except Exception:
                outcome.is_("bug")
                log.exception("tool failed", tool=call.name, call=self._caller.call_id)
                return failed(call.name, "it failed")

    async def _answer(self, call: ToolCall) -> Answer:
        toolbox = self._toolbox
        if (service := toolbox.service(call.name)) is not None:
            return await toolbox.client.ask(service, self._arguments(call), self._caller)
        if (other := toolbox.of_mcp(call.name)) is not None:
            return await other.server.ask(other.tool.name, call.arguments)
        if call.name == OPENING_HOURS:
            hours = told(toolbox.settings.hours, datetime.now(UTC))
            return Answer(json.dumps(hours, ensure_ascii=False))
        if call.name == DO_NOT_CALL and toolbox.unwanted is not None:
            noted = await toolbox.unwanted(self._caller.number)
            return Answer(json.dumps({"noted": noted}))
        raise ToolFailed("failed", "there is no such tool")

    def _arguments(self, call: ToolCall) -> Mapping[str, object]:
        """Those of the model; of a call back, who calls as well."""
        caller = self._caller
        if call.name != CALL_BACK or CALL_BACK in self._toolbox.settings.tools.http:
            return call.arguments
        known = {"number": caller.number, **call.arguments, "call_id": caller.call_id}
        return known | {"caller": caller.number, "called": caller.called, "profile": caller.profile}


def _always(arguments: Mapping[str, object]) -> bool:
    return True


def _policy(
    name: str, schema: Mapping[str, Any], settings: HttpToolSettings | McpSettings, changes: bool
) -> Tool:
    after = never if changes else _always
    return Tool(name, schema, after_answers=after, trusted=settings.trusted, answers=True)
