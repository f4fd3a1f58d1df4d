"""Decides how an answer is written in OpenAI's format: one completion, or a stream of chunks."""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass

from bot.local.assistant_protocol import ChatRequest, Function

DONE = "data: [DONE]\n\n"
"""What ends a stream."""


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A call of one of the request's functions. `arguments` is JSON."""

    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Completion:
    """A reply ready to be written: its words with their spaces, a tool call, token counts."""

    reply_id: str
    created: int
    model: str
    words: tuple[str, ...]
    tool: ToolUse | None
    prompt_tokens: int
    cut: bool = False

    def finish_reason(self) -> str:
        """Why the reply ends here."""
        if self.cut:
            return "length"
        return "tool_calls" if self.tool else "stop"

    def usage(self) -> dict[str, int]:
        """Token counts; a token is a word here."""
        mine = len(self.words)
        total = self.prompt_tokens + mine
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": mine,
            "total_tokens": total,
        }


def words_of(text: str) -> tuple[str, ...]:
    """Cut a text into words that keep the space after them: joined, they are the text again."""
    return tuple(re.findall(r"\S+\s*", text))


def count_tokens(request: ChatRequest) -> int:
    """The words of the whole conversation."""
    return sum(len(message.text().split()) for message in request.messages)


def tool_use(function: Function, call_id: str, values: Mapping[str, str]) -> ToolUse:
    """
    Call a function with these values of its arguments, as far as its schema knows them.

    Other arguments that it requires get harmless values.
    """
    schema = function.parameters
    properties = schema.get("properties")
    required = schema.get("required")
    known = properties if isinstance(properties, dict) else {}
    names = [str(name) for name in required] if isinstance(required, list) else []
    names += [name for name in values if name in known and name not in names]
    arguments = {name: _value(known.get(name), values.get(name)) for name in names}
    return ToolUse(call_id, function.name, json.dumps(arguments, ensure_ascii=False))


def _value(schema: object, value: str | None) -> object:
    """The value in the schema's type; where it does not fit, or is not known, a harmless one."""
    harmless = _argument(schema)
    if value is None:
        return harmless
    if isinstance(harmless, bool):
        return value == "true"
    if isinstance(harmless, int) and value.isdigit():
        return int(value)
    return value if harmless == "" else harmless


def _argument(schema: object) -> object:
    """A harmless value of the schema's type: its default, its first choice, or an empty one."""
    if not isinstance(schema, dict):
        return ""
    if "default" in schema:
        return schema["default"]
    choices = schema.get("enum")
    if isinstance(choices, list) and choices:
        return choices[0]
    empty: Mapping[str, object] = {"integer": 0, "number": 0, "boolean": False, "array": []}
    kind = schema.get("type")
    return empty.get(kind, "") if isinstance(kind, str) else ""


def completion_body(done: Completion) -> dict[str, object]:
    """The whole reply as one `chat.completion` object."""
    message: dict[str, object] = {"role": "assistant", "content": "".join(done.words)}
    if done.tool:
        message["tool_calls"] = [_call(done.tool)]
    choice = {"index": 0, "message": message, "finish_reason": done.finish_reason()}
    head = _head(done, "chat.completion")
    return {**head, "choices": [{**choice, "logprobs": None}], "usage": done.usage()}


async def event_stream(
    done: Completion, delay: float, include_usage: bool
) -> AsyncGenerator[str, None]:
    """Yield the reply as server-sent events, one word a chunk, `delay` seconds between words."""
    yield _chunk(done, {"role": "assistant", "content": ""})
    for word in done.words:
        await asyncio.sleep(delay)
        yield _chunk(done, {"content": word})
    for delta in _tool_deltas(done):
        yield _chunk(done, delta)
    yield _chunk(done, {}, done.finish_reason())
    if include_usage:
        head = _head(done, "chat.completion.chunk")
        yield _event({**head, "choices": [], "usage": done.usage()})
    yield DONE


def _tool_deltas(done: Completion) -> list[dict[str, object]]:
    """A tool call as it is streamed: first its name, then its arguments."""
    if done.tool is None or done.cut:
        return []
    opening = _call(done.tool) | {"index": 0}
    opening["function"] = {"name": done.tool.name, "arguments": ""}
    arguments = {"index": 0, "function": {"arguments": done.tool.arguments}}
    return [{"tool_calls": [opening]}, {"tool_calls": [arguments]}]


def _call(tool: ToolUse) -> dict[str, object]:
    function = {"name": tool.name, "arguments": tool.arguments}
    return {"id": tool.call_id, "type": "function", "function": function}


def _head(done: Completion, kind: str) -> dict[str, object]:
    return {"id": done.reply_id, "object": kind, "created": done.created, "model": done.model}


def _chunk(done: Completion, delta: dict[str, object], finish: str | None = None) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
    return _event({**_head(done, "chat.completion.chunk"), "choices": [choice]})


def _event(body: dict[str, object]) -> str:
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n"
