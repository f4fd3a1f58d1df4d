"""Who may do what: bearer tokens in the metadata of each RPC."""

import hashlib
import hmac
import ipaddress
from collections.abc import Mapping
from typing import Any

import grpc
from pydantic import SecretStr

from bot.config import GatewaySettings
from bot.core.errors import ConfigError
from bot.gateway.desk import Fault

SHORTEST = 16
"""Characters of a token; fewer can be guessed."""


class Tokens:
    """The tokens of the settings; their hashes are compared, in constant time."""

    def __init__(self, settings: GatewaySettings) -> None:
        """Raise ConfigError for tokens that protect nothing, and where they are missing."""
        self._callers = _hashed(settings.tokens, "tokens")
        self._operators = _hashed(settings.operators, "operators")
        if not self._callers and not _loopback(settings.host):
            raise ConfigError(
                f"gateway.tokens: empty, and gateway.host {settings.host} is open to other"
                ' machines; give a token: BOT_GATEWAY__TOKENS={"app": "..."}'
            )

    def caller(self, context: Any) -> None:
        """Raise `Fault` unless this RPC may talk to the bot."""
        if self._callers:
            self._check(context, self._callers, self._operators, "gateway.tokens")

    def operator(self, context: Any) -> None:
        """Raise `Fault` unless this RPC may watch and end calls."""
        if self._callers or self._operators:
            self._check(context, self._operators, self._callers, "gateway.operators")

    def _check(self, context: Any, wanted: list[bytes], others: list[bytes], setting: str) -> None:
        given = _given(context)
        if _among(given, wanted):
            return
        if _among(given, others):
            raise Fault(
                grpc.StatusCode.PERMISSION_DENIED,
                f"authorization: this token is not one of {setting}",
                "unauthorized",
            )
        raise Fault(
            grpc.StatusCode.UNAUTHENTICATED,
            "authorization: send the metadata `authorization: Bearer TOKEN`",
            "unauthorized",
        )


def _given(context: Any) -> bytes:
    """The hash of the token that the client sent, or of none."""
    sent = dict(context.invocation_metadata() or ()).get("authorization", "")
    scheme, _, token = str(sent).partition(" ")
    return _hash(token.strip() if scheme.lower() == "bearer" else "")


def _among(given: bytes, known: list[bytes]) -> bool:
    return sum(hmac.compare_digest(given, each) for each in known) > 0


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _hashed(tokens: Mapping[str, SecretStr], setting: str) -> list[bytes]:
    for name, token in tokens.items():
        if len(token.get_secret_value()) < SHORTEST:
            raise ConfigError(
                f"gateway.{setting}.{name}: shorter than {SHORTEST} characters;"
                " make one with: openssl rand -hex 24"
            )
    return [_hash(token.get_secret_value()) for token in tokens.values()]


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
