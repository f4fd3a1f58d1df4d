"""Where the gateway listens, with which limits, and how it stops."""

import contextlib

import grpc
from riva.client.proto import health_pb2_grpc

from bot.config import GatewaySettings
from bot.core.errors import ConfigError
from bot.gateway.board import Board
from bot.gateway.desk import Desk
from bot.gateway.health import SERVICE as HEALTH
from bot.gateway.health import Health
from bot.gateway.service import VoiceGateway
from bot.gateway.tls import credentials
from bot.gateway.tokens import Tokens
from bot.gateway.wire import voice_workflow_pb2 as pb
from bot.gateway.wire.voice_workflow_pb2_grpc import add_VoiceGatewayServicer_to_server

SERVICE: str = pb.DESCRIPTOR.services_by_name["VoiceGateway"].full_name
GRACE = 2.0
"""Seconds that RPCs have to end after the calls did."""
HARD_LIMIT = 4
"""Messages so many times too long are not even read: gRPC itself ends the stream, with the same
status, but nothing is logged."""
IDLE = 300_000
"""Milliseconds after which a connection without an RPC is closed."""


class Gateway:
    """The gRPC server. `start()` it, `drain()`, `stop()`."""

    def __init__(self, settings: GatewaySettings, desk: Desk, board: Board) -> None:
        """Raises ConfigError for settings that cannot work."""
        self._settings = settings
        self._desk = desk
        self.board = board
        self._tokens = Tokens(settings)
        self._credentials = credentials(settings.tls)
        self._server: grpc.aio.Server | None = None
        self.port = 0

    async def start(self) -> None:
        """Listen. Raises ConfigError when the address is taken or not ours."""
        self._health = Health(SERVICE)
        server = grpc.aio.server(options=_options(self._settings))
        service = VoiceGateway(self._settings, self._tokens, self._desk, self.board)
        add_VoiceGatewayServicer_to_server(service, server)  # type: ignore[no-untyped-call]
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        if self._settings.reflection:
            _reflect(server)
        self.port = self._bound(server)
        await server.start()
        self._server = server

    def drain(self) -> None:
        """Tell who asks that no new calls may come."""
        if self._server is not None:
            self._health.drain()

    async def stop(self) -> None:
        """End: the calls are over, their streams have a moment to close."""
        self.board.close()
        if self._server is not None:
            self._health.drain()
            await self._server.stop(GRACE)
            self._server = None

    def _bound(self, server: grpc.aio.Server) -> int:
        host, port = self._settings.host, self._settings.port
        address = f"[{host}]:{port}" if ":" in host and host[0] != "[" else f"{host}:{port}"
        bound = 0
        with contextlib.suppress(RuntimeError):
            if self._credentials is None:
                bound = server.add_insecure_port(address)
            else:
                bound = server.add_secure_port(address, self._credentials)
        if not bound:
            raise ConfigError(
                f"gateway.host/port {address} cannot be bound;"
                " choose another with BOT_GATEWAY__PORT"
            )
        return bound


def _reflect(server: grpc.aio.Server) -> None:
    try:
        from grpc_reflection.v1alpha import reflection  # type: ignore[import-untyped]
    except ImportError as error:
        raise ConfigError(
            "gateway.reflection: needs grpcio-reflection; install voicebot[gateway], or set"
            " BOT_GATEWAY__REFLECTION=false"
        ) from error
    reflection.enable_server_reflection((SERVICE, HEALTH, reflection.SERVICE_NAME), server)


def _options(settings: GatewaySettings) -> list[tuple[str, int]]:
    """Server options; see gRPC's `channel_arg_names.h` and its keep-alive guide."""
    return [
        ("grpc.so_reuseport", 0),
        ("grpc.max_receive_message_length", HARD_LIMIT * settings.max_message_bytes),
        ("grpc.max_metadata_size", 8192),
        ("grpc.keepalive_time_ms", round(settings.keepalive * 1000)),
        ("grpc.keepalive_timeout_ms", round(settings.keepalive_timeout * 1000)),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.max_pings_without_data", 0),
        # Clients may ask, too, but not more often than every 5 s.
        ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
        ("grpc.max_connection_idle_ms", IDLE),
    ]
