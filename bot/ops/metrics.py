"""The bot's Prometheus metrics: who counts what. Their names: metric_names.py."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from itertools import product
from time import perf_counter
from typing import Final, TypeVar

import prometheus_client
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

from bot import __version__
from bot.ops.metric_names import COUNTERS, GAUGES, HISTOGRAMS, Metric

PROCESS: Final = "voicebot"
"""`voicebot_process_...`: processor, memory and files of the process, where the system tells."""

_Kind = TypeVar("_Kind", Counter, Gauge, Histogram)


class Metrics:
    """All metrics of one process, in a registry of their own."""

    def __init__(self) -> None:
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = registry = CollectorRegistry()
        ProcessCollector(namespace=PROCESS, registry=registry)
        self._counters = {
            name: _shown(Counter(name, metric.what, metric.labels, registry=registry), metric)
            for name, metric in COUNTERS.items()
        }
        self._gauges = {
            name: _shown(Gauge(name, metric.what, metric.labels, registry=registry), metric)
            for name, metric in GAUGES.items()
        }
        self._histograms = {name: _histogram(name, registry) for name in HISTOGRAMS}
        self._gauges["voicebot_info"].labels(__version__).set(1)
        self.frame_late = self._histograms["voicebot_playout_late_seconds"].observe
        """Takes how many seconds after its time a frame left. Called for every frame."""

    def call_began(self, profile: str = "default") -> None:
        """A call is up."""
        self._gauges["voicebot_calls_active"].inc()
        self._gauges["voicebot_profile_calls_active"].labels(profile).inc()

    def call_ended(
        self,
        ending: str,
        seconds: float,
        dropped_in: int,
        dropped_out: int,
        profile: str = "default",
    ) -> None:
        """A call is over."""
        self._gauges["voicebot_calls_active"].dec()
        self._gauges["voicebot_profile_calls_active"].labels(profile).dec()
        self._count("voicebot_calls", ending)
        self._histograms["voicebot_call_seconds"].observe(seconds)
        self._count("voicebot_frames_dropped", "in", by=dropped_in)
        self._count("voicebot_frames_dropped", "out", by=dropped_out)

    def refused(self, reason: str) -> None:
        """A call was turned away."""
        self._count("voicebot_refusals", reason)

    def turn(self, cut: bool, intervals: Mapping[str, float]) -> None:
        """A reply of ours ended."""
        self._count("voicebot_turns", "yes" if cut else "no")
        histogram = self._histograms["voicebot_turn_interval_seconds"]
        for name, seconds in intervals.items():
            histogram.labels(name).observe(seconds)

    def turn_action(self, action: str) -> None:
        """The turn policy lowered our voice, fell silent, went on, began early and so on."""
        self._count("voicebot_turn_actions", action)

    def phrase(self, phrase: str) -> None:
        """The bot said a phrase of its own."""
        self._count("voicebot_phrases", phrase)

    def filler(self) -> None:
        """An answer was late, and a filler was said."""
        self._count("voicebot_fillers")

    def tokens_discarded(self, tokens: int) -> None:
        """An answer that was begun early was not wanted."""
        self._count("voicebot_tokens_discarded", by=tokens)

    def service_began(self, service: str) -> None:
        """A service is asked for something."""
        self._gauges["voicebot_service_active"].labels(service).inc()

    def service_ended(self, service: str, outcome: str) -> None:
        """That is over: ok, cancelled, timeout, unavailable or bug."""
        self._gauges["voicebot_service_active"].labels(service).dec()
        self._count("voicebot_service_requests", service, outcome)

    def service_first(self, service: str, seconds: float) -> None:
        """A service began to answer this long after it was asked."""
        self._histograms["voicebot_service_first_seconds"].labels(service).observe(seconds)

    def service_error(self, service: str, kind: str) -> None:
        """A service let us down, and a caller noticed."""
        self._count("voicebot_service_errors", service, kind)

    def guard_refused(self, kind: str) -> None:
        """The guard refused a caller's words, a model's words or a tool."""
        self._count("voicebot_guard_refusals", kind)

    def digit(self) -> None:
        """A key was pressed."""
        self._count("voicebot_digits")

    def loop_lag(self, seconds: float) -> None:
        """The event loop woke this much too late."""
        self._histograms["voicebot_loop_lag_seconds"].observe(seconds)

    def speech_memory(self, result: str) -> None:
        """Speech was wanted: it was in memory ("hit"), on disk, or had to be made ("miss")."""
        self._count("voicebot_speech_memory", result)

    @contextmanager
    def tool(self, name: str) -> Iterator["Outcome"]:
        """The model uses a tool of this name; unless told otherwise, it was interrupted."""
        outcome, began = Outcome(), perf_counter()
        try:
            yield outcome
        finally:
            self._count("voicebot_tool_uses", name, outcome.name)
            self._histograms["voicebot_tool_seconds"].observe(perf_counter() - began)

    def transfer(self, outcome: str) -> None:
        """An agent was told about a call and "accepted" or "refused" it; or "unanswered"."""
        self._count("voicebot_transfers", outcome)

    def outbound(self, outcome: str) -> None:
        """A call that we made came to this, or an order was refused."""
        self._count("voicebot_outbound_calls", outcome)

    def profiles_read(self, result: str) -> None:
        """Changed profiles were read: all are right ("ok"), or some file is "wrong"."""
        self._count("voicebot_profile_reads", result)

    def spans(self, result: str, number: int) -> None:
        """Spans were delivered, failed or dropped. May be called from another thread."""
        self._count("voicebot_spans", result, by=number)

    def records(self, result: str, number: int) -> None:
        """Rows were written, dropped or refused. May be called from another thread."""
        self._count("voicebot_records", result, by=number)

    def webhooks(self, result: str, number: int) -> None:
        """Webhooks were delivered, failed, put aside or dropped. From any thread."""
        self._count("voicebot_webhooks", result, by=number)

    def recordings(self, result: str, number: int) -> None:
        """Recordings were kept or failed, pieces of one dropped. From any thread."""
        self._count("voicebot_recordings", result, by=number)

    def api_answered(self, status: int) -> None:
        """The HTTP API answered with this status."""
        refused = "limited" if status == HTTPStatus.TOO_MANY_REQUESTS else "refused"
        result = "done" if status < 400 else refused if status < 500 else "failed"
        self._count("voicebot_api_requests", result)

    def watch(self, gauge: str, value: Callable[[], float]) -> None:
        """`value` says, whenever the page is asked for, what this gauge shows."""
        self._gauges[gauge].set_function(value)

    def page(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry)

    def _count(self, name: str, *labels: str, by: float = 1) -> None:
        counter = self._counters[name]
        (counter.labels(*labels) if labels else counter).inc(by)


class Outcome:
    """How the use of a tool ended."""

    def __init__(self) -> None:
        self.name = "interrupted"

    def is_(self, name: str) -> None:
        """Note it."""
        self.name = name


def _histogram(name: str, registry: CollectorRegistry) -> Histogram:
    metric = HISTOGRAMS[name]
    made = Histogram(name, metric.what, metric.labels, registry=registry, buckets=metric.buckets)
    return _shown(made, metric)


def _shown(made: _Kind, metric: Metric) -> _Kind:
    """The metric, with every combination of its labels on the page."""
    if metric.labels:
        for values in product(*metric.labels.values()):
            made.labels(*values)
    return made
