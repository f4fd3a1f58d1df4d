"""What the model may ask for beside words: to hang up, a person, a number from the caller."""

import json
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final
from uuid import uuid4

import structlog

from bot.core.ports import Message, ToolCall

SAY: Final = "say"
"""An argument of each tool: what to tell the caller first, where the answer has no text."""
_MOST_CALLS: Final = 4
_LONGEST_ARGUMENTS: Final = 4_000
_LONGEST_ID: Final = 128
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
        reason="What the caller wants, in one or two short Hindi sentences: the agent hears them.",
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
        self._ids: dict[int, str] = {}

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
            if call_id := delta.get("id"):
                self._ids.setdefault(index, str(call_id)[:_LONGEST_ID])
            name, arguments = self._calls.get(index, ("", ""))
            arguments = (arguments + (function.get("arguments") or ""))[:_LONGEST_ARGUMENTS]
            self._calls[index] = (name or function.get("name") or "", arguments)

    def finished(self, known: Collection[str] = KNOWN) -> Iterator[ToolCall]:
        """The calls, in the order of the answer, without those of tools that nobody offered."""
        for index, (name, arguments) in sorted(self._calls.items()):
            if name in known:
                call_id = self._ids.get(index) or uuid4().hex[:9]
                yield ToolCall(name, _parsed(name, arguments), call_id)
            else:
                log.warning("llm_unknown_tool", tool=name[:64], known=sorted(known))

    def _index(self, delta: dict[str, Any]) -> int:
        """Some servers leave the index out: then a new id begins a new call."""
        if isinstance(index := delta.get("index"), int):
            return index
        return len(self._calls) - (0 if delta.get("id") or not self._calls else 1)


def in_json(message: Message) -> dict[str, Any]:
    """A line of the conversation as OpenAI writes it."""
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": message.call_id, "content": message.content}
    line: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.calls:
        line["tool_calls"] = [_call(each) for each in message.calls]
    return line


def _call(call: ToolCall) -> dict[str, Any]:
    arguments = json.dumps(call.arguments, ensure_ascii=False)
    function = {"name": call.name, "arguments": arguments}
    return {"id": call.id, "type": "function", "function": function}


def _parsed(name: str, arguments: str) -> dict[str, object]:
    try:
        parsed = json.loads(arguments or "{}")
    except ValueError:
        parsed = None
    if isinstance(parsed, dict):
        return parsed
    log.warning("llm_bad_tool_arguments", tool=name, length=len(arguments))
    return {}
