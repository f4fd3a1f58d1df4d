"""
The bot's desk: which calls may come, who holds each of them, and how each ends.

A bug in a call ends that call: it is logged, and the caller goes to the dialplan's fallback.
"""

import asyncio
from collections import Counter
from typing import TYPE_CHECKING
from uuid import UUID

import structlog

from bot.app.dialogue import Dialogue
from bot.app.dialogues import Dialogues
from bot.app.journal import Journal
from bot.app.kept import Kept
from bot.app.services import Services
from bot.app.told import both, telling
from bot.asterisk.handover import Handover, Target, Verdict
from bot.asterisk.line import Line
from bot.asterisk.pbx import Reception, Ticket
from bot.call.call import Call
from bot.call.watch import Watch
from bot.config import Settings
from bot.core.errand import Errand
from bot.core.events import Ending
from bot.gateway.board import Board, Up
from bot.gateway.line import GatewayLine
from bot.ops.metrics import Metrics
from bot.ops.outbox import Traces
from bot.ops.traces import CallTrace
from bot.sip.direct.line import SipLine

if TYPE_CHECKING:
    from bot.app.errands import Errands
    from bot.app.records import Records

TOLD = {Verdict.ACCEPT: "accepted", Verdict.REFUSE: "refused", Verdict.ASK: "asked"}
"""How what an agent does is counted."""

log = structlog.get_logger()

AnyLine = Line | GatewayLine | SipLine


class Desk:
    """
    The `Desk` of the lines' server and, through the entrances, of the gateway and of direct SIP.

    `calls` owns the task of each call; `held` says whether there ever was one. `_talking` are the
    conversations by their call's id, `_targets` where operators want callers to go.
    """

    def __init__(
        self,
        settings: Settings,
        metrics: Metrics,
        traces: Traces | None,
        board: Board | None,
        dialogues: Dialogues,
    ) -> None:
        """`reception` has to be set before the first call comes, `records` where calls are kept."""
        self.reception: Reception | None = None
        self.records: Records | None = None
        self.errands: Errands | None = None
        self.calls: dict[asyncio.Task[None], AnyLine] = {}
        self.held = False
        self._settings = settings
        self._metrics = metrics
        self._traces = traces
        self._board = board
        self._dialogues = dialogues
        self._talking: dict[str, Call] = {}
        self._targets: dict[str, Target] = {}

    def admit(self, uuid: UUID) -> Ticket:
        """The ticket of a call that may come. Raises `Refused`."""
        assert self.reception is not None, "not started"
        return self.reception.admit(uuid)

    def answer(self, line: AnyLine) -> None:
        """Begin the conversation on this line; with an agent, tell them about a call."""
        dialogue = self._dialogues.of(line.ticket.caller.profile)
        dialogue.connect()
        told = line.ticket.whispers if isinstance(line, Line) else None
        if isinstance(line, Line) and (back := line.ticket.unanswered):
            log.info("transfer unanswered", call=line.ticket.caller.call_id, why=back.why)
            self._metrics.transfer("unanswered")
        work = self._hold(line, dialogue) if told is None else self._tell(line, dialogue, told)
        task = asyncio.get_running_loop().create_task(work)
        self.calls[task] = line
        self.held = True
        task.add_done_callback(lambda done: self.calls.pop(done))

    def end(self, call_id: str, ending: Ending, target: Target | None = None) -> bool:
        """
        End this call in this way, as an operator wants; False where it is not up.

        `target`: where the caller goes who is transferred.
        """
        up = self._board.find(call_id) if self._board else None
        if up is None:
            return False
        if up.ordered is None:
            up.ordered = ending
            self._targets[call_id] = target or Target()
            for task, line in self.calls.items():
                if line.ticket.caller.call_id == call_id:
                    task.cancel()
        return True

    def say(self, call_id: str, text: str, interrupt: bool) -> bool:
        """Have this said in a call; False where it is not up, or too much waits to be said."""
        call = self._talking.get(call_id)
        return call is not None and call.say(text, interrupt)

    async def settled(self, uuid: UUID) -> None:
        """Wait, for a moment at most, until a transfer of this call is known where it has to be."""
        assert self.reception is not None, "not started"
        if self.records is not None and self.reception.outcome(uuid)[0] is Ending.TRANSFER:
            await self.records.transfer_known(str(uuid))

    def profile(self, call_id: str) -> str | None:
        """The profile of this call; None where it is not up here."""
        up = self._board.find(call_id) if self._board else None
        return None if up is None else up.caller.profile

    def profiles(self) -> Counter[str]:
        """How many calls each profile has."""
        return Counter(line.ticket.caller.profile for line in self.calls.values())

    def refuse(self, reason: str, detail: str, peer: str) -> None:
        """Log and count what was turned away."""
        self._metrics.refused(reason)
        log.warning("refused", reason=reason, detail=detail, peer=peer)

    async def over(self) -> None:
        """Wait until no call is up."""
        while self.calls:
            await asyncio.wait(list(self.calls))

    async def cut(self) -> None:
        """End the calls that are left; their callers go to the dialplan's fallback."""
        left = list(self.calls)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _hold(self, line: AnyLine, dialogue: Dialogue) -> None:
        """One call in this dialogue, from answer to hang-up; no exception leaves it."""
        assert self.reception is not None, "not started"
        loop = asyncio.get_running_loop()
        began, ending, target, handover = loop.time(), Ending.FALLBACK, Target(), Handover()
        trace = self._trace(line)
        journal, up, kept = self._journal(line, trace), self._up(line), self._kept(line, dialogue)
        journal.began(line.rate)
        watch = kept.watch(both(journal.watch, telling(up)) if up else journal.watch)
        try:
            services = Services(self._metrics, trace)
            call = dialogue.call(
                kept.line(line),
                line.ticket.caller,
                self._minding(line, watch),
                services,
                line.ticket.unanswered if isinstance(line, Line) else None,
                _errand(line),
            )
            ending = await self._held(call, line, up)
            ordered = self._targets.pop(line.ticket.caller.call_id, None)
            target = ordered or dialogue.toolbox.target(call.wish)
            handover = dialogue.handover(call, ending)
        except Exception:
            log.exception("call failed", call=line.ticket.caller.call_id)
        finally:
            self._targets.pop(line.ticket.caller.call_id, None)
            self._run_errand(line)
            kept.told(handover.summary)
            kept.ended(ending, loop.time() - began, *_dropped(line), self._place(target))
            self.reception.ended(line.ticket.uuid, ending, target, handover)
            if self._board is not None and up is not None:
                self._board.ended(up, ending)
            await line.close()
            journal.ended(ending, loop.time() - began, *_dropped(line))

    async def _held(self, call: Call, line: AnyLine, up: Up | None) -> Ending:
        """Hold the conversation; an operator may end it."""
        name = line.ticket.caller.call_id
        self._talking[name] = call
        try:
            return await call.run()
        except asyncio.CancelledError:
            if up is None or up.ordered is None:
                raise
            return up.ordered
        finally:
            del self._talking[name]

    def _minding(self, line: AnyLine, watch: Watch) -> Watch:
        """The watch, and that of the errands, where calls are made."""
        if self.errands is None:
            return watch
        return self.errands.watch(line.ticket.caller, _errand(line), watch)

    def _run_errand(self, line: AnyLine) -> None:
        """A call that we made is over."""
        if self.errands is not None and _errand(line) is not None:
            self.errands.ended(line.ticket.caller.call_id)

    def _place(self, target: Target) -> str:
        """Where a caller who is transferred goes, as webhooks tell it."""
        pbx = self._settings.pbx
        return f"{target.context or pbx.transfer_context} {target.exten or pbx.transfer_exten}"

    async def _tell(self, line: AnyLine, dialogue: Dialogue, told: Handover) -> None:
        """Tell an agent about a call that is handed over; no exception leaves it."""
        assert self.reception is not None, "not started"
        verdict = Verdict.ASK
        try:
            taken = await dialogue.whisper(line, told, Services(self._metrics)).run()
            if taken is not None:
                verdict = Verdict.ACCEPT if taken else Verdict.REFUSE
        except Exception:
            log.exception("agent not told", call=line.ticket.caller.call_id)
        finally:
            log.info("agent told", call=line.ticket.caller.call_id, verdict=verdict.value)
            self._metrics.transfer(TOLD[verdict])
            self.reception.told(line.ticket.uuid, verdict)
            await line.close()

    def _kept(self, line: AnyLine, dialogue: Dialogue) -> Kept:
        caller = line.ticket.caller
        errand = _errand(line)
        order = errand.order if errand else ""
        return Kept(self.records, dialogue.settings, caller, self._way(line), line.rate, order)

    def _up(self, line: AnyLine) -> Up | None:
        """The call's place on the board, where there is one."""
        if self._board is None:
            return None
        client = line.outbox if isinstance(line, GatewayLine) else None
        return self._board.began(line.ticket.caller, self._way(line), client)

    def _way(self, line: AnyLine) -> str:
        """How the call came."""
        if isinstance(line, GatewayLine):
            return "gateway"
        return "sip" if isinstance(line, SipLine) else self._settings.line

    def _trace(self, line: AnyLine) -> CallTrace | None:
        if self._traces is None:
            return None
        caller = line.ticket.caller
        return self._traces.call({"voicebot.call_id": caller.call_id, "voicebot.rate": line.rate})

    def _journal(self, line: AnyLine, trace: CallTrace | None) -> Journal:
        transcripts = self._settings.log.transcripts, self._settings.trace.transcripts
        return Journal(line.ticket.caller, self._metrics, transcripts[0], trace, transcripts[1])


def _errand(line: AnyLine) -> Errand | None:
    """What we have called them for, where we have."""
    return line.ticket.errand if isinstance(line, Line) else None


def _dropped(line: AnyLine) -> tuple[int, int]:
    """Frames of the caller, and of ours, that were dropped."""
    return line.dropped_in, line.dropped_out
