"""
What is kept of one call, beside its conversation: nothing of it can end or delay the call.

A bug in keeping is logged, and what it concerns is not kept; the caller notices nothing.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import structlog

from bot.app.told import both
from bot.app.witness import Witness
from bot.call.watch import Watch
from bot.config import Settings
from bot.core.events import Ending
from bot.core.ports import Caller, CallTransport
from bot.records.call_record import CallRecord
from bot.records.sound import CallSound, RecordedLine

if TYPE_CHECKING:
    from bot.app.records import Records

log = structlog.get_logger()


class Kept:
    """What is kept of one call; of none where records are off."""

    def __init__(
        self,
        records: "Records | None",
        settings: Settings,
        caller: Caller,
        line: str,
        rate: int,
        order: str = "",
    ) -> None:
        """
        The call begins; `settings` are those of its dialogue, `line` how it came.

        `order`: we have called, for the order with this id.
        """
        self._record: CallRecord | None = None
        self._sound: CallSound | None = None
        if records is not None:
            _safely(self._begin)(records, settings, caller, line, rate, order)

    def watch(self, other: Watch) -> Watch:
        """The other watch, and ours."""
        if self._record is None:
            return other
        mine = Witness(self._record).watch
        later = Watch(
            turn=_soon(mine.turn),
            event=_soon(mine.event),
            action=_soon(mine.action),
            said=_soon(mine.said),
            secret=self._sound.pause if self._sound is not None else lambda begins: None,
        )
        return both(other, later)

    def line(self, line: CallTransport) -> CallTransport:
        """The line itself, or the same with its sound recorded."""
        return line if self._sound is None else RecordedLine(line, self._sound)

    def told(self, summary: str) -> None:
        """This is what the call was about, where a person is told."""
        if self._record is not None and summary:
            _soon(self._record.summarize)(summary)

    def ended(
        self, ending: Ending, seconds: float, dropped_in: int, dropped_out: int, target: str
    ) -> None:
        """The call is over; the dialplan has not been told yet."""
        if self._record is not None:
            _soon(self._record.ended)(ending, seconds, dropped_in, dropped_out, target)
        if self._sound is not None:
            _safely(self._sound.close)()

    def _begin(
        self,
        records: "Records",
        settings: Settings,
        caller: Caller,
        line: str,
        rate: int,
        order: str,
    ) -> None:
        self._record = records.call(settings, caller, line, rate, order)
        self._sound = records.sound(settings, caller, rate)


def _soon(work: Callable[..., None]) -> Callable[..., None]:
    """The same, when what happens now is done: to mask a sentence takes a millisecond."""
    loop, careful = asyncio.get_running_loop(), _safely(work)

    def later(*given: Any) -> None:
        loop.call_soon(careful, *given)

    return later


def _safely(work: Callable[..., None]) -> Callable[..., None]:
    """The same, but a bug in it is only logged."""

    def careful(*given: Any) -> None:
        try:
            work(*given)
        except Exception:
            log.exception("not recorded: a bug in the records")

    return careful
