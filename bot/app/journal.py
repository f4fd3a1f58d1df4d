"""What is written down of a call, as log lines and metrics. The words only where allowed."""

import structlog

from bot.call.actions import Action, Discard, GoOn, Hush, Interrupt, Lower, Prepare
from bot.call.call import Watch
from bot.call.floor import TurnReport
from bot.core.events import Digit, Ending, Event
from bot.core.ports import Caller
from bot.ops.metrics import Metrics

COUNTED = {
    Lower: "lowered",
    Hush: "hushed",
    GoOn: "went_on",
    Interrupt: "interrupted",
    Prepare: "answer_begun_early",
    Discard: "answer_discarded",
}
"""What the turn policy did that is counted, and under which name."""


class Journal:
    """The journal of one call."""

    def __init__(self, caller: Caller, metrics: Metrics, transcripts: bool) -> None:
        """`transcripts`: whether what was said may be logged."""
        self._caller = caller
        self._metrics = metrics
        self._transcripts = transcripts
        self._log = structlog.get_logger().bind(call=caller.call_id)
        self.watch = Watch(
            turn=self._turn,
            event=self._event,
            action=self._action,
            discarded=metrics.tokens_discarded,
            late=metrics.frame_late,
        )

    def began(self, rate: int) -> None:
        """The call is up."""
        self._metrics.call_began()
        self._log.info(
            "call began",
            caller=self._caller.number,
            called=self._caller.called,
            channel=self._caller.channel,
            rate=rate,
        )

    def ended(self, ending: Ending, seconds: float, dropped_in: int, dropped_out: int) -> None:
        """The call is over."""
        self._metrics.call_ended(ending.value, seconds, dropped_in, dropped_out)
        self._log.info(
            "call ended",
            ending=ending.value,
            seconds=round(seconds, 2),
            dropped_in=dropped_in,
            dropped_out=dropped_out,
        )

    def _event(self, event: Event) -> None:
        if isinstance(event, Digit):
            self._metrics.digit()

    def _action(self, action: Action) -> None:
        if name := COUNTED.get(type(action)):
            self._metrics.turn_action(name)

    def _turn(self, report: TurnReport) -> None:
        intervals = report.marks.intervals()
        self._metrics.turn(report.interrupted, intervals)
        if report.error is not None:
            kind = type(report.error).__name__
            self._metrics.service_error(report.error.service, kind)
            self._log.warning("service failed", turn=report.turn, error=str(report.error))
        words = {"heard": report.heard, "said": report.said} if self._transcripts else {}
        self._log.info(
            "turn",
            turn=report.turn,
            phrase=report.phrase.value if report.phrase else "",
            cut=report.interrupted,
            intervals={name: round(value, 4) for name, value in intervals.items()},
            marks={mark.value: round(at, 4) for mark, at in report.marks.at.items()},
            **words,
        )
