"""An OpenAI-compatible server on loopback, scripted: each completion runs the next script."""

import asyncio
import json
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route

import bot.nim.wire  # noqa: F401 - loads slowly: not within the time-outs of the first test
from bot.config import LlmSettings


def said(text):
    """A chunk of text."""
    return {"content": text}


def tool(index, name=None, arguments="", call_id=None):
    """A chunk of a tool call."""
    function = {"name": name, "arguments": arguments}
    return {"tool_calls": [{"index": index, "id": call_id, "function": function}]}


def saying(*deltas, wait=0.0):
    """A script that streams these deltas, `wait` seconds before each."""

    async def script():
        for delta in deltas:
            await asyncio.sleep(wait)
            yield delta

    return script


def refusing(status, message="no", times=1):
    """A script that answers with this HTTP status."""
    return status, message


class FakeNim:
    """
    Keeps the requests, and from which connection each came; `models` is what it offers.

    `left` is set when a client goes early.
    """

    def __init__(self, *scripts, models=("m",)):
        self.scripts = list(scripts)
        self.models = models
        self.requests = []
        self.headers = {}
        self.clients = []
        self.asked_for_models = 0
        self.left = asyncio.Event()

    async def list_models(self, request):
        self.headers = dict(request.headers)
        self.clients.append(request.client)
        self.asked_for_models += 1
        data = [
            {"id": name, "object": "model", "created": 0, "owned_by": ""} for name in self.models
        ]
        return JSONResponse({"object": "list", "data": data})

    async def complete(self, request):
        self.headers = dict(request.headers)
        self.clients.append(request.client)
        self.requests.append(await request.json())
        script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
        if isinstance(script, tuple):
            return JSONResponse({"error": {"message": script[1]}}, status_code=script[0])
        return StreamingResponse(self._stream(script), media_type="text/event-stream")

    async def _stream(self, script):
        whole = False
        try:
            async for delta in script():
                yield _event(delta)
            yield "data: [DONE]\n\n"
            whole = True
        except (asyncio.CancelledError, GeneratorExit, ClientDisconnect):
            raise
        finally:
            if not whole:
                self.left.set()


def _event(delta):
    choice = {"index": 0, "delta": delta, "finish_reason": None}
    chunk = {
        "id": "c",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": "m",
        "choices": [choice] if delta is not None else [],
    }
    return f"data: {json.dumps(chunk)}\n\n"


@asynccontextmanager
async def serving(fake):
    """Run the fake; yield its base URL."""
    app = Starlette(
        routes=[
            Route("/v1/models", fake.list_models),
            Route("/v1/chat/completions", fake.complete, methods=["POST"]),
        ]
    )
    config = uvicorn.Config(app, port=0, lifespan="off", log_config=None, ws="none")
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.should_exit = server.force_exit = True
        await running


def settings(url, **more):
    """Settings for a server at `url`."""
    return LlmSettings(base_url=url, **{"model": "m", **more})
