"""What the words of `voicebot mic` mean that are more than values."""

import argparse
import os
from pathlib import Path

from bot.core.errors import ConfigError, ServiceUnavailable
from bot.gateway.client import ClientTls, GatewayClient
from bot.gateway.sound_card import port_audio

TOKEN = "VOICEBOT_GATEWAY_TOKEN"


def token(options: argparse.Namespace) -> str:
    """The token of the file, or of the environment. Raises ConfigError."""
    file: Path | None = options.token_file
    if file is None:
        return os.environ.get(TOKEN, "").strip()
    try:
        return file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"--token-file {file}: cannot be read: {error}") from error


def tls(options: argparse.Namespace) -> ClientTls | None:
    """How to reach the gateway by TLS; None: without it. Raises ConfigError."""
    if options.tls:
        return ClientTls(options.ca, options.cert, options.key, options.server_name)
    given = next((name for name in ("ca", "cert", "key", "server_name") if _of(options, name)), "")
    if given:
        raise ConfigError(f"--{given.replace('_', '-')}: only with --tls")
    return None


async def check(options: argparse.Namespace) -> str:
    """Say that the gateway takes calls. Raises GatewayError or ServiceUnavailable."""
    async with GatewayClient(options.address, tls=tls(options), timeout=5) as client:
        if not await client.serves():
            raise ServiceUnavailable("gateway", f"{options.address} is shutting down")
    return f"{options.address} takes calls"


def devices() -> str:
    """The sound devices of this machine. Raises ConfigError without PortAudio."""
    return str(port_audio().query_devices())


def _of(options: argparse.Namespace, name: str) -> object:
    value: object = getattr(options, name)
    return value
