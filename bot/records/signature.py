"""How a webhook is signed: Standard Webhooks 1.0.0, HMAC-SHA256 (`v1`)."""

import base64
import binascii
import hashlib
import hmac
from typing import Final

from bot.core.errors import ConfigError

PREFIX: Final = "whsec_"
LEAST, MOST = 24, 64
"""Bytes of a key."""


def keys(secret: str) -> tuple[bytes, ...]:
    """The keys of the setting `webhooks.secret`, one or several. Raises ConfigError."""
    found = tuple(_key(each) for each in secret.split())
    if not found:
        raise ConfigError(
            "webhooks.secret is empty, and webhooks.url is set; make one: echo"
            ' "whsec_$(openssl rand -base64 32)"'
        )
    return found


def headers(keys: tuple[bytes, ...], id: str, seconds: int, body: bytes) -> dict[str, str]:
    """The headers that sign this body, sent at this time (seconds since 1970)."""
    signed = f"{id}.{seconds}.".encode() + body
    signatures = (hmac.digest(key, signed, hashlib.sha256) for key in keys)
    return {
        "webhook-id": id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(f"v1,{base64.b64encode(s).decode()}" for s in signatures),
    }


def _key(text: str) -> bytes:
    try:
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not text.startswith(PREFIX) or not LEAST <= len(key) <= MOST:
        raise ConfigError(
            f"webhooks.secret must be {PREFIX} and {LEAST} to {MOST} bytes in base64; make one:"
            ' echo "whsec_$(openssl rand -base64 32)"'
        )
    return key
