"""What the model may ask for beside words: to hang up, a person, a number from the caller."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

import structlog

from bot.core.ports import ToolCall

SAY: Final = "say"
"""An argument of each tool: what to tell the caller first, where the answer has no text."""
_MOST_CALLS: Final = 4
_LONGEST_ARGUMENTS: Final = 4_000
log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


def _tool(name: str, description: str, /, **parameters: str) -> dict[str, Any]:
    """A tool in OpenAI's format, with parameters that are all strings."""
    parameters[SAY] = "One short sentence in Hindi that the caller hears first."
    properties = {key: {"type": "string", "description": text} for key, text in parameters.items()}
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    function = {"name": name, "description": description, "parameters": schema}
    return {"type": "function", "function": function}


TOOLS: Final = (
    _tool("hang_up", "End the call. Only after the caller has said goodbye or needs nothing more."),
    _tool(
        "transfer",
        "Hand the caller to a human agent: when they ask for a person, or you cannot help.",
        reason="Why, in a few words, for the agent.",
    ),
    _tool(
        "collect_number",
        "Ask the caller for a number, spoken or typed on the keypad: account, phone, PIN, OTP. Use "
        "it for every number of three digits or more. The telephone system collects it, reads it "
        "back and then tells you [name: digits], or [name: none]. Do not repeat the digits.",
        name="What it is, in English: account_number, phone_number, otp.",
        digits="How many digits it has: 6, or from-to: 10-16.",
        secret="true for a PIN, OTP, CVV or password, else false.",
    ),
    _tool(
        "offer_menu",
        "Let the caller choose by pressing one key. Name each choice and its key in what you say. "
        "You are then told [name: key].",
        name="What is chosen, in English: service.",
        choices="The keys, separated by commas: 1,2,9.",
    ),
)
"""What is sent with each request, when the settings offer tools."""
KNOWN: Final = frozenset(tool["function"]["name"] for tool in TOOLS)


class ToolCalls:
    """Puts tool calls together from the pieces of a streamed answer."""

    def __init__(self) -> None:
        self._calls: dict[int, tuple[str, str]] = {}
        """Name and arguments (JSON, so far) by the call's index."""

    def __bool__(self) -> bool:
        """Whether the answer has a tool call."""
        return bool(self._calls)

    def add(self, deltas: Sequence[dict[str, Any]] | None) -> None:
        """Note the `tool_calls` of one delta, as they are in JSON."""
        for delta in deltas or ():
            index = self._index(delta)
            function = delta.get("function")
            if function is None or index >= _MOST_CALLS:
                continue
            name, arguments = self._calls.get(index, ("", ""))
            arguments = (arguments + (function.get("arguments") or ""))[:_LONGEST_ARGUMENTS]
            self._calls[index] = (name or function.get("name") or "", arguments)

    def finished(self) -> Iterator[ToolCall]:
        """The calls, in the order of the answer, without those of tools that nobody offered."""
        for _, (name, arguments) in sorted(self._calls.items()):
            if name in KNOWN:
                yield ToolCall(name, _parsed(name, arguments))
            else:
                log.warning("llm_unknown_tool", tool=name[:64], known=sorted(KNOWN))

    def _index(self, delta: dict[str, Any]) -> int:
        """Some servers leave the index out: then a new id begins a new call."""
        if isinstance(index := delta.get("index"), int):
            return index
        return len(self._calls) - (0 if delta.get("id") or not self._calls else 1)


def _parsed(name: str, arguments: str) -> dict[str, object]:
    try:
        parsed = json.loads(arguments or "{}")
    except ValueError:
        parsed = None
    if isinstance(parsed, dict):
        return parsed
    log.warning("llm_bad_tool_arguments", tool=name, length=len(arguments))
    return {}
