"""One try of one order: whether it may be called, how Asterisk is asked, what came of it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Engine

from bot.app.dialogues import Dialogues
from bot.app.threads import Threads
from bot.asterisk.ari import Ari, Ended, Placing, Rejected
from bot.asterisk.pbx import Refused
from bot.config_outbound import OutboundSettings
from bot.core.errors import ServiceError, ServiceTimeout
from bot.outbound import causes
from bot.outbound.listed import Listed
from bot.outbound.policy import Refuse, Wait, judge, next_try
from bot.records import claims, do_not_call
from bot.records.claims import Claim, Result
from bot.records.orders import Outcome

CONTEXT: Final = "bot-answered"
SLACK: Final = 5
"""Seconds that Asterisk waits longer than the dialplan rings."""
CHECK: Final = 20.0
"""Seconds between two looks whether the channel is still there, and what another bot says."""
GRACE: Final = 5.0
"""Seconds that the bot which held a call has to say who answered, once the channel is gone."""
PUT_BACK: Final = Result(Outcome.REFUSED)
"""Nobody was called: the order waits as before, or is not ours any more."""
DRAINING: Final = "the bot is shutting down"
LATE: Final = 10.0
"""Seconds in which Asterisk may still begin a call that it did not answer for."""
AGAIN: Final = timedelta(seconds=10)
"""Before an order is taken again whose call could not even be begun."""


@dataclass(slots=True)
class Found:
    """What the desk of this process says of calls: who answered. `wait` until it does."""

    _told: dict[str, asyncio.Future[tuple[Outcome, str]]] = field(default_factory=dict)

    def of(self, call_id: str) -> asyncio.Future[tuple[Outcome, str]]:
        """What will be told of this call."""
        if call_id not in self._told:
            self._told[call_id] = asyncio.get_running_loop().create_future()
        return self._told[call_id]

    def tell(self, call_id: str, outcome: Outcome, detail: str) -> None:
        """This is known now; of calls that nobody asks about, nothing is kept."""
        known = self._told.get(call_id)
        if known is not None and not known.done():
            known.set_result((outcome, detail))

    def forget(self, call_id: str) -> None:
        """The call is over."""
        if (known := self._told.pop(call_id, None)) is not None:
            known.cancel()


class Attempt:
    """
    One try; `run` gives its result.

    `_begun`: Asterisk was asked to begin it. `_ended`: how its channel ended, watched
    for until the order is over.
    """

    def __init__(
        self,
        engine: Engine,
        threads: Threads,
        ari: Ari,
        dialogues: Dialogues,
        listed: Listed,
        found: Found,
        owner: str,
        draining: Callable[[], bool],
    ) -> None:
        """`owner`: this bot's name on its leases. `draining`: whether it begins no more calls."""
        self._engine = engine
        self._threads = threads
        self._ari = ari
        self._dialogues = dialogues
        self._listed = listed
        self._found = found
        self._owner = owner
        self._draining = draining
        self._begun = False
        self._ended: asyncio.Future[Ended] | None = None

    async def run(self, claim: Claim) -> Result | None:
        """
        Have the order called, and wait for the end.

        None: nobody was called, the order was put back or is another's. Raises ServiceError; then
        `again` is what to run.
        """
        try:
            self._dialogues.place("", claim.order.profile)
        except Refused as refusal:
            return Result(Outcome.REFUSED, str(refusal), counts=False)
        settings = self._dialogues.of(claim.order.profile).settings.outbound
        self._ended = self._ended or self._ari.watch(claim.call_id, claim.interrupted)
        before = await self._before(claim, settings, self._ended)
        if before is PUT_BACK:
            return None
        if before is not None:
            return before
        outcome, detail = await self._wait(claim.call_id, self._ended)
        return _result(claim, outcome, detail, settings)

    def again(self, claim: Claim) -> Claim:
        """The same order, after something failed: what was begun is not begun once more."""
        return replace(claim, interrupted=True, placed=True) if self._begun else claim

    async def _before(
        self, claim: Claim, settings: OutboundSettings, ended: asyncio.Future[Ended]
    ) -> Result | None:
        """None: there is a channel to wait for; else what became of the try, or PUT_BACK."""
        if claim.interrupted:
            known = ended.done() or self._found.of(claim.call_id).done()
            there = known or await self._ari.is_there(claim.call_id)
            return None if there else await self._gone(claim, settings)
        number = claim.order.number
        unwanted = self._listed.has(number) or await self._threads.run(
            do_not_call.has, self._engine, number
        )
        verdict = judge(number, claim.order.consent, unwanted, settings, datetime.now(UTC))
        if isinstance(verdict, Refuse):
            return Result(Outcome.REFUSED, verdict.why, counts=False)
        if isinstance(verdict, Wait):
            return await self._put_back(claim, verdict.until, verdict.why)
        if self._draining():
            return await self._put_back(claim, datetime.now(UTC), DRAINING)
        return await self._begin(claim, settings)

    async def _begin(self, claim: Claim, settings: OutboundSettings) -> Result | None:
        now, lease = datetime.now(UTC), timedelta(seconds=settings.lease)
        if not await self._threads.run(
            claims.placing, self._engine, claim, self._owner, now, lease
        ):
            return PUT_BACK
        self._begun = True
        try:
            await self._ari.begin(_placing(claim, settings))
        except Rejected as error:
            return _result(claim, Outcome.FAILED, str(error), settings)
        except ServiceError as error:
            if await self._is_begun(claim.call_id, error):
                return None
            return await self._put_back(claim, datetime.now(UTC) + AGAIN, str(error))
        return None

    async def _is_begun(self, call_id: str, error: ServiceError) -> bool:
        """Whether it was begun all the same; where no answer came in time, it may come late."""
        if await self._ari.is_there(call_id):
            return True
        if not isinstance(error, ServiceTimeout):
            return False
        await asyncio.sleep(LATE)
        over = self._ended is not None and self._ended.done()
        return over or await self._ari.is_there(call_id)

    async def _put_back(self, claim: Claim, due: datetime, why: str) -> Result:
        now = datetime.now(UTC)
        await self._threads.run(claims.put_back, self._engine, claim, due, why, now)
        return PUT_BACK

    async def _gone(self, claim: Claim, settings: OutboundSettings) -> Result:
        """What became of a call that another bot began, and that is over."""
        answered, outcome, detail = await self._heard(claim.call_id)
        if answered or outcome is not None:
            return _result(claim, outcome or Outcome.ANSWERED, detail, settings)
        return _result(claim, Outcome.LOST, "", settings, counts=claim.placed)

    async def _wait(self, call_id: str, ended: asyncio.Future[Ended]) -> tuple[Outcome, str]:
        """Until the bot that holds the call knows who answered, or the channel is gone."""
        told = self._found.of(call_id)
        while True:
            waiting: set[asyncio.Future[Any]] = {ended, told}
            await asyncio.wait(waiting, timeout=CHECK, return_when=asyncio.FIRST_COMPLETED)
            if told.done():
                return told.result()
            if ended.done():
                return await self._at_the_end(call_id, ended.result())
            _, outcome, detail = await self._heard(call_id)
            if outcome is not None:
                return outcome, detail
            if not await self._ari.is_there(call_id) and not ended.done():
                return await self._at_the_end(call_id, Ended(None, self._ari.is_up(call_id)))

    async def _at_the_end(self, call_id: str, ended: Ended) -> tuple[Outcome, str]:
        """The channel is gone: what the bot that held it says, else what the cause says."""
        told = self._found.of(call_id)
        answered, outcome, detail = await self._heard(call_id)
        if outcome is None and answered:
            await asyncio.wait({told}, timeout=GRACE)
            if told.done():
                return told.result()
            answered, outcome, detail = await self._heard(call_id)
            return outcome or Outcome.ANSWERED, detail
        if outcome is not None:
            return outcome, detail
        name, why = causes.outcome(ended.cause, ended.up)
        return Outcome(name), why

    async def _heard(self, call_id: str) -> tuple[bool, Outcome | None, str]:
        return await self._threads.run(claims.what_was_heard, self._engine, call_id)


def _placing(claim: Claim, settings: OutboundSettings) -> Placing:
    number = claim.order.number
    digits = number.lstrip("+")
    names = {"number": number, "digits": digits, "national": digits.removeprefix("91")}
    return Placing(
        claim.call_id,
        settings.endpoint.format(**names),
        CONTEXT,
        settings.ring + SLACK,
        {
            "BOT_CALL": claim.call_id,
            "BOT_ORDER": claim.order.id,
            "BOT_CALLED": number,
            "BOT_RING": str(settings.ring),
            "BOT_FROM": settings.caller_id,
        },
    )


def _result(
    claim: Claim, outcome: Outcome, detail: str, settings: OutboundSettings, counts: bool = True
) -> Result:
    """The result, with the time of the next try."""
    tries = claim.order.tries + (1 if counts else 0)
    due = next_try(outcome.value, tries, settings, datetime.now(UTC))
    return Result(outcome, detail, due, counts)
