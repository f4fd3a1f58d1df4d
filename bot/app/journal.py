"""What is written down of a call: log lines, metrics, its trace. The words only where allowed."""

import structlog

from bot.call.actions import Action, Discard, GoOn, Hush, Interrupt, Lower, Prepare, Refuse, Speak
from bot.call.watch import TurnReport, Watch
from bot.core.errors import ServiceError
from bot.core.events import Deaf, Digit, Ending, Event
from bot.core.guarded import Guarded
from bot.core.marks import Mark
from bot.core.ports import Caller
from bot.hindi.redact import redact
from bot.ops.metrics import Metrics
from bot.ops.traces import CallTrace, Value

COUNTED = {
    Lower: "lowered",
    Hush: "hushed",
    GoOn: "went_on",
    Interrupt: "interrupted",
    Prepare: "answer_begun_early",
    Discard: "answer_discarded",
    Speak: "changed_language",
}
"""What the turn policy did that is counted, and under which name."""


class Journal:
    """The journal of one call."""

    def __init__(
        self,
        caller: Caller,
        metrics: Metrics,
        transcripts: bool,
        trace: CallTrace | None = None,
        trace_transcripts: bool = False,
    ) -> None:
        """`transcripts`: whether what was said may be logged; or traced, with the other one."""
        self._caller = caller
        self._metrics = metrics
        self._transcripts = transcripts
        self._trace = trace
        self._trace_transcripts = trace_transcripts
        self._said_before = ""
        """What the caller has answered in the turn that is written down next."""
        self._log = structlog.get_logger().bind(call=caller.call_id)
        if trace is not None:
            self._log = self._log.bind(trace=trace.id)
        self.watch = Watch(
            turn=self._turn,
            event=self._event,
            action=self._action,
            discarded=metrics.tokens_discarded,
            late=metrics.frame_late,
            refused=self._refused,
        )

    def began(self, rate: int) -> None:
        """The call is up."""
        self._metrics.call_began(self._caller.profile)
        self._log.info(
            "call began",
            caller=self._caller.number,
            called=self._caller.called,
            channel=self._caller.channel,
            profile=self._caller.profile,
            rate=rate,
        )

    def ended(self, ending: Ending, seconds: float, dropped_in: int, dropped_out: int) -> None:
        """The call is over."""
        profile = self._caller.profile
        self._metrics.call_ended(ending.value, seconds, dropped_in, dropped_out, profile)
        self._log.info(
            "call ended",
            ending=ending.value,
            seconds=round(seconds, 2),
            dropped_in=dropped_in,
            dropped_out=dropped_out,
        )
        if self._trace is not None:
            self._trace.ended(ending.value)

    def _event(self, event: Event) -> None:
        if isinstance(event, Digit):
            self._metrics.digit()
        elif isinstance(event, Deaf):
            self._failed(event.error)

    def _action(self, action: Action) -> None:
        if name := COUNTED.get(type(action)):
            self._metrics.turn_action(name)
        if isinstance(action, Refuse):
            self._refused(action.kind, "caller")

    def _refused(self, kind: Guarded, why: str) -> None:
        self._metrics.guard_refused(kind.value)
        self._log.warning("guard refused", kind=kind.value, why=why)

    def _turn(self, report: TurnReport) -> None:
        intervals = report.marks.intervals()
        self._count(report, intervals)
        if self._trace is not None:
            self._trace.turn(report.marks, report.error, self._told_of(report))
        words = self._words(report) if self._transcripts else {}
        self._said_before = report.said
        self._log.info(
            "turn",
            turn=report.turn,
            phrase=report.phrase.value if report.phrase else "",
            cut=report.interrupted,
            intervals={name: round(value, 4) for name, value in intervals.items()},
            marks={mark.value: round(at, 4) for mark, at in report.marks.at.items()},
            **words,
        )

    def _count(self, report: TurnReport, intervals: dict[str, float]) -> None:
        self._metrics.turn(report.interrupted, intervals)
        if report.phrase is not None:
            self._metrics.phrase(report.phrase.value)
        if Mark.FILLER in report.marks.at:
            self._metrics.filler()
        if report.error is not None:
            self._failed(report.error, turn=report.turn)

    def _failed(self, error: ServiceError, **more: int) -> None:
        self._metrics.service_error(error.service, type(error).__name__)
        self._log.warning("service failed", error=str(error), **more)

    def _words(self, report: TurnReport) -> dict[str, str]:
        return {"heard": redact(report.heard, self._said_before), "said": redact(report.said)}

    def _told_of(self, report: TurnReport) -> dict[str, Value]:
        """The attributes of a turn's span: its words only where traces may hold them."""
        told: dict[str, Value] = {"voicebot.turn": report.turn, "voicebot.cut": report.interrupted}
        if report.phrase is not None:
            told["voicebot.phrase"] = report.phrase.value
        if self._trace_transcripts:
            told["voicebot.heard"] = redact(report.heard, self._said_before)
            told["voicebot.said"] = redact(report.said)
        return told
