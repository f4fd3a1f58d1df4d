"""
What the bot that holds an outbound call does beside talking: finds what it is about, notes who
answered, and whom not to call any more.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final, TypeVar
from uuid import UUID

import structlog
from sqlalchemy import Engine

from bot.app.threads import Threads
from bot.call.actions import Action, Answer, Recorded
from bot.call.watch import Watch
from bot.core.errand import Errand
from bot.core.errors import BotError, ServiceError, ServiceTimeout
from bot.core.ports import Caller
from bot.core.telephone import masked
from bot.hindi.no_more_calls import wants_no_more_calls
from bot.records import claims, do_not_call
from bot.records.orders import Outcome

LONGEST: Final = 1.0
"""Seconds that the database has for a question: somebody waits at the phone."""
CLOSING: Final = 2.0
"""Seconds for what is still being noted at the end."""
AGAIN: Final = (1.0, 30.0)
"""Seconds before a wish is noted again where that failed, the first and the longest."""

log = structlog.get_logger()
Told = Callable[[str, str, str], None]
Found = TypeVar("Found")


class Errands:
    """
    For all calls of the process. `_tasks` are the notes under way, `_machines` what is at the other
    end of calls that are up, where it is no person.

    `told(call_id, outcome, detail)`: the dialler, where it is the one of this process.
    """

    def __init__(self, engine: Engine, told: Told = lambda call_id, outcome, detail: None) -> None:
        self._engine = engine
        self._told = told
        self._machines: dict[str, tuple[Outcome, str]] = {}
        self._tasks: set[asyncio.Task[object]] = set()
        self._threads = Threads("errands")

    async def find(self, order: str, call_id: str) -> Errand | None:
        """
        What this call is about; None where that order has no such call.

        Raises ServiceUnavailable.
        """
        found = await self._soon(claims.of_call, self._engine, order[:36], _uuid(call_id))
        if found is None:
            return None
        return Errand(found.id, found.number, found.profile, found.data)

    async def answered(self, order: str, call_id: str) -> None:
        """From now on the call is answered. Raises BotError where that could not be noted."""
        now, name = datetime.now(UTC), _uuid(call_id)
        if not await self._soon(claims.answered, self._engine, order[:36], name, now):
            raise BotError("it is gone")

    def watch(self, caller: Caller, errand: Errand | None, other: Watch) -> Watch:
        """The other watch, and ours: of machines, and of people who want to be left in peace."""

        def action(action: Action) -> None:
            other.action(action)
            if isinstance(action, Recorded) and errand is not None:
                outcome = Outcome.BUSY if action.sign == "busy" else Outcome.MACHINE
                self._machines[caller.call_id] = (outcome, action.sign)
            elif isinstance(action, Answer) and wants_no_more_calls(action.text):
                self._begin(self._insist(caller))

        return replace(other, action=action)

    def ended(self, call_id: str) -> None:
        """A call that we made is over: unless it was a machine, it was a person."""
        outcome, detail = self._machines.pop(call_id, (Outcome.ANSWERED, ""))
        self._begin(self._heard(call_id, outcome, detail))

    async def unwanted(self, number: str) -> bool:
        """Call this number no more; False where that could not be noted."""
        try:
            await self._note(number)
        except BotError as error:
            log.error("not noted: do not call", number=masked(number), error=str(error))
            return False
        return True

    async def _insist(self, caller: Caller) -> None:
        """The same, however long the database is away."""
        wait = AGAIN[0]
        while True:
            try:
                await self._note(caller.number)
                return
            except ServiceError as error:
                log.error("not noted yet: do not call", call=caller.call_id, error=str(error))
            except BotError as error:
                log.error("not noted: do not call", call=caller.call_id, error=str(error))
                return
            await asyncio.sleep(wait)
            wait = min(2 * wait, AGAIN[1])

    async def _note(self, number: str) -> None:
        await self._threads.run(do_not_call.add, self._engine, number, "caller")
        log.info("do not call", number=masked(number))

    async def close(self) -> None:
        """Wait for what is being noted, but not for long."""
        if self._tasks:
            _, late = await asyncio.wait(set(self._tasks), timeout=CLOSING)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        self._threads.close()

    async def _soon(self, work: Callable[..., Found], *given: object) -> Found:
        """What the database says, in good time. Raises ServiceUnavailable, ServiceTimeout."""
        try:
            async with asyncio.timeout(LONGEST):
                return await self._threads.run(work, *given)
        except TimeoutError:
            raise ServiceTimeout("records", f"no answer within {LONGEST:g} s") from None

    async def _heard(self, call_id: str, outcome: Outcome, detail: str) -> None:
        try:
            await self._threads.run(claims.heard, self._engine, call_id, outcome, detail)
        except BotError as error:
            log.warning("not noted: who answered", call=call_id, error=str(error))
        self._told(call_id, outcome.value, detail)

    def _begin(self, work: Coroutine[None, None, object]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        return ""
