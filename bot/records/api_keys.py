"""
Keys of the HTTP API: made, looked up, listed, revoked.

A key is `vb_ID_SECRET`. Its secret is 32 random bytes, of which the SHA-256 is stored: nobody
guesses 256 bits. A slow hash such as bcrypt protects short passwords that people choose; here it
would protect nothing more, and cost time in each request.
"""

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import Engine, Row, insert, select, update

from bot.core.errors import BotError, ServiceUnavailable
from bot.records.database import database_errors, writing
from bot.records.tables import api_keys

NOTED_EVERY: Final = timedelta(minutes=1)
"""The last use is noted no more often than that."""
log = structlog.get_logger()
_FORM: Final = re.compile(r"vb_([0-9a-f]{12})_([A-Za-z0-9_-]{43})", re.ASCII)


@dataclass(frozen=True, slots=True)
class StoredKey:
    """What is known of a key, but for its secret. `profiles`: whose calls it sees; empty: all."""

    id: str
    name: str
    role: str
    profiles: tuple[str, ...]
    made: datetime
    expires: datetime | None = None
    revoked: datetime | None = None
    used: datetime | None = None

    def valid(self, now: datetime) -> bool:
        """Whether it opens anything now."""
        return self.revoked is None and (self.expires is None or now < self.expires)


def add(
    engine: Engine,
    name: str,
    role: str,
    profiles: Sequence[str] = (),
    expires: datetime | None = None,
) -> str:
    """Make a key, and return it: nobody can read it again. Raises ServiceUnavailable."""
    id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    row = {
        "id": id,
        "name": name[:64],
        "hash": _hash(secret),
        "role": role,
        "profiles": json.dumps(list(profiles)),
        "made": datetime.now(UTC),
        "expires": expires,
    }
    with database_errors(), writing(engine) as connection:
        connection.execute(insert(api_keys), [row])
    return f"vb_{id}_{secret}"


def find(engine: Engine, token: str) -> StoredKey | None:
    """
    The key that this is, if there is one; whether it is valid is for the caller to ask.

    Notes that it was used, where that can be noted. Raises ServiceUnavailable.
    """
    parts = _FORM.fullmatch(token)
    if parts is None:
        return None
    id, secret = parts.groups()
    with database_errors(), engine.connect() as connection:
        row = connection.execute(select(api_keys).where(api_keys.c.id == id)).one_or_none()
    if row is None or not hmac.compare_digest(row.hash, _hash(secret)):
        return None
    _note_use(engine, row)
    return _key(row)


def listing(engine: Engine) -> list[StoredKey]:
    """All keys, the oldest first. Raises ServiceUnavailable."""
    with database_errors(), engine.connect() as connection:
        return [_key(row) for row in connection.execute(select(api_keys).order_by(api_keys.c.made))]


def revoke(engine: Engine, id: str) -> StoredKey:
    """It opens nothing any more. Raises BotError where there is no such key."""
    now = datetime.now(UTC)
    mine = api_keys.c.id == id
    with database_errors(), writing(engine) as connection:
        connection.execute(
            update(api_keys).where(mine, api_keys.c.revoked.is_(None)).values(revoked=now)
        )
        row = connection.execute(select(api_keys).where(mine)).one_or_none()
    if row is None:
        raise BotError(f"there is no key {id}; voicebot api-keys list names them")
    return _key(row)


def _note_use(engine: Engine, row: Row[tuple[object, ...]]) -> None:
    now = datetime.now(UTC)
    if row.used is not None and now - row.used < NOTED_EVERY:
        return
    try:
        with database_errors(), writing(engine) as connection:
            connection.execute(update(api_keys).where(api_keys.c.id == row.id).values(used=now))
    except ServiceUnavailable as error:
        log.warning("use of a key not noted", key_id=row.id, error=str(error))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _key(row: Row[tuple[object, ...]]) -> StoredKey:
    names = ("id", "name", "role", "made", "expires", "revoked", "used")
    values = {name: getattr(row, name) for name in names}
    return StoredKey(**values, profiles=tuple(json.loads(row.profiles)))
