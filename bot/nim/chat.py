"""The next thing to say: one streamed chat completion of an OpenAI-compatible server a reply."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import structlog

from bot.config import LlmSettings
from bot.core.errors import ServiceTimeout, ServiceUnavailable
from bot.core.ports import Message, ToolCall
from bot.nim.errors import service_error
from bot.nim.history import fit, redacted
from bot.nim.server import NimServer
from bot.nim.speakable import Speakable, speakable
from bot.nim.tools import SAY, TOOLS, ToolCalls, in_json

if TYPE_CHECKING:
    from bot.nim.wire import Completion

CLOSE_SECONDS: Final = 1.0
Tool = dict[str, Any]
Headers = Iterable[tuple[str, str]]

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class NimChat:
    """The `ChatModel` of one dialogue: knows nothing of single calls."""

    def __init__(
        self,
        settings: LlmSettings,
        headers: Callable[[], Headers] = tuple,
        server: NimServer | None = None,
        offered: Callable[[], Sequence[Tool]] = lambda: TOOLS,
    ) -> None:
        """
        `headers` gives what goes with the request that is made now: its trace context. `server`:
        where another dialogue has one for the same settings. `offered`: the tools, in OpenAI's
        form, as they are when a request is made.
        """
        self.server = server or NimServer(settings)
        self._settings = settings
        self._headers = headers
        self._tools = settings.tools
        self._offered = offered
        self._system = "\n\n".join(filter(None, (settings.system_prompt, settings.persona)))

    def warm(self) -> None:
        """Soon have a connection open; for whenever a reply may be near. Never raises."""
        self.server.warm()

    async def reply(
        self, history: Sequence[Message], tools: bool = True
    ) -> AsyncGenerator[str | ToolCall, None]:
        """
        Yield the answer to `history` in pieces, cleaned for speech, then its tool calls.

        `tools` False: it shall call none now, though it did before.

        Closing the generator closes the HTTP stream, which stops the server's work. Raises
        ServiceTimeout when the first word or the next token is late, ServiceUnavailable for
        everything else, an empty answer included.
        """
        patience = _Patience(self._settings)
        cleaner, calls, said = Speakable(), ToolCalls(), False
        offered = self._offered() if self._tools else ()
        stream = await self._open(history, patience, offered, tools)
        try:
            while (delta := await self._next(stream, patience)) is not None:
                calls.add(delta.get("tool_calls"))
                text = cleaner.feed(delta.get("content") or "")
                if text or calls:
                    patience.answered = True
                if text:
                    said = True
                    yield text
            self.server.note_use()
        finally:
            await _close(stream)
        known = {tool["function"]["name"] for tool in offered} if tools else ()
        for last in _ending(cleaner.finish(), calls.finished(known), said):
            said = True
            yield last
        if not said:
            raise ServiceUnavailable("llm", "empty answer; check llm.max_tokens and llm.extra_body")

    async def _open(
        self,
        history: Sequence[Message],
        patience: "_Patience",
        offered: Sequence[Tool],
        tools: bool,
    ) -> "Completion":
        wire = await self.server.wire()
        if self._settings.redact:
            history = redacted(history)
        messages = fit(self._system, history, self._settings.history_tokens)
        try:
            async with asyncio.timeout_at(patience.deadline()):
                return await wire.complete(
                    self._request(messages, offered, tools), dict(self._headers())
                )
        except Exception as error:
            if not self._tools_refused(error):
                raise service_error(error, self._settings) from error
        self._tools = False
        log.warning("llm_refuses_tools", remedy="start the server with tools, or set llm.tools")
        return await self._open(history, patience, (), False)

    def _request(
        self, messages: Sequence[Message], offered: Sequence[Tool], tools: bool
    ) -> dict[str, Any]:
        request: dict[str, Any] = {
            "model": self._settings.model,
            "messages": [in_json(each) for each in messages],
            "stream": True,
            "temperature": self._settings.temperature,
            "max_tokens": self._settings.max_tokens,
        }
        if offered:
            request["tools"] = offered
        if offered and not tools:
            request["tool_choice"] = "none"
        return request | self._settings.extra_body

    def _tools_refused(self, error: Exception) -> bool:
        """Whether this server was started without tools: vLLM then answers 400."""
        status = getattr(error, "status_code", None)
        return self._tools and status in (400, 422) and "tool" in str(error).lower()

    async def _next(self, stream: "Completion", patience: "_Patience") -> dict[str, Any] | None:
        """The next delta of the answer; None at its end."""
        try:
            async with asyncio.timeout_at(patience.deadline()):
                while (chunk := await stream.next()) is not None:
                    if choices := chunk.get("choices"):
                        return choices[0].get("delta") or {}
            return None
        except TimeoutError as error:
            raise ServiceTimeout("llm", patience.complaint()) from error
        except Exception as error:
            raise service_error(error, self._settings) from error


class _Patience:
    """How long the next piece may take. Thinking aloud in silence is no answer."""

    def __init__(self, settings: LlmSettings) -> None:
        self._settings = settings
        self._clock = asyncio.get_running_loop().time
        self._first = self._clock() + settings.first_token_timeout
        self.answered = False

    def deadline(self) -> float:
        """Loop time at which the wait that begins now is too long."""
        return self._clock() + self._settings.token_timeout if self.answered else self._first

    def complaint(self) -> str:
        if self.answered:
            wait = self._settings.token_timeout
            return f"the answer stopped for {wait:g} s (llm.token_timeout); is it overloaded?"
        wait = self._settings.first_token_timeout
        return (
            f"no word within {wait:g} s (llm.first_token_timeout); is it overloaded, or thinking? "
            "(llm.extra_body can turn that off)"
        )


def _ending(tail: str, calls: Iterable[ToolCall], said: bool) -> list[str | ToolCall]:
    """The last text, then the tool calls; a tool's own sentence where nothing was said."""
    ending: list[str | ToolCall] = [tail] if tail else []
    for call in calls:
        sentence = call.arguments.pop(SAY, "")
        if not said and not ending and isinstance(sentence, str) and (text := speakable(sentence)):
            ending.append(text)
        ending.append(call)
    return ending


async def _close(stream: "Completion") -> None:
    with suppress(Exception):
        async with asyncio.timeout(CLOSE_SECONDS):
            await stream.close()
