"""Listens for Asterisk's connections and bounds how many may wait for their UUID."""

import asyncio
import ssl
from typing import Literal

from bot.asterisk.audiosocket_line import AudioSocketConnection
from bot.asterisk.connection import Connection
from bot.asterisk.line import Desk
from bot.asterisk.websocket_line import WebSocketConnection
from bot.config import AudioSocketSettings, WebSocketSettings
from bot.core.errors import ConfigError


class LineServer:
    """The TCP server. `start()` it, `stop()` to take no more."""

    def __init__(
        self,
        settings: AudioSocketSettings,
        desk: Desk,
        line: Literal["audiosocket", "websocket"] = "audiosocket",
        websocket: WebSocketSettings | None = None,
    ) -> None:
        """`line`: what Asterisk speaks. Raises ConfigError when a certificate cannot be read."""
        self._settings = settings
        self._desk = desk
        self._tls = _context(websocket) if line == "websocket" and websocket else None
        self.scheme = "" if line == "audiosocket" else "wss://" if self._tls else "ws://"
        """What goes before our address, when Asterisk is told to dial it."""
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
            self._server = await loop.create_server(
                self._connection,
                host,
                port,
                backlog=256,
                ssl=self._tls,
                ssl_handshake_timeout=self._settings.hello_timeout if self._tls else None,
            )
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
        return self._kind(self._desk, self._settings, self._connections)

    def _pending(self) -> int:
        return sum(connection.pending for connection in self._connections)

    async def stop(self) -> None:
        """Stop listening; calls that are up go on until they end."""
        if self._server is not None:
            self._server.close()


def _context(settings: WebSocketSettings) -> ssl.SSLContext | None:
    """What we show to Asterisk; None without a certificate."""
    if not settings.cert:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.cert, settings.key or None)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"websocket.cert {settings.cert}, websocket.key {settings.key}: {error};"
            " name a PEM certificate with its chain, and the PEM key that belongs to it"
        ) from error
    return context
