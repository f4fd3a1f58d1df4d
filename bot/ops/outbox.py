"""
How spans leave the event loop: into a bounded queue, from which a thread delivers them.

A collector that is slow or down costs spans, which are counted, and never a caller's sound.
"""

import queue
import random
import threading
from collections.abc import Callable, Mapping, Sequence
from time import perf_counter
from typing import Final, Protocol

from bot.config import TraceSettings
from bot.core.errors import ConfigError
from bot.ops.traces import CallTrace, Span, Value

BATCH: Final = 64
"""Spans in one delivery. To translate and encode one takes 70 us, in which the event loop may wait
for the interpreter: more at once could be heard."""
GATHER: Final = 1.0
"""Seconds for which the first span of a delivery waits for others."""
GRACE: Final = 3.0
"""Seconds that the last deliveries get when the program ends."""

Told = Callable[[str, int], None]
"""Hears how many spans were "delivered", "failed" or "dropped", from any thread."""


class Delivery(Protocol):
    """The way to the collector. Production: otlp.py."""

    def deliver(self, spans: Sequence[Span]) -> bool:
        """Send them; return whether they were taken. Blocks; never raises for the network."""

    def give_up(self) -> None:
        """End a delivery that still tries."""


def open_traces(settings: TraceSettings, told: Told) -> "Traces | None":
    """
    Traces as the settings want them; None where they are off.

    Raises ConfigError where the packages of the extra `otel` are missing.
    """
    if not settings.endpoint:
        return None
    try:
        from bot.ops.otlp import OtlpDelivery
    except ImportError as error:
        raise ConfigError(
            f"trace.endpoint is set, but the package {error.name} is missing; install"
            " voicebot[otel], or leave BOT_TRACE__ENDPOINT empty"
        ) from error
    return Traces(settings, OtlpDelivery(settings), told)


class Traces:
    """The traces of the process. Its thread delivers them; `close` ends it."""

    def __init__(self, settings: TraceSettings, delivery: Delivery, told: Told) -> None:
        self._sample = settings.sample
        self._delivery = delivery
        self._told = told
        self._waiting: queue.Queue[Span | None] = queue.Queue(settings.queue)
        self._thread = threading.Thread(target=self._deliver_all, name="traces", daemon=True)
        self._thread.start()

    def call(self, attributes: Mapping[str, Value]) -> CallTrace | None:
        """The trace of a call that begins now; None where this call is not traced."""
        if random.random() >= self._sample:
            return None
        return CallTrace(self._send, attributes)

    def close(self) -> None:
        """Deliver what waits, but not for longer than `GRACE`. Blocks: use it in a thread."""
        try:
            self._waiting.put(None, timeout=GRACE)
            self._thread.join(GRACE)
        except queue.Full:
            pass  # the thread is stuck in a delivery
        self._delivery.give_up()

    def _send(self, span: Span) -> None:
        try:
            self._waiting.put_nowait(span)
        except queue.Full:
            self._told("dropped", 1)

    def _deliver_all(self) -> None:
        more = True
        while more:
            spans, more = self._batch()
            if spans:
                self._told("delivered" if self._delivery.deliver(spans) else "failed", len(spans))

    def _batch(self) -> tuple[list[Span], bool]:
        """The next spans, at least one, and whether there will be more."""
        span = self._waiting.get()
        deadline = perf_counter() + GATHER
        spans: list[Span] = []
        while span is not None:
            spans.append(span)
            if len(spans) == BATCH:
                return spans, True
            try:
                span = self._waiting.get(timeout=max(0.0, deadline - perf_counter()))
            except queue.Empty:
                return spans, True
        return spans, False
