"""Decides what each route of the assistant answers: chat, models and health, as a NIM does."""

import asyncio
import datetime
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from bot.local.assistant import Assistant, load_assistant
from bot.local.assistant_answer import Answer
from bot.local.assistant_chunks import (
    Completion,
    ToolUse,
    completion_body,
    count_tokens,
    event_stream,
    tool_use,
    words_of,
)
from bot.local.assistant_protocol import ChatRequest, RequestRefused, parse_request

MODEL = "embedded-assistant"
"""The name under which the assistant is served unless told otherwise."""
_BODY_SECONDS = 10.0
"""How long a client may take to send its request."""


@dataclass(frozen=True, slots=True)
class AssistantOptions:
    """
    Where and how the assistant is served.

    `port` 0 takes any free one. `models` are the names it answers to (the first is its own).
    `script` is another file in the form of assistant.yaml. `word_delay` is in seconds.
    """

    host: str = "127.0.0.1"
    port: int = 0
    models: tuple[str, ...] = (MODEL,)
    script: Path | None = None
    word_delay: float = 0.0
    max_body_bytes: int = 1_000_000
    max_messages: int = 500
    max_requests: int = 64


@dataclass(slots=True)
class _Desk:
    """What the routes share: the assistant, its options, and how many requests are being served."""

    assistant: Assistant
    options: AssistantOptions
    serving: int = 0
    started: int = field(default_factory=lambda: int(datetime.datetime.now().timestamp()))

    def enter(self) -> None:
        """Take one more request, or refuse it."""
        if self.serving >= self.options.max_requests:
            reason = f"{self.serving} requests are being served already; try again in a second"
            raise RequestRefused(429, reason, code="too_many_requests")
        self.serving += 1

    def leave(self) -> None:
        """One request is done with."""
        self.serving -= 1


def assistant_app(options: AssistantOptions) -> Starlette:
    """The application, for any ASGI server. Raises ConfigError when the script is wrong."""
    desk = _Desk(load_assistant(options.script), options)
    routes = [
        Route("/v1/chat/completions", _endpoint(desk, _chat), methods=["POST"]),
        Route("/v1/models", _endpoint(desk, _models)),
        Route("/v1/models/{model:path}", _endpoint(desk, _model)),
        Route("/v1/health/ready", _endpoint(desk, _ready)),
        Route("/v1/health/live", _endpoint(desk, _live)),
    ]
    return Starlette(routes=routes, exception_handlers={HTTPException: _error, Exception: _error})


_Answerer = Callable[[_Desk, Request], Awaitable[Response]]


def _endpoint(desk: _Desk, answer: _Answerer) -> Callable[[Request], Awaitable[Response]]:
    """Give a route the desk, and write its refusals as OpenAI's errors."""

    async def endpoint(request: Request) -> Response:
        try:
            return await answer(desk, request)
        except RequestRefused as refusal:
            headers = {"Retry-After": "1"} if refusal.status == 429 else None
            return JSONResponse(refusal.body(), refusal.status, headers)

    return endpoint


async def _error(request: Request, error: Exception) -> Response:
    """No such route, the wrong method, or a fault of ours."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = error.detail if isinstance(error, HTTPException) else "the assistant failed"
    refusal = RequestRefused(status, f"{request.method} {request.url.path}: {detail}")
    return JSONResponse(refusal.body(), status)


async def _ready(desk: _Desk, request: Request) -> Response:
    return JSONResponse(_health("Service is ready.", "ready"))


async def _live(desk: _Desk, request: Request) -> Response:
    return JSONResponse(_health("Service is live.", "live"))


def _health(message: str, status: str) -> dict[str, str]:
    return {"object": "health.response", "message": message, "status": status}


async def _models(desk: _Desk, request: Request) -> Response:
    cards = [_model_card(desk, name) for name in desk.options.models]
    return JSONResponse({"object": "list", "data": cards})


async def _model(desk: _Desk, request: Request) -> Response:
    name = request.path_params["model"]
    _check_model(desk, name)
    return JSONResponse(_model_card(desk, name))


def _model_card(desk: _Desk, name: str) -> dict[str, object]:
    return {"id": name, "object": "model", "created": desk.started, "owned_by": "voicebot"}


def _check_model(desk: _Desk, name: str) -> None:
    if name not in desk.options.models:
        known = ", ".join(desk.options.models)
        reason = f"The model `{name}` does not exist. Models here: {known}"
        raise RequestRefused(404, reason, "model", "model_not_found")


async def _chat(desk: _Desk, request: Request) -> Response:
    body = await _body(request, desk.options.max_body_bytes)
    chat = parse_request(body, desk.options.max_messages)
    _check_model(desk, chat.model)
    desk.enter()
    try:
        done = _complete(desk, chat)
    except BaseException:
        desk.leave()
        raise
    if not chat.stream:
        desk.leave()
        return JSONResponse(completion_body(done))
    usage = chat.stream_options is not None and chat.stream_options.include_usage
    return _Stream(desk, event_stream(done, desk.options.word_delay, usage))


class _Stream(StreamingResponse):
    """A stream that frees its place however it ends: finished, cut or abandoned by the client."""

    def __init__(self, desk: _Desk, events: AsyncGenerator[str, None]) -> None:
        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        super().__init__(events, media_type="text/event-stream", headers=headers)
        self._desk = desk
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._desk.leave()
            await self._events.aclose()


async def _body(request: Request, limit: int) -> bytes:
    """Read the body, never more than `limit` bytes of it."""
    body = bytearray()
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            async for piece in request.stream():
                body += piece
                if len(body) > limit:
                    raise RequestRefused(413, f"the body is larger than {limit} bytes")
    except ClientDisconnect as error:
        raise RequestRefused(400, "the client went away") from error
    except TimeoutError as error:
        raise RequestRefused(408, f"the body took more than {_BODY_SECONDS:g} s") from error
    return bytes(body)


def _complete(desk: _Desk, chat: ChatRequest) -> Completion:
    """Let the assistant answer, within the request's limit of tokens."""
    after_tool = chat.messages[-1].role == "tool"
    answer = desk.assistant.tool_done() if after_tool else desk.assistant.answer(chat.history())
    words = words_of(answer.text)
    limit = chat.limit()
    cut = limit is not None and len(words) > limit
    reply_id = uuid.uuid4().hex
    return Completion(
        reply_id=f"chatcmpl-{reply_id}",
        created=int(datetime.datetime.now().timestamp()),
        model=chat.model,
        words=words[:limit],
        tool=None if cut else _tool(chat, answer, f"call_{reply_id[:24]}"),
        prompt_tokens=count_tokens(chat),
        cut=cut,
    )


def _tool(chat: ChatRequest, answer: Answer, call_id: str) -> ToolUse | None:
    """The tool that the answer wishes, where the request offers it."""
    offered = chat.offered().get(answer.tool or "")
    if offered is None:
        return None
    values = {"reason": chat.messages[-1].text()[:200], **answer.arguments}
    return tool_use(offered, call_id, values)
