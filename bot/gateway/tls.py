"""The gateway's certificate: read at the start, and again for a connection after it has changed."""

from pathlib import Path

import grpc
import structlog

from bot.config import GatewayTlsSettings
from bot.core.errors import ConfigError

log = structlog.get_logger()


def credentials(tls: GatewayTlsSettings) -> grpc.ServerCredentials | None:
    """The server's credentials; None without TLS. Raises ConfigError naming the setting."""
    if not tls.cert:
        given = next((name for name in ("key", "client_ca") if getattr(tls, name)), None)
        if given:
            raise ConfigError(f"gateway.tls.{given} is set, but gateway.tls.cert is not: set it")
        return None
    if not tls.key:
        raise ConfigError("gateway.tls.key: empty; gateway.tls.cert needs its key")
    files = _Files(tls)
    return grpc.dynamic_ssl_server_credentials(
        files.configuration(), files.changed, require_client_authentication=bool(tls.client_ca)
    )


class _Files:
    """The PEM files; `_seen` is when each had changed when they were last read."""

    def __init__(self, tls: GatewayTlsSettings) -> None:
        self._tls = tls
        self._seen = self._times()

    def configuration(self) -> grpc.ServerCertificateConfiguration:
        """What they hold now. Raises ConfigError."""
        pair = _pem(self._tls.key, "key"), _pem(self._tls.cert, "cert")
        ca = _pem(self._tls.client_ca, "client_ca") if self._tls.client_ca else None
        return grpc.ssl_server_certificate_configuration([pair], ca)

    def changed(self) -> grpc.ServerCertificateConfiguration | None:
        """What they hold, if that is new; gRPC asks at each connection, on a thread of its own."""
        times = self._times()
        if times == self._seen:
            return None
        try:
            fresh = self.configuration()
        except ConfigError as error:
            log.warning("certificate kept", reason=str(error))
            return None
        self._seen = times
        return fresh

    def _times(self) -> tuple[int, ...]:
        paths = [path for path in (self._tls.cert, self._tls.key, self._tls.client_ca) if path]
        return tuple(_changed_at(path) for path in paths)


def _changed_at(path: str) -> int:
    try:
        return Path(path).expanduser().stat().st_mtime_ns
    except OSError:
        return 0


def _pem(path: str, name: str) -> bytes:
    try:
        content = Path(path).expanduser().read_bytes()
    except OSError as error:
        raise ConfigError(f"gateway.tls.{name}: cannot read {path}: {error.strerror}") from error
    if b"-----BEGIN" not in content:
        raise ConfigError(f"gateway.tls.{name}: {path} is not a PEM file")
    return content
