"""Opens what keeps calls, as the settings want it: the database and its writer; and closes it."""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from sqlalchemy import Engine

from bot.config import Settings
from bot.core.errors import ConfigError, ServiceError, ServiceUnavailable
from bot.core.ports import Caller
from bot.ops.metrics import Metrics
from bot.records import migrating, outbox
from bot.records.call_record import CallRecord
from bot.records.courier import Courier
from bot.records.database import open_database
from bot.records.keeper import Keeper
from bot.records.sound import CallSound
from bot.records.sound_files import SoundFiles
from bot.records.storage import Storage, open_storage, remover
from bot.records.writer import Writer
from bot.records.writes import Verb, Write

TRANSFER: Final = "transfer.requested"
LOOK: Final = 0.1
"""Seconds between two looks whether a transfer is known where webhooks go."""


async def open_records(settings: Settings, metrics: Metrics) -> "Records":
    """
    The records of this process.

    A file of SQLite is migrated now. Of PostgreSQL, nothing is asked yet: the bot starts without
    it. Raises ConfigError.
    """
    engine = open_database(settings.records.url.get_secret_value())
    if engine.dialect.name == "sqlite":
        await asyncio.to_thread(_make_ready, engine)
    return Records(settings, metrics, engine)


class Records:
    """
    The records of the process: `call` begins one, `close` ends all of it.

    `engine` is the database, for who asks it in a thread.
    """

    def __init__(self, settings: Settings, metrics: Metrics, engine: Engine) -> None:
        self._settings = settings
        self.engine = engine
        self._bot = socket.gethostname()
        self.api = ""
        """The URL of this bot's API, noted with each of its calls; empty: there is none."""
        longest = settings.records.queue
        self._writer = Writer(engine, longest, metrics.records, migrating.check)
        metrics.watch("voicebot_records_waiting", lambda: self._writer.waiting)
        storage = open_storage(settings.recordings) if settings.recordings.enabled else None
        self._keeper = Keeper(engine, settings, remover(settings.recordings))
        self._dropped = metrics.webhooks
        self._courier = self._open_courier(metrics) if settings.webhooks.url else None
        self._files = self._open_files(storage, metrics) if storage else None
        self._asking = ThreadPoolExecutor(2, "transfers")
        self._parts: list[Callable[[], None]] = [self._keeper.close, self._writer.close]
        if self._files is not None:
            self._parts.insert(0, self._files.close)  # it has rows to write, too

    def _open_files(self, storage: Storage, metrics: Metrics) -> SoundFiles:
        def kept(call_id: str, name: str) -> None:
            self._writer.put((Write(Verb.SET, "calls", {"id": call_id, "recording": name}),))

        return SoundFiles(self._settings.recordings, storage, metrics.recordings, kept)

    def _open_courier(self, metrics: Metrics) -> Courier:
        courier = Courier(self.engine, self._settings.webhooks, metrics.webhooks)
        metrics.watch("voicebot_webhooks_waiting", lambda: courier.waiting)
        metrics.watch("voicebot_webhooks_oldest_seconds", lambda: courier.oldest)
        return courier

    def _put(self, group: tuple[Write, ...]) -> None:
        """Have it written; without its webhooks where too many of them wait."""
        if self._courier is not None and self._courier.full:
            kept = tuple(write for write in group if write.table != "outbox")
            self._dropped("dropped", len(group) - len(kept))
            group = kept
        self._writer.put(group)

    def call(
        self, settings: Settings, caller: Caller, line: str, rate: int, order: str = ""
    ) -> CallRecord:
        """
        The record of a call that begins now; `settings` are those of its dialogue.

        `order`: we have called, for the order with this id.
        """
        record = CallRecord(
            caller,
            settings.records,
            settings.webhooks,
            self._put,
            profile=caller.profile,
            line=line,
            rate=rate,
            bot=self._bot,
            api=self.api,
            order=order,
        )
        record.began()
        return record

    def sound(self, settings: Settings, caller: Caller, rate: int) -> CallSound | None:
        """Takes the sound of a call that begins now; None where its dialogue records none."""
        if self._files is None or not settings.recordings.enabled:
            return None
        return CallSound(caller.call_id, rate, self._files.put)

    async def transfer_known(self, call_id: str) -> None:
        """
        Wait until whom we tell has answered that this call is transferred, or for long enough.

        Never raises: a transfer is not held up by who is told of it.
        """
        within = self._settings.webhooks.before_transfer
        if self._courier is None or not within:
            return
        ask = asyncio.get_running_loop().run_in_executor
        with contextlib.suppress(TimeoutError, ServiceError):
            async with asyncio.timeout(within):
                while True:
                    if await ask(self._asking, outbox.settled, self.engine, call_id, TRANSFER):
                        return
                    await asyncio.sleep(LOOK)

    def close(self) -> None:
        """Write what waits. Blocks for some seconds at most: use it in a thread."""
        for close in self._parts:
            close()
        if self._courier is not None:
            self._courier.close()
        self._asking.shutdown(wait=False, cancel_futures=True)
        self.engine.dispose()


def _make_ready(engine: Engine) -> None:
    try:
        migrating.migrate(engine)
    except ServiceUnavailable as error:
        raise ConfigError(
            f"records.url: the file cannot be used ({error}); see that the bot may write to it and"
            " to its folder"
        ) from error
