"""
What the trace of a call looks like: the call, in it its turns, in them the work of the services.

    call
      asr                  the stream to the recogniser
      turn                 from the caller's last sound to the end of our reply
        recognition        until the words were final
        endpoint           until it was our turn
        llm                one request; its time of the first piece is an event
        tts                one sentence
        playout            what the caller heard
      llm                  discarded: an answer begun early, and not wanted

A span is made when its work begins, because the service is told its id (W3C trace context), and
sent when its work and its place are known. otlp.py knows OpenTelemetry; nothing here does.
"""

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final

from bot.core.errors import ServiceError
from bot.core.marks import Mark, Marks

MOST_UNPLACED: Final = 64
"""Requests of one call whose turn is not known yet. More are put under the call itself."""

ENDS: Final = (Mark.REPLY_ENDED, Mark.BARGE_IN)
"""Each turn that is reported has one of these."""
PHASES: Final[Mapping[str, tuple[Mark, tuple[Mark, ...]]]] = {
    "recognition": (Mark.SPEECH_ENDED, (Mark.FINAL_TRANSCRIPT,)),
    "endpoint": (Mark.SPEECH_ENDED, (Mark.TURN_ENDED,)),
    "playout": (Mark.FIRST_FRAME, ENDS),
}
"""Spans of a turn that are made from its marks: from one to the first of others that there is."""

Value = str | int | float | bool

_here: ContextVar[str] = ContextVar("traceparent", default="")


def context() -> tuple[tuple[str, str], ...]:
    """The W3C trace context to send with a request made now, in this task: one item, or none."""
    traceparent = _here.get()
    return (("traceparent", traceparent),) if traceparent else ()


@dataclass(slots=True, eq=False)
class Span:
    """A piece of work. Times are nanoseconds since 1970; `end` is 0 while it goes on."""

    name: str
    trace: int
    start: int
    parent: int = 0
    """The id of the span that it belongs to; 0: not known yet, or the call itself."""
    end: int = 0
    client: bool = False
    """Whether it is a request of ours to a service."""
    error: str = ""
    """The kind of error, never its text: that may hold what a caller said."""
    attributes: dict[str, Value] = field(default_factory=dict)
    events: list[tuple[str, int]] = field(default_factory=list)
    id: int = field(default_factory=lambda: random.getrandbits(64) or 1)
    task: asyncio.Task[object] | None = None
    """Who does the work. The requests of one reply are made by one task."""

    @property
    def traceparent(self) -> str:
        """W3C Trace Context, version 00, sampled."""
        return f"00-{self.trace:032x}-{self.id:016x}-01"


class CallTrace:
    """
    The trace of one call.

    `_requests` are those whose end or place is not known yet.
    """

    def __init__(self, send: Callable[[Span], None], attributes: Mapping[str, Value]) -> None:
        self._send = send
        self._now = asyncio.get_running_loop().time
        self._zero = time.time_ns() - _nanoseconds(self._now())
        trace = random.getrandbits(128) or 1
        self._call = Span("call", trace, self._at(), attributes=dict(attributes))
        self._requests: list[Span] = []

    @property
    def id(self) -> str:
        """The trace's id as it stands in logs and trace viewers."""
        return f"{self._call.trace:032x}"

    # The requests to services.

    def request(self, service: str, attributes: Mapping[str, Value]) -> Span:
        """A request begins, in the task that makes it: its context goes with it."""
        task = asyncio.current_task()
        span = Span(service, self._call.trace, self._at(), client=True, task=task)
        span.attributes.update(attributes)
        if service == "asr":  # one for the whole call
            span.parent = self._call.id
        self._requests.append(span)
        _here.set(span.traceparent)
        unplaced = [each for each in self._requests if not each.parent]
        if len(unplaced) > MOST_UNPLACED:
            self._place(unplaced[0], self._call)
        return span

    def answered(self, span: Span) -> None:
        """The first piece of the answer is there."""
        if span in self._requests:
            span.events.append(("first_piece", self._at()))

    def over(self, span: Span, outcome: str, error: str = "") -> None:
        """The request is over: answered, given up or failed."""
        if span not in self._requests:
            return  # the call was over before, and the span is another thread's now
        span.end, span.error = self._at(), error
        span.attributes["voicebot.outcome"] = outcome
        self._send_when_known(span)

    # The turns.

    def turn(
        self, marks: Marks, error: ServiceError | None, attributes: Mapping[str, Value]
    ) -> None:
        """A turn is over: its requests find their place, and what was not wanted is known."""
        turn = self._turn_span(marks)
        turn.attributes.update(attributes)
        turn.error = type(error).__name__ if error else ""
        for span in self._of_turn(marks):
            self._place(span, turn)
        self._place_discarded(self._at(marks.at[Mark.TURN_ENDED]))
        for name, (start, ends) in PHASES.items():
            self._send_phase(name, marks.at.get(start), _first(marks, ends), turn)
        self._send(turn)

    def ended(self, ending: str) -> None:
        """The call is over; what is still open is closed."""
        now = self._at()
        for span in list(self._requests):
            span.end = span.end or now
            self._place(span, self._call)
        self._call.attributes["voicebot.ending"] = ending
        self._call.end = now
        self._send(self._call)

    def _turn_span(self, marks: Marks) -> Span:
        times = marks.at.values()
        turn = Span("turn", self._call.trace, self._at(min(times)), self._call.id)
        turn.end = self._at(max(times))
        turn.events = [(mark.value, self._at(when)) for mark, when in marks.at.items()]
        for name, seconds in marks.intervals().items():
            turn.attributes[f"voicebot.interval.{name}"] = round(seconds, 4)
        return turn

    def _of_turn(self, marks: Marks) -> list[Span]:
        """
        The requests of the reply that was just said.

        The model is asked in the same step of the same task as the mark ASKED is made, so the
        first request after that mark is the turn's; all that its task asked for belongs to it.
        Words of our own (a phrase, a question, a filler) ask no model; they are made after the
        turn is ours.
        """
        ours = self._at(marks.at[Mark.TURN_ENDED])
        over = self._at(max(marks.at[each] for each in ENDS if each in marks.at))
        unplaced = [span for span in self._requests if not span.parent]
        asked = [span for span in unplaced if span.name == "llm"]
        answering = {span.task for span in asked}
        since = self._at(marks.at[Mark.ASKED]) if Mark.ASKED in marks.at else over
        wanted = next((span.task for span in asked if span.start >= since), None)
        return [
            span
            for span in unplaced
            if (span.task is wanted if span.task in answering else ours <= span.start <= over)
        ]

    def _place_discarded(self, before: int) -> None:
        """Answers begun before this turn was ours, and not said in it, are said in none."""
        for span in [each for each in self._requests if not each.parent and each.start < before]:
            span.attributes["voicebot.discarded"] = True
            self._place(span, self._call)

    def _place(self, span: Span, within: Span) -> None:
        span.parent = span.parent or within.id
        self._send_when_known(span)

    def _send_when_known(self, span: Span) -> None:
        if span.end and span.parent and span in self._requests:
            self._requests.remove(span)
            span.task = None
            self._send(span)

    def _send_phase(self, name: str, start: float | None, end: float | None, turn: Span) -> None:
        if start is not None and end is not None and start <= end:
            self._send(Span(name, turn.trace, self._at(start), turn.id, self._at(end)))

    def _at(self, when: float | None = None) -> int:
        """Nanoseconds since 1970 of this time of the loop, or of now."""
        return self._zero + _nanoseconds(self._now() if when is None else when)


def _first(marks: Marks, names: tuple[Mark, ...]) -> float | None:
    return next((marks.at[name] for name in names if name in marks.at), None)


def _nanoseconds(seconds: float) -> int:
    return round(seconds * 1e9)
