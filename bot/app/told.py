"""What happens in a call, told to the gateway's board: to its own client, and to operators."""

from dataclasses import replace

from bot.call.actions import Action, GoOn, Hush, Interrupt
from bot.call.watch import TurnReport, Watch
from bot.core.events import Digit, Event, Transcript
from bot.gateway.board import Turn, Up
from bot.gateway.wire import voice_workflow_pb2 as pb

BARGE_IN = {
    Hush: pb.BargeIn.STATE_HUSHED,
    GoOn: pb.BargeIn.STATE_WENT_ON,
    Interrupt: pb.BargeIn.STATE_INTERRUPTED,
}


def telling(up: Up) -> Watch:
    """A watch that tells the board of this call. A voice that was only lowered is not told."""
    hushed = False

    def event(event: Event) -> None:
        if isinstance(event, Transcript):
            up.transcript(event)
        elif isinstance(event, Digit):
            up.keys(1)

    def action(action: Action) -> None:
        nonlocal hushed
        if isinstance(action, GoOn) and not hushed:
            return
        if (state := BARGE_IN.get(type(action))) is not None:
            hushed = isinstance(action, Hush)
            up.barge_in(state)

    return Watch(turn=lambda report: up.turn(_turn(report)), event=event, action=action)


def both(one: Watch, other: Watch) -> Watch:
    """
    A watch for two that must not know each other; events, turns and actions are for both.

    Of secrets and of each sentence only `other` is told, of all else only `one`.
    """

    def turn(report: TurnReport) -> None:
        one.turn(report)
        other.turn(report)

    def event(event: Event) -> None:
        one.event(event)
        other.event(event)

    def action(action: Action) -> None:
        one.action(action)
        other.action(action)

    return replace(one, turn=turn, event=event, action=action, said=other.said, secret=other.secret)


def _turn(report: TurnReport) -> Turn:
    return Turn(
        report.turn,
        report.interrupted,
        report.heard,
        report.said,
        report.phrase.value if report.phrase else "",
        {mark.value: at for mark, at in report.marks.at.items()},
        report.marks.intervals(),
    )
