"""
Delivers webhooks, from a thread with an event loop of its own: a slow receiver, its certificates
and the database never touch a caller's sound.
"""

import asyncio
import contextlib
import ssl
import threading
import time
from collections.abc import Callable
from typing import Final

import httpx
import structlog
from sqlalchemy import Engine

from bot.config_records import WebhookSettings
from bot.core.errors import BotError, ConfigError
from bot.records import outbox, signature
from bot.records.outbox import Waiting

POLL: Final = 0.5
"""Seconds between two looks, while nothing waits; longer while the database is away."""
AWAY: Final = 5.0
GRACE: Final = 3.0
"""Seconds that deliveries get when the program ends; what is not sent waits in the database."""
LEASE: Final = 30.0
"""Seconds, beside the delivery's own, for which a webhook is ours."""

Told = Callable[[str, int], None]
"""Hears that some were "delivered", "failed" or "dead", from another thread."""
log = structlog.get_logger()


class Courier:
    """
    Delivers for the process. `waiting` and `oldest` are of all bots, as last seen; `full` says that
    no more shall be made. `close` ends the thread.
    """

    def __init__(self, engine: Engine, settings: WebhookSettings, told: Told) -> None:
        """Raises ConfigError for a wrong secret or authority."""
        self.waiting, self.oldest = 0, 0.0
        self._engine = engine
        self._settings = settings
        self._keys = signature.keys(settings.secret.get_secret_value())
        self._tls = _tls(settings.ca)
        self._told = told
        self._closing = threading.Event()
        self._failing = False
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
        self._thread.start()

    @property
    def full(self) -> bool:
        """Whether too many wait already."""
        return self.waiting >= self._settings.most

    def close(self) -> None:
        """End; blocks for `GRACE` seconds at most: use it in a thread."""
        self._closing.set()
        self._thread.join(GRACE)

    # In the thread.

    def _run(self) -> None:
        try:
            asyncio.run(self._deliver_all())
        except Exception:
            log.exception("webhooks: a bug in delivering them")

    async def _deliver_all(self) -> None:
        limits = httpx.Limits(max_connections=self._settings.parallel)
        async with (
            httpx.AsyncClient(verify=self._tls, limits=limits, follow_redirects=False) as client,
            asyncio.TaskGroup() as group,
        ):
            under_way: set[asyncio.Task[None]] = set()
            while not self._closing.is_set():
                wait = await self._begin(client, group, under_way)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await _one_of(under_way)
            for task in under_way:
                task.cancel()

    async def _begin(
        self,
        client: httpx.AsyncClient,
        group: asyncio.TaskGroup,
        under_way: set[asyncio.Task[None]],
    ) -> float:
        """Take what is due, as much as may be under way; how long to wait for more."""
        room = self._settings.parallel - len(under_way)
        try:
            due = await asyncio.to_thread(self._look, room)
        except BotError as error:
            log.warning("webhooks not read", error=str(error))
            return AWAY
        for sent in due:
            task = group.create_task(self._deliver(client, sent))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
        return POLL

    def _look(self, room: int) -> list[Waiting]:
        self.waiting, self.oldest = outbox.backlog(self._engine)
        if not room or not self.waiting:
            return []
        return outbox.take(self._engine, room, self._settings.timeout + LEASE)

    async def _deliver(self, client: httpx.AsyncClient, sent: Waiting) -> None:
        trouble = await self._post(client, sent)
        try:
            if not trouble:
                await asyncio.to_thread(outbox.delivered, self._engine, sent.id)
            else:
                dead = await asyncio.to_thread(
                    outbox.failed, self._engine, sent, trouble, self._settings.dead_after
                )
                if dead:
                    self._told("dead", 1)
                    log.warning("webhook put aside", id=sent.id, type=sent.type, error=trouble)
        except BotError as error:
            log.warning("webhook not noted", id=sent.id, error=str(error))
        self._note(trouble)

    async def _post(self, client: httpx.AsyncClient, sent: Waiting) -> str:
        """Send it; what went wrong, or nothing. Of the answer, only the status is read."""
        body = sent.body.encode()
        headers = signature.headers(self._keys, sent.id, int(time.time()), body)  # noqa: TID251
        headers |= {"content-type": "application/cloudevents+json; charset=utf-8"}
        try:
            async with (
                asyncio.timeout(self._settings.timeout),
                client.stream(
                    "POST", self._settings.url, content=body, headers=headers, timeout=None
                ) as answer,
            ):
                return "" if answer.is_success else f"status {answer.status_code}"
        except TimeoutError:
            return f"no answer in {self._settings.timeout:g} s"
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return f"{type(error).__name__}: {error}"[:200]

    def _note(self, trouble: str) -> None:
        self._told("failed" if trouble else "delivered", 1)
        if bool(trouble) != self._failing:
            self._failing = bool(trouble)
            if trouble:
                log.warning("webhooks not delivered", error=trouble)
            else:
                log.info("webhooks delivered again")


async def _one_of(tasks: set[asyncio.Task[None]]) -> None:
    """Wait until one of them is done; for ever where there is none."""
    if tasks:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    else:
        await asyncio.Event().wait()


def _tls(ca: str) -> ssl.SSLContext:
    """Raises ConfigError."""
    try:
        return ssl.create_default_context(cafile=ca or None)
    except OSError as error:
        raise ConfigError(f"webhooks.ca: {ca} cannot be read as PEM: {error}") from error
