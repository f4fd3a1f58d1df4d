"""
What the services of a call did: each request is counted, timed and traced, and none is changed.

These stand between the call and the adapters, and are the ports that they stand for.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing, contextmanager
from typing import Final

from bot.core.errors import ServiceError, ServiceTimeout
from bot.core.events import Transcript
from bot.core.ports import (
    ChatModel,
    Heard,
    Message,
    Recognizer,
    Speech,
    Synthesizer,
    ToolCall,
)
from bot.ops.metrics import Metrics
from bot.ops.traces import CallTrace, Span, Value

STREAMS: Final = frozenset({"asr"})
"""Services that are asked once a call: their stream is cut when the call is over, and is well."""


class Services:
    """Watches the requests of one call. `trace` is None where the call is not traced."""

    def __init__(self, metrics: Metrics, trace: CallTrace | None = None) -> None:
        self._metrics = metrics
        self._trace = trace

    @contextmanager
    def request(self, service: str, **attributes: Value) -> Iterator["Request"]:
        """A request, from its beginning to its end; what it raises passes through."""
        request = Request(service, self._metrics, self._trace, attributes)
        outcome, error = "bug", ""
        try:
            yield request
            outcome = "ok"
        except ServiceError as failure:
            outcome = "timeout" if isinstance(failure, ServiceTimeout) else "unavailable"
            error = type(failure).__name__
            raise
        except (asyncio.CancelledError, GeneratorExit):
            outcome = "ok" if service in STREAMS else "cancelled"
            raise
        except Exception as bug:
            error = type(bug).__name__
            raise
        finally:
            request.over(outcome, error)


class Request:
    """One request that is under way."""

    def __init__(
        self,
        service: str,
        metrics: Metrics,
        trace: CallTrace | None,
        attributes: dict[str, Value],
    ) -> None:
        self._service = service
        self._metrics = metrics
        self._trace = trace
        self._now = asyncio.get_running_loop().time
        self._began = self._now()
        self._answered = False
        metrics.service_began(service)
        self._span: Span | None = trace.request(service, attributes) if trace else None

    def answered(self) -> None:
        """A piece of the answer is there; only the first counts."""
        if self._answered:
            return
        self._answered = True
        if self._service not in STREAMS:
            self._metrics.service_first(self._service, self._now() - self._began)
        if self._trace is not None and self._span is not None:
            self._trace.answered(self._span)

    def over(self, outcome: str, error: str) -> None:
        """That was all of it."""
        self._metrics.service_ended(self._service, outcome)
        if self._trace is not None and self._span is not None:
            self._trace.over(self._span, outcome, error)


class WatchedModel:
    """A `ChatModel` whose requests are watched."""

    def __init__(self, real: ChatModel, services: Services, model: str) -> None:
        """`model` is the name that it is asked by."""
        self._real = real
        self._services = services
        self._attributes: dict[str, Value] = {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": model,
        }

    def warm(self) -> None:
        """Pass it on."""
        self._real.warm()

    async def reply(
        self, history: Sequence[Message], tools: bool = True
    ) -> AsyncGenerator[str | ToolCall, None]:
        """Yield what the model yields."""
        with self._services.request("llm", **self._attributes) as request:
            async with aclosing(self._real.reply(history, tools)) as pieces:
                async for piece in pieces:
                    request.answered()
                    yield piece


class WatchedSynthesizer:
    """A `Synthesizer` whose requests are watched."""

    def __init__(self, real: Synthesizer, services: Services) -> None:
        self._real = real
        self._services = services

    def warm(self) -> None:
        """Pass it on."""
        self._real.warm()

    async def speech(self, sentence: str) -> AsyncGenerator[Speech, None]:
        """Yield what the synthesizer yields. Of the sentence, only its length is told."""
        with self._services.request("tts", **{"voicebot.letters": len(sentence)}) as request:
            async with aclosing(self._real.speech(sentence)) as speech:
                async for piece in speech:
                    request.answered()
                    yield piece


class WatchedRecognizer:
    """A `Recognizer` whose stream is watched."""

    def __init__(self, real: Recognizer, services: Services, language: str) -> None:
        self._real = real
        self._services = services
        self._language = language

    async def transcripts(self, sound: AsyncIterator[Heard]) -> AsyncGenerator[Transcript, None]:
        """Yield what the recogniser yields."""
        with self._services.request("asr", **{"voicebot.language": self._language}) as request:
            async with aclosing(self._real.transcripts(sound)) as transcripts:
                async for transcript in transcripts:
                    request.answered()
                    yield transcript
