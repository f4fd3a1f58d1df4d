"""Where the API listens: its own port, with TLS where that is wanted; how it stops."""

import asyncio
import contextlib
import socket
import ssl
from pathlib import Path
from typing import Final

import structlog
import uvicorn
from starlette.types import ASGIApp

from bot.api.connections import connections
from bot.config_api import ApiSettings
from bot.core.errors import ConfigError

LOOK: Final = 10.0
"""Seconds between two looks whether the certificate's files have changed."""
GRACE: Final = 2
"""Seconds that requests have to end."""
log = structlog.get_logger()


class ApiServer:
    """One server. `serve()` it in a task; `stop()`."""

    def __init__(self, settings: ApiSettings, app: ASGIApp) -> None:
        """Bound at once. Raises ConfigError for a taken port or a wrong certificate."""
        self._settings = settings
        self._ssl = known = _context(settings)
        self._socket = _bind(settings.host, settings.port)
        self.port: int = self._socket.getsockname()[1]
        proxies = list(settings.proxies)
        config = uvicorn.Config(
            app,
            http=connections(settings.parallel),
            ws="none",
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            proxy_headers=bool(proxies),
            forwarded_allow_ips=proxies or None,
            timeout_graceful_shutdown=GRACE,
            ssl_context_factory=(lambda config, default: known) if known else None,
        )
        self._server = _Quiet(config)

    @property
    def url(self) -> str:
        """Where other bots reach us."""
        host = self._settings.host
        if host in ("0.0.0.0", "::", "[::]", ""):
            host = socket.gethostname()
        if ":" in host and not host.startswith("["):
            host = f"[{host}]"
        place = self._settings.advertise or f"{host}:{self.port}"
        return f"{'https' if self._ssl else 'http'}://{place}"

    async def serve(self) -> None:
        """Answer until `stop`."""
        watching = asyncio.create_task(self._watch())
        try:
            await self._server.serve(sockets=[self._socket])
        finally:
            watching.cancel()

    def stop(self) -> None:
        """End it: `serve` returns within some seconds."""
        self._server.should_exit = True

    def close(self) -> None:
        """Give the port back."""
        self._socket.close()

    async def _watch(self) -> None:
        """Read a certificate anew that has changed; a wrong one changes nothing."""
        seen = _times(self._settings)
        while self._ssl is not None:
            await asyncio.sleep(LOOK)
            try:
                times = _times(self._settings)
                if times == seen:
                    continue
                seen = times
                _context(self._settings)
                self._ssl.load_cert_chain(self._settings.tls.cert, self._settings.tls.key)
                log.info("api: certificate read anew")
            except (ConfigError, OSError) as error:
                log.warning("api: certificate kept", reason=str(error))


class _Quiet(uvicorn.Server):
    """uvicorn that leaves the signals of the process to us."""

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        """Capture nothing."""
        yield


def _context(settings: ApiSettings) -> ssl.SSLContext | None:
    """What the certificate's files hold; None without TLS. Raises ConfigError."""
    tls = settings.tls
    if not tls.cert:
        if tls.key:
            raise ConfigError("api.tls.key is set, but api.tls.cert is not: set it")
        return None
    if not tls.key:
        raise ConfigError("api.tls.key: empty; api.tls.cert needs its key")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(tls.cert, tls.key)
        if tls.ca:
            ssl.create_default_context(cafile=tls.ca)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"api.tls: cert {tls.cert}, key {tls.key} or ca {tls.ca!r} cannot be used ({error});"
            " give PEM files, the key that of the certificate"
        ) from error
    return context


def _times(settings: ApiSettings) -> list[int]:
    """When the files were written; 0 for one that is gone."""
    paths = [Path(path) for path in (settings.tls.cert, settings.tls.key) if path]
    return [path.stat().st_mtime_ns if path.exists() else 0 for path in paths]


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host.strip("[]"), port), family=family, backlog=256)
    except OSError as error:
        raise ConfigError(
            f"api.host/port {host}:{port} cannot be bound: {error.strerror};"
            " choose another with BOT_API__PORT"
        ) from error
