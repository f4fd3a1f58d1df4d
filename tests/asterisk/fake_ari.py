"""Asterisk's REST interface as a server on loopback, as far as the bot speaks with it."""

import asyncio
import json
from base64 import b64encode
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocketDisconnect

PASSWORD = "ari-password"
KNOWN = "Basic " + b64encode(f"voicebot:{PASSWORD}".encode()).decode()


class FakeAri:
    """
    Answers as Asterisk 22 does.

    `channels` are the ids that exist, `begun` the body of each POST /channels, `sockets` the open
    ones; `answers` are statuses for the next POSTs in place of 200 (None: no answer at all; "late":
    none either, and the channel comes only once somebody has asked for it in vain).
    """

    def __init__(self):
        self.channels = set()
        self.begun = []
        self.filters = []
        self.sockets = []
        self.answers = []
        self.late = None
        self.url = ""

    def routes(self):
        return [
            Route("/ari/channels", self._begin, methods=["POST"]),
            Route("/ari/channels/{id}", self._channel, methods=["GET"]),
            Route("/ari/applications/{app}/eventFilter", self._filter, methods=["PUT"]),
            WebSocketRoute("/ari/events", self._events),
        ]

    async def tell(self, kind, channel, state="Down", **more):
        """An event, to everybody."""
        if kind == "ChannelDestroyed":
            self.channels.discard(channel)
        event = {"type": kind, "channel": {"id": channel, "state": state}, **more}
        for socket in list(self.sockets):
            await socket.send_text(json.dumps(event))

    async def drop(self):
        """The sockets break."""
        for socket in list(self.sockets):
            await socket.close(1012)
        self.sockets.clear()

    async def _begin(self, request):
        if request.headers.get("authorization") != KNOWN:
            return JSONResponse({"message": "Authentication required"}, 401)
        body = await request.json()
        status = self.answers.pop(0) if self.answers else 200
        if status == 400:
            return JSONResponse({"message": "Allocation failed"}, 400)
        if status == 500:
            return JSONResponse({"message": "Internal error"}, 500)
        if body["channelId"] in self.channels:
            return JSONResponse({"message": "Channel with given unique ID already exists"}, 409)
        if status == "late":
            self.late = body
            await asyncio.sleep(3600)
        self.begun.append(body)
        self.channels.add(body["channelId"])
        if status is None:
            await asyncio.sleep(3600)
        return JSONResponse({"id": body["channelId"], "state": "Down"})

    async def _channel(self, request):
        channel = request.path_params["id"]
        if channel not in self.channels:
            if self.late is not None:
                self.begun.append(self.late)
                self.channels.add(channel)
                self.late = None
            return JSONResponse({"message": "Channel not found"}, 404)
        return JSONResponse({"id": channel, "state": "Up"})

    async def _filter(self, request):
        self.filters.append((request.path_params["app"], await request.json()))
        return JSONResponse({})

    async def _events(self, socket):
        if socket.headers.get("authorization") != KNOWN:
            await socket.close(1008)
            return
        await socket.accept()
        self.sockets.append(socket)
        try:
            while True:
                await socket.receive_text()
        except WebSocketDisconnect:
            if socket in self.sockets:
                self.sockets.remove(socket)


@asynccontextmanager
async def serving(ari, port=0):
    """The fake on loopback; `ari.url` is where."""
    config = uvicorn.Config(
        Starlette(routes=ari.routes()), host="127.0.0.1", port=port, log_config=None,
        lifespan="off", ws="websockets-sansio", timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    ari.port = server.servers[0].sockets[0].getsockname()[1]
    ari.url = f"http://127.0.0.1:{ari.port}/ari"
    try:
        yield ari
    finally:
        await ari.drop()
        server.should_exit = server.force_exit = True
        await task
