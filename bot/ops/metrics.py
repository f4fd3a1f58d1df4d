"""The bot's Prometheus metrics: what is counted, and in which buckets."""

from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SPEECH = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
"""Seconds: finer where a caller hears the difference."""
CLOCK = (0.001, 0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.5, 1.0)
"""Seconds of lateness; a frame lasts 0.02."""
CALLS = (5, 15, 30, 60, 120, 300, 600, 1200, 3600)


class Metrics:
    """All metrics of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self._active = Gauge("voicebot_calls_active", "Calls that are up", registry=registry)
        self._calls = Counter(
            "voicebot_calls", "Calls that ended, by how", ["ending"], registry=registry
        )
        self._length = Histogram(
            "voicebot_call_seconds", "Length of calls", buckets=CALLS, registry=registry
        )
        self._refusals = Counter(
            "voicebot_refusals", "Calls turned away, by reason", ["reason"], registry=registry
        )
        self._turns = Counter(
            "voicebot_turns", "Our replies, and whether they were cut", ["cut"], registry=registry
        )
        self._intervals = Histogram(
            "voicebot_turn_interval_seconds",
            "Intervals of a turn, by name (see docs/operating.md)",
            ["interval"],
            buckets=SPEECH,
            registry=registry,
        )
        self._actions = Counter(
            "voicebot_turn_actions",
            "What turn-taking did (see docs/turn-taking.md)",
            ["action"],
            registry=registry,
        )
        self._discarded = Counter(
            "voicebot_tokens_discarded",
            "Pieces of text from the model for answers begun early, and not wanted",
            registry=registry,
        )
        self._errors = Counter(
            "voicebot_service_errors",
            "Failures of services",
            ["service", "kind"],
            registry=registry,
        )
        self._digits = Counter("voicebot_digits", "Keys pressed", registry=registry)
        late = Histogram(
            "voicebot_playout_late_seconds",
            "How late frames left for callers",
            buckets=CLOCK,
            registry=registry,
        )
        self.frame_late = late.observe
        self._lag = Histogram(
            "voicebot_loop_lag_seconds",
            "How late the event loop woke",
            buckets=CLOCK,
            registry=registry,
        )
        self._dropped = Counter(
            "voicebot_frames_dropped",
            "Frames dropped: stale ones of callers (in), ones that Asterisk did not take (out)",
            ["direction"],
            registry=registry,
        )
        self._speech = Counter(
            "voicebot_speech_memory",
            "Sentences to say, and whether their speech was there: hit, disk, miss",
            ["result"],
            registry=registry,
        )
        self._speech_bytes = Gauge(
            "voicebot_speech_memory_bytes", "Speech that is remembered", registry=registry
        )

    def call_began(self) -> None:
        """A call is up."""
        self._active.inc()

    def call_ended(self, ending: str, seconds: float, dropped_in: int, dropped_out: int) -> None:
        """A call is over."""
        self._active.dec()
        self._calls.labels(ending).inc()
        self._length.observe(seconds)
        self._dropped.labels("in").inc(dropped_in)
        self._dropped.labels("out").inc(dropped_out)

    def refused(self, reason: str) -> None:
        """A call was turned away."""
        self._refusals.labels(reason).inc()

    def turn(self, cut: bool, intervals: Mapping[str, float]) -> None:
        """A reply of ours ended."""
        self._turns.labels("yes" if cut else "no").inc()
        for name, seconds in intervals.items():
            self._intervals.labels(name).observe(seconds)

    def turn_action(self, action: str) -> None:
        """The turn policy lowered our voice, fell silent, went on, began early and so on."""
        self._actions.labels(action).inc()

    def tokens_discarded(self, tokens: int) -> None:
        """An answer that was begun early was not wanted."""
        self._discarded.inc(tokens)

    def service_error(self, service: str, kind: str) -> None:
        """A service let us down."""
        self._errors.labels(service, kind).inc()

    def digit(self) -> None:
        """A key was pressed."""
        self._digits.inc()

    def loop_lag(self, seconds: float) -> None:
        """The event loop woke this much too late."""
        self._lag.observe(seconds)

    def speech_memory(self, result: str) -> None:
        """Speech was wanted: it was in memory ("hit"), on disk, or had to be made ("miss")."""
        self._speech.labels(result).inc()

    def watch_speech_memory(self, size: Callable[[], float]) -> None:
        """`size` says how many bytes of speech are remembered."""
        self._speech_bytes.set_function(size)

    def page(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry)
