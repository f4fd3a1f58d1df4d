"""Listens for Asterisk's connections and bounds how many may wait for their UUID."""

import asyncio
from typing import Literal

from bot.asterisk.audiosocket_line import AudioSocketConnection
from bot.asterisk.connection import Connection
from bot.asterisk.line import Desk
from bot.asterisk.websocket_line import WebSocketConnection
from bot.config import AudioSocketSettings
from bot.core.errors import ConfigError


class LineServer:
    """The TCP server. `start()` it, `stop()` to take no more."""

    def __init__(
        self,
        settings: AudioSocketSettings,
        desk: Desk,
        line: Literal["audiosocket", "websocket"] = "audiosocket",
    ) -> None:
        """`line`: what Asterisk speaks."""
        self._settings = settings
        self._desk = desk
        self._kind: type[AudioSocketConnection | WebSocketConnection] = (
            WebSocketConnection if line == "websocket" else AudioSocketConnection
        )
        self._connections: set[Connection] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Bind. Raises ConfigError when the address is taken or not ours."""
        host, port = self._settings.host, self._settings.port
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(self._connection, host, port, backlog=256)
        except OSError as error:
            raise ConfigError(
                f"audiosocket.host/port {host}:{port} cannot be bound: {error.strerror};"
                " choose another with BOT_AUDIOSOCKET__PORT"
            ) from error

    @property
    def port(self) -> int:
        """The port we are bound to (useful with port 0)."""
        assert self._server is not None, "not started"
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def _connection(self) -> Connection:
        full = self._pending() >= self._settings.max_pending
        connection = self._kind(self._desk, self._settings, full, self._connections.discard)
        self._connections.add(connection)
        return connection

    def _pending(self) -> int:
        return sum(connection.pending for connection in self._connections)

    async def stop(self) -> None:
        """Stop listening; calls that are up go on until they end."""
        if self._server is not None:
            self._server.close()
