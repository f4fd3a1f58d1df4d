"""
The calls that are up, whatever line they came by, and who is told what happens in them.

A call of the gateway's own is told to its client, all of it. Operators who watch are told the same
without the words, unless the settings allow them. Where nobody listens, nothing is made.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import grpc

from bot.config import GatewaySettings
from bot.core.events import Ending, Transcript
from bot.core.ports import Caller
from bot.gateway.desk import Fault
from bot.gateway.outbox import Outbox
from bot.gateway.wire import voice_workflow_pb2 as pb
from bot.hindi.redact import redact

Client = Outbox[pb.ConverseResponse]
Watcher = Outbox[pb.CallEventsResponse]
State = pb.BargeIn.State

ENDINGS = {
    Ending.CALLER_LEFT: pb.ENDING_CALLER_LEFT,
    Ending.HANG_UP: pb.ENDING_HANG_UP,
    Ending.TRANSFER: pb.ENDING_TRANSFER,
    Ending.FALLBACK: pb.ENDING_FALLBACK,
}


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn of the bot was. `marks` are in the loop's time, `intervals` in seconds."""

    number: int
    interrupted: bool
    heard: str
    said: str
    phrase: str
    marks: Mapping[str, float]
    intervals: Mapping[str, float]


@dataclass(slots=True)
class Up:
    """
    A call that is up. `began` is the loop's time; `ordered` how an operator wants it to end.

    Each method tells everybody who listens, at once.
    """

    caller: Caller
    line: str
    began: float
    client: Client | None
    watchers: set[Watcher]
    words: bool
    """Whether watchers may read what was said."""
    ordered: Ending | None = None
    _said: str = ""
    """Our last words: they tell what the caller's digits are."""

    def transcript(self, heard: Transcript) -> None:
        """The recogniser's view of what the caller says."""
        if self.client is not None:
            self.client.put_event(pb.ConverseResponse(transcript=_transcript(heard, heard.text)))
        if self.words and self.watchers:
            text = redact(heard.text, self._said, growing=not heard.final)
            self._tell_watchers(transcript=_transcript(heard, text))

    def keys(self, count: int) -> None:
        """The caller pressed so many keys."""
        self._tell_watchers(keys_pressed=pb.KeysPressed(count=count))

    def barge_in(self, state: State) -> None:
        """The caller speaks over the bot, or did not after all."""
        if self.client is not None:
            self.client.put_event(pb.ConverseResponse(barge_in=pb.BargeIn(state=state)))
        self._tell_watchers(barge_in=pb.BargeIn(state=state))

    def turn(self, turn: Turn) -> None:
        """A turn of the bot is over."""
        if self.client is not None:
            text = pb.BotText(turn=turn.number, text=turn.said)
            self.client.put_event(pb.ConverseResponse(bot_text=text))
            ended = self._turn_ended(turn, turn.heard)
            self.client.put_event(pb.ConverseResponse(turn_ended=ended))
        if self.words:
            said = pb.BotText(turn=turn.number, text=redact(turn.said))
            self._tell_watchers(bot_text=said)
        if self.watchers:
            heard = redact(turn.heard, self._said) if self.words else ""
            self._tell_watchers(turn_ended=self._turn_ended(turn, heard))
        self._said = turn.said

    def ended(self, ending: Ending) -> None:
        """The call is over."""
        over = pb.Ended(ending=ENDINGS[ending], seconds=self.seconds)
        if self.client is not None:
            self.client.put_event(pb.ConverseResponse(ended=over))
        self._tell_watchers(ended=over)

    @property
    def seconds(self) -> float:
        """How long it has lasted."""
        return asyncio.get_running_loop().time() - self.began

    @property
    def info(self) -> pb.CallInfo:
        """What operators see of it."""
        return pb.CallInfo(
            call_id=self.caller.call_id,
            caller=self.caller.number,
            called=self.caller.called,
            line=self.line,
            seconds=self.seconds,
        )

    def show(self, watcher: Watcher) -> None:
        """Tell a new watcher that it is up."""
        watcher.put_event(self._event(began=self.info))

    def _turn_ended(self, turn: Turn, heard: str) -> pb.TurnEnded:
        return pb.TurnEnded(
            turn=turn.number,
            interrupted=turn.interrupted,
            heard=heard,
            phrase=turn.phrase,
            marks={name: at - self.began for name, at in turn.marks.items()},
            intervals=turn.intervals,
        )

    def _tell_watchers(self, **event: object) -> None:
        if self.watchers:
            message = self._event(**event)
            for watcher in self.watchers:
                watcher.put_event(message)

    def _event(self, **event: object) -> pb.CallEventsResponse:
        return pb.CallEventsResponse(
            call_id=self.caller.call_id,
            at=self.seconds,
            **event,  # type: ignore[arg-type]
        )


@dataclass(slots=True)
class Board:
    """All calls of the process. `_everywhere` are those who watch all, calls to come included."""

    settings: GatewaySettings
    _up: dict[str, Up] = field(default_factory=dict)
    _everywhere: set[Watcher] = field(default_factory=set)
    _watching: int = 0

    def began(self, caller: Caller, line: str, client: Client | None = None) -> Up:
        """A call is up; `client` is told, where it is of the gateway's own."""
        now = asyncio.get_running_loop().time()
        words = self.settings.transcripts
        up = Up(caller, line, now, client, set(self._everywhere), words)
        self._up[caller.call_id] = up
        for watcher in up.watchers:
            up.show(watcher)
        return up

    def ended(self, up: Up, ending: Ending) -> None:
        """The call is over: tell so, and forget it. Who watched only this one sees the end."""
        up.ended(ending)
        self._up.pop(up.caller.call_id, None)
        for watcher in up.watchers - self._everywhere:
            watcher.close()

    def find(self, call_id: str) -> Up | None:
        """The call of this name, if it is up."""
        return self._up.get(call_id)

    def calls(self) -> list[Up]:
        """The calls that are up, the oldest first."""
        return list(self._up.values())

    def watch(self, call_id: str) -> Watcher:
        """Begin to watch one call, or all; `leave` ends it. Raises `Fault`."""
        watched = [self._one(call_id)] if call_id else self.calls()
        if self._watching >= self.settings.watchers:
            limit = f"{self.settings.watchers} watch already (gateway.watchers)"
            raise Fault(grpc.StatusCode.RESOURCE_EXHAUSTED, limit, "watchers")
        self._watching += 1
        watcher: Watcher = Outbox()
        if not call_id:
            self._everywhere.add(watcher)
        for up in watched:
            up.watchers.add(watcher)
            up.show(watcher)
        return watcher

    def leave(self, watcher: Watcher) -> None:
        """End a watch."""
        self._watching -= 1
        self._everywhere.discard(watcher)
        for up in self._up.values():
            up.watchers.discard(watcher)

    def close(self) -> None:
        """No more calls will come: end the watches of all."""
        for watcher in self._everywhere:
            watcher.close()

    def _one(self, call_id: str) -> Up:
        up = self.find(call_id)
        if up is None:
            raise not_up(call_id)
        return up


def not_up(call_id: str) -> Fault:
    """There is no such call."""
    shown = call_id[:64].encode("ascii", "backslashreplace").decode()
    detail = f"call_id: no call {shown!r} is up; ListCalls names those that are"
    return Fault(grpc.StatusCode.NOT_FOUND, detail, "bad-request")


def _transcript(heard: Transcript, text: str) -> pb.Transcript:
    return pb.Transcript(
        text=text,
        is_final=heard.final,
        stability=heard.stability,
        confidence=heard.confidence,
    )
