"""
The dialler: takes orders that are due, has each called, and notes what came of it.

It takes no more than its bounds allow and leaves lines for callers. Without Asterisk's events or
without the database it takes nothing, and goes on when they are back.
"""

import asyncio
import random
import socket
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import uuid4

import structlog
from sqlalchemy import Engine

from bot.app.dialogues import Dialogues
from bot.app.outbound_call import Attempt, Found
from bot.app.threads import Threads
from bot.asterisk.ari import Ari
from bot.asterisk.pbx import Reception
from bot.config import Settings
from bot.core.errors import BotError, ConfigError, ServiceError
from bot.ops.metrics import Metrics
from bot.outbound.listed import Listed
from bot.records import claims
from bot.records.claims import Claim, Result
from bot.records.orders import Outcome

LOOK: Final = 0.5
"""Seconds between two looks for orders that are due."""
BUG: Final = "a bug of ours; the log has it"
ILL: Final = (1.0, 30.0)
"""Seconds before the next look after a failure, the first and the longest."""

log = structlog.get_logger()


class Dialler:
    """
    The calls that this process makes; `run` until cancelled.

    `_tasks` are its orders under way, by the call's name; `_found` holds what the desk tells of
    those calls. `owner` is this process's name on its leases.
    """

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        dialogues: Dialogues,
        reception: Reception,
        metrics: Metrics,
    ) -> None:
        self.owner = f"{socket.gethostname()[:40]}-{uuid4().hex[:12]}"
        self._settings = settings
        self._outbound = settings.outbound
        self._engine = engine
        self._dialogues = dialogues
        self._reception = reception
        self._metrics = metrics
        self._ari = Ari(settings.outbound.ari, f"voicebot-{self.owner}")
        self._listed = Listed(settings.outbound.do_not_call_file)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._claims: dict[str, Claim] = {}
        self._found = Found()
        self._threads = Threads("dialler")
        self._draining = False
        self._lease = timedelta(seconds=settings.outbound.lease)
        self._listed.look()
        _has_lines(settings)
        metrics.watch("voicebot_outbound_active", lambda: len(self._tasks))
        metrics.watch("voicebot_outbound_connected", lambda: self._ari.connected)

    async def run(self) -> None:
        """Call whoever is due, until cancelled; orders under way are then another bot's."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._ari.run())
                group.create_task(self._renew())
                group.create_task(self._fill())
        finally:
            for task in list(self._tasks.values()):
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)
            await self._ari.close()
            self._threads.close()

    def drain(self) -> None:
        """Begin no more calls."""
        self._draining = True

    async def over(self) -> None:
        """Wait until no call is under way."""
        while self._tasks:
            await asyncio.wait(list(self._tasks.values()))

    def heard(self, call_id: str, outcome: str, detail: str) -> None:
        """The desk knows who answered this call, if it is one of ours."""
        self._found.tell(call_id, Outcome(outcome), detail)

    # Taking orders.

    async def _fill(self) -> None:
        wait = ILL[0]
        while not self._draining:
            try:
                taken = await self._take()
                wait = ILL[0]
            except (ServiceError, ConfigError) as error:
                log.warning("nobody is called", error=str(error), again=round(wait, 1))
                await asyncio.sleep(wait * random.uniform(0.8, 1.2))
                wait = min(2 * wait, ILL[1])
                continue
            if not taken:
                await asyncio.sleep(LOOK)

    async def _take(self) -> bool:
        """Take one order, if there is room and one is due. Raises ConfigError, ServiceError."""
        if not self._ari.connected or self._room() <= 0:
            return False
        await self._threads.run(self._listed.look)
        now = datetime.now(UTC)
        full = self._full_profiles()
        claim = await self._threads.run(
            claims.claim, self._engine, self.owner, now, self._lease, full
        )
        if claim is None or claim.call_id in self._tasks:
            return False
        self._found.of(claim.call_id)  # what is told of it from now on is kept
        task = asyncio.create_task(self._call(claim))
        self._tasks[claim.call_id] = task
        self._claims[claim.call_id] = claim
        task.add_done_callback(lambda done: self._over(claim.call_id, done))
        return True

    def _over(self, call_id: str, done: asyncio.Task[None]) -> None:
        del self._tasks[call_id], self._claims[call_id]
        self._found.forget(call_id)
        self._ari.forget(call_id)
        if not done.cancelled() and (error := done.exception()) is not None:
            log.error("outbound call: a bug", call=call_id, exc_info=error)

    def _room(self) -> int:
        """How many calls may be begun now."""
        free = self._settings.audiosocket.max_calls - self._outbound.keep_free
        taken = self._reception.taken() + len(list(self._ringing()))
        return min(self._outbound.calls - len(self._tasks), free - taken)

    def _ringing(self) -> Iterable[str]:
        """The calls of ours that take no line yet, but will."""
        return (call_id for call_id in self._tasks if not self._ari.is_up(call_id))

    def _full_profiles(self) -> set[str]:
        """Profiles with as many calls as they may have, those that ring included."""
        ringing = [self._claims[call_id].order.profile for call_id in self._ringing()]
        full = set()
        for dialogue in self._dialogues:
            most, name = dialogue.settings.limits.calls, dialogue.name
            if most and self._reception.taken(name) + ringing.count(name) >= most:
                full.add(name)
        return full

    async def _renew(self) -> None:
        """Keep our orders ours."""
        while True:
            await asyncio.sleep(self._outbound.lease / 4)
            if self._tasks:
                until = datetime.now(UTC) + self._lease
                try:
                    await self._threads.run(claims.renew, self._engine, self.owner, until)
                except ServiceError as error:
                    log.warning("orders not renewed", error=str(error))

    # One order.

    async def _call(self, claim: Claim) -> None:
        """Have one order called, and note what came of it, however long the database is away."""
        attempt = Attempt(
            self._engine,
            self._threads,
            self._ari,
            self._dialogues,
            self._listed,
            self._found,
            self.owner,
            lambda: self._draining,
        )
        log.info("outbound", call=claim.call_id, order=claim.order.id, taken_up=claim.interrupted)
        wait = ILL[0]
        result: Result | None = None
        while True:
            try:
                result = result or await self._tried(attempt, claim)
                if result is not None:
                    await self._settle(claim, result)
                return
            except BotError as error:
                log.warning("outbound call", call=claim.call_id, error=str(error))
                await asyncio.sleep(wait)
                wait = min(2 * wait, ILL[1])
                claim = attempt.again(claim)

    async def _tried(self, attempt: Attempt, claim: Claim) -> Result | None:
        """As `Attempt.run`; a bug ends this order, which nobody tries again."""
        try:
            return await attempt.run(claim)
        except BotError:
            raise
        except Exception:
            log.exception("outbound call: a bug", call=claim.call_id)
            return Result(Outcome.FAILED, BUG)

    async def _settle(self, claim: Claim, result: Result) -> None:
        now = datetime.now(UTC)
        hooks = self._settings.webhooks
        types = hooks.types if hooks.url else ()
        ours = await self._threads.run(claims.settle, self._engine, claim, result, now, types)
        self._metrics.outbound(result.outcome.value)
        log.info(
            "outbound over",
            call=claim.call_id,
            order=claim.order.id,
            outcome=result.outcome.value,
            detail=result.detail,
            again=result.due.isoformat(timespec="seconds") if result.due else "",
            ours=ours,
        )


def _has_lines(settings: Settings) -> None:
    """Raises ConfigError where all lines are kept for callers: nobody would ever be called."""
    free, lines = settings.outbound.keep_free, settings.audiosocket.max_calls
    if free >= lines:
        raise ConfigError(
            f"outbound.keep_free {free} leaves none of the {lines} lines of"
            " audiosocket.max_calls for calls that the bot makes; make it smaller"
        )
