"""How spans leave: a queue, a thread, and a real OTLP receiver on loopback."""

import asyncio
import sys
import threading
from collections import Counter

import pytest
from structlog.testing import capture_logs

from bot.config import TraceSettings
from bot.core.errors import ConfigError
from bot.ops import outbox
from bot.ops.outbox import Traces, open_traces
from bot.ops.traces import Span
from tests.ops.collector import Collector, attributes, collecting

pytestmark = pytest.mark.real_time

pytest.importorskip("opentelemetry.sdk")


class Counted(Counter):
    """Hears what became of spans."""

    def __call__(self, result, number):
        """Count."""
        self[result] += number


class Slow:
    """A delivery that waits until it is told to go on."""

    def __init__(self):
        self.go, self.taken, self.given_up = threading.Event(), [], False

    def deliver(self, spans):
        """Wait."""
        self.go.wait(5)
        self.taken.extend(spans)
        return True

    def give_up(self):
        """Note it."""
        self.given_up = True


def spans(number, **more):
    """That many."""
    return [Span("llm", 7, 1_000, 2, 2_000, **more) for _ in range(number)]


async def test_spans_arrive_as_they_were_made():
    """Ids, parent, times, kind, attributes, events and the kind of an error, byte for byte."""
    collector, told = Collector(), Counted()
    made = Span("llm", 2**127 + 1, 1_795_000_000_123_456_789, 2**63 + 3, 1_795_000_001_000_000_000)
    made.client, made.error = True, "ServiceTimeout"
    made.attributes = {"voicebot.outcome": "timeout", "voicebot.letters": 3}
    made.events = [("first_piece", 1_795_000_000_500_000_000)]
    async with collecting(collector) as address:
        headers = {"authorization": "Bearer k"}
        traces = open_traces(TraceSettings(endpoint=address, headers=headers), told)
        traces._send(made)
        await asyncio.to_thread(traces.close)
    [(resource, [span])] = collector.batches()
    assert resource["service.name"] == "voicebot"
    assert collector.headers[0]["authorization"] == "Bearer k"
    assert int.from_bytes(span.trace_id) == made.trace
    assert int.from_bytes(span.span_id) == made.id
    assert int.from_bytes(span.parent_span_id) == made.parent
    assert (span.start_time_unix_nano, span.end_time_unix_nano) == (made.start, made.end)
    assert span.kind == span.SPAN_KIND_CLIENT
    assert attributes(span) == {**made.attributes, "error.type": "ServiceTimeout"}
    assert [(e.name, e.time_unix_nano) for e in span.events] == made.events
    assert span.status.code == span.status.STATUS_CODE_ERROR
    assert told == {"delivered": 1}


async def test_a_call_has_no_parent():
    """It is the root of its trace, and the work of a server."""
    collector = Collector()
    async with collecting(collector) as address:
        traces = open_traces(TraceSettings(endpoint=address + "/"), Counted())
        traces.call({"voicebot.call_id": "c"}).ended("hang_up")
        await asyncio.to_thread(traces.close)
    [span] = collector.spans()
    assert (span.name, span.parent_span_id, span.kind) == ("call", b"", span.SPAN_KIND_SERVER)
    assert attributes(span) == {"voicebot.call_id": "c", "voicebot.ending": "hang_up"}


async def test_what_finds_no_room_is_dropped_and_counted():
    """The loop never waits for a collector that is slow."""
    slow, told = Slow(), Counted()
    traces = Traces(TraceSettings(endpoint="http://x", queue=10), slow, told)
    for span in spans(100):
        traces._send(span)
    slow.go.set()
    await asyncio.to_thread(traces.close)
    assert told["dropped"] + told["delivered"] == 100
    assert len(slow.taken) == told["delivered"] <= 20
    assert slow.given_up


async def test_the_end_does_not_wait_for_a_collector_that_hangs(monkeypatch):
    """After its grace the delivery is given up."""
    monkeypatch.setattr(outbox, "GRACE", 0.05)
    slow = Slow()
    traces = Traces(TraceSettings(endpoint="http://x"), slow, Counted())
    traces._send(spans(1)[0])
    await asyncio.to_thread(traces.close)
    assert slow.given_up and not slow.taken
    slow.go.set()
    traces._thread.join()


async def test_a_collector_that_refuses_is_complained_of_once(monkeypatch):
    """One line when it begins to fail, one when it takes spans again; the failures are counted."""
    monkeypatch.setattr(outbox, "GATHER", 0.01)
    collector, told = Collector(status=401), Counted()
    with capture_logs() as logs:
        async with collecting(collector) as address:
            traces = open_traces(TraceSettings(endpoint=address), told)
            for number in range(1, 4):
                traces._send(spans(1)[0])
                await _eventually(lambda n=number: told["failed"] == n)
            collector.status = 200
            traces._send(spans(1)[0])
            await _eventually(lambda: told["delivered"] == 1)
            await asyncio.to_thread(traces.close)
    assert [line["event"] for line in logs] == ["traces not delivered", "traces delivered again"]
    assert "401" in logs[0]["error"]
    assert logs[0]["remedy"] == "trace.endpoint"


async def test_only_the_share_that_is_asked_for_is_traced(monkeypatch):
    """A call is traced whole or not at all."""
    traces = Traces(TraceSettings(endpoint="http://x", sample=0.25), Slow(), Counted())
    for dice, traced in ((0.0, True), (0.249, True), (0.25, False), (0.99, False)):
        monkeypatch.setattr("bot.ops.outbox.random.random", lambda dice=dice: dice)
        assert (traces.call({}) is not None) is traced
    traces.close()


def test_without_an_endpoint_there_are_no_traces():
    """Nothing is imported, no thread runs."""
    assert open_traces(TraceSettings(), Counted()) is None


def test_missing_packages_are_named_with_the_remedy(monkeypatch):
    """The extra that brings them, and the setting that does without."""
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    monkeypatch.delitem(sys.modules, "bot.ops.otlp", raising=False)
    with pytest.raises(ConfigError, match=r"voicebot\[otel\].*BOT_TRACE__ENDPOINT"):
        open_traces(TraceSettings(endpoint="http://x"), Counted())


@pytest.mark.parametrize("wrong", ["collector:4318", "grpc://x", "http://x/?a=1", "http:// x"])
def test_an_endpoint_is_an_http_address(wrong):
    """Anything else stops the start."""
    with pytest.raises(ValueError, match="endpoint"):
        TraceSettings(endpoint=wrong)


async def _eventually(true):
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.01)
