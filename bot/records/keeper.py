"""Decides when old calls go: a thread looks once an hour, and closes calls that were lost."""

import random
import threading
from typing import Final

import structlog
from sqlalchemy import Engine

from bot.config import Settings
from bot.core.errors import BotError
from bot.records.purging import (
    Doomed,
    RemoveRecording,
    close_lost,
    forget_dead,
    forget_orders,
    forget_sound,
    older_than,
    purge,
)

BETWEEN: Final = 3600.0
"""Seconds between two looks."""
FIRST: Final = 60.0
"""Seconds from the start to the first one, about: several bots do not look at once."""
GRACE: Final = 3.0

log = structlog.get_logger()


class Keeper:
    """Keeps the records no longer than they shall be. `close` ends its thread."""

    def __init__(self, engine: Engine, settings: Settings, remove: RemoveRecording) -> None:
        self._engine = engine
        self._days = settings.records.retention_days
        self._sound_days = settings.recordings.retention_days
        self._types = frozenset(settings.webhooks.types if settings.webhooks.url else ())
        self._remove = remove
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._look_again, name="keeper", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Blocks for `GRACE` seconds at most: use it in a thread."""
        self._closing.set()
        self._thread.join(GRACE)

    def look(self) -> int:
        """Delete what is too old, close what was lost; the calls deleted. Raises BotError."""
        close_lost(self._engine, self._types)
        if self._sound_days:
            forget_sound(self._engine, older_than(self._sound_days), self._remove)
        if not self._days:
            return 0
        limit = older_than(self._days)
        forget_dead(self._engine, limit)
        forget_orders(self._engine, Doomed(before=limit))
        return purge(self._engine, Doomed(before=limit), self._remove)

    def _look_again(self) -> None:
        wait = FIRST * random.uniform(0.5, 1.5)
        while not self._closing.wait(wait):
            wait = BETWEEN * random.uniform(0.9, 1.1)
            try:
                if deleted := self.look():
                    log.info("old calls deleted", calls=deleted)
            except BotError as error:
                log.warning("old calls not deleted", error=str(error))
            except Exception:
                log.exception("old calls: a bug in deleting them")
