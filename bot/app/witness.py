"""What of a call's happenings goes into its record: from the call's words to the record's."""

from bot.call.actions import Action, Answer, GoOn, Hush, Interrupt
from bot.call.watch import TurnReport, Watch
from bot.core.events import Deaf, Digit, Event, MachineHeard, NumberAsked
from bot.core.marks import Marks
from bot.records.call_record import CallRecord, TurnRow

NOTED = {Hush: "hushed", GoOn: "went_on", Interrupt: "interrupted"}
"""What turn-taking did that is kept. That the voice was lowered or raised again is not."""


class Witness:
    """Keeps the record of one call. Which keys were pressed is not kept."""

    def __init__(self, record: CallRecord) -> None:
        self._record = record
        self._hushed = False
        self.watch = Watch(
            turn=lambda report: record.turn(_row(report)),
            event=self._event,
            action=self._action,
            said=record.saying,
        )

    def _event(self, event: Event) -> None:
        match event:
            case Digit():
                self._record.note("key")
            case MachineHeard(sign):
                self._record.note("machine", sign)
            case NumberAsked(wanted=wanted):
                self._record.note("number_asked", wanted.name)
            case Deaf(error):
                self._record.note("failed", str(error))

    def _action(self, action: Action) -> None:
        if isinstance(action, Answer):
            _answered(self._record, action)
        elif (kind := NOTED.get(type(action))) is not None:
            if isinstance(action, GoOn) and not self._hushed:
                return  # the voice was only lowered
            self._hushed = isinstance(action, Hush)
            self._record.note(kind)


def _answered(record: CallRecord, answer: Answer) -> None:
    if answer.given is not None:
        given = answer.given
        record.field(given.name, given.shown, given.secret, answer.text.partition(": ")[2])
    record.heard(answer.text if answer.shown is None else answer.shown)


def _row(report: TurnReport) -> TurnRow:
    return TurnRow(
        report.turn,
        report.heard,
        report.said,
        report.phrase.value if report.phrase else "",
        report.interrupted,
        type(report.error).__name__ if report.error else "",
        _rounded(report.marks),
    )


def _rounded(marks: Marks) -> dict[str, float]:
    return {name: round(seconds, 4) for name, seconds in marks.intervals().items()}
