"""A tenant's HTTP service on loopback, scripted: each request is noted and gets the next answer."""

import asyncio
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route


class Service:
    """
    Answers (status, text, seconds to wait) in turn; the last one repeats.

    `asked` are the requests: (method, path with query, body, headers).
    """

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    async def answer(self, request):
        """Note the request, wait, answer."""
        query = f"?{request.url.query}" if request.url.query else ""
        path = request.scope["raw_path"].decode().partition("?")[0] + query
        body = (await request.body()).decode()
        self.asked.append((request.method, path, body, dict(request.headers)))
        status, text, seconds = self.answers[min(len(self.asked), len(self.answers)) - 1]
        await asyncio.sleep(seconds)
        headers = {"location": "http://127.0.0.1:1/"} if status == 302 else {}
        return Response(text, status, headers, "application/json")


def answering(text, status=200, seconds=0.0):
    """One answer."""
    return status, text, seconds


@asynccontextmanager
async def serving(app):
    """Run an ASGI application, or a Service; yield its address."""
    if isinstance(app, Service):
        methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        app = Starlette(routes=[Route("/{rest:path}", app.answer, methods=methods)])
    config = uvicorn.Config(app, port=0, log_config=None, ws="none")
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = server.force_exit = True
        await running
