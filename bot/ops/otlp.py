"""
Our spans as OpenTelemetry's, delivered by OTLP over HTTP. Needs the packages of the extra `otel`.

The SDK makes a span's id when the span begins; ours begin earlier, when a service is told the id.
So spans are begun and ended here, after the fact, with our times and ids. Attributes of the
resource come from OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME too. This takes a quarter of a
second to import.
"""

import logging
from collections.abc import Sequence
from typing import Final

import structlog
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http import trace_exporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)

from bot import __version__
from bot.config import TraceSettings
from bot.ops.traces import Span

PATH: Final = "/v1/traces"
"""Of the OTLP specification, after the collector's address."""

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class OtlpDelivery:
    """The `Delivery` to one collector. Used by one thread."""

    def __init__(self, settings: TraceSettings) -> None:
        self._endpoint = settings.endpoint.rstrip("/") + PATH
        self._ids = _Ids()
        self._made = _Made()
        resource = Resource.create({"service.name": "voicebot", "service.version": __version__})
        provider = TracerProvider(
            sampler=ALWAYS_ON, resource=resource, id_generator=self._ids, shutdown_on_exit=False
        )
        provider.add_span_processor(self._made)
        self._tracer = provider.get_tracer("voicebot", __version__)
        self._exporter = OTLPSpanExporter(
            endpoint=self._endpoint,
            headers={name: value.get_secret_value() for name, value in settings.headers.items()},
            timeout=settings.timeout,
        )
        self._complaints = _Complaints()
        logging.getLogger(trace_exporter.__name__).addFilter(self._complaints)
        self._failing = False

    def deliver(self, spans: Sequence[Span]) -> bool:
        """Send them; the first failure and the first success after it are logged."""
        for span in spans:
            self._translate(span)
        good = self._exporter.export(self._made.taken()) is SpanExportResult.SUCCESS
        if not good and not self._failing:
            why = self._complaints.last
            log.warning(
                "traces not delivered", error=why, remedy="trace.endpoint", to=self._endpoint
            )
        elif good and self._failing:
            log.info("traces delivered again", to=self._endpoint)
        self._failing = not good
        return good

    def give_up(self) -> None:
        """End a delivery that still tries."""
        self._exporter.shutdown()  # type: ignore[no-untyped-call]
        logging.getLogger(trace_exporter.__name__).removeFilter(self._complaints)

    def _translate(self, span: Span) -> None:
        self._ids.trace, self._ids.span = span.trace, span.id
        made = self._tracer.start_span(
            span.name, _within(span), _kind(span), span.attributes, start_time=span.start
        )
        for name, when in span.events:
            made.add_event(name, timestamp=when)
        if span.error:
            made.set_attribute("error.type", span.error)
            made.set_status(Status(StatusCode.ERROR))
        made.end(span.end)


def _kind(span: Span) -> SpanKind:
    if span.client:
        return SpanKind.CLIENT
    return SpanKind.INTERNAL if span.parent else SpanKind.SERVER


def _within(span: Span) -> Context:
    """A context with the span's parent; an empty one for a call."""
    if not span.parent:
        return Context()
    flags = TraceFlags(TraceFlags.SAMPLED)
    parent = SpanContext(span.trace, span.parent, is_remote=False, trace_flags=flags)
    return set_span_in_context(NonRecordingSpan(parent), Context())


class _Ids(IdGenerator):
    """Gives out the ids that we have made already."""

    trace = span = 1

    def generate_trace_id(self) -> int:
        return self.trace

    def generate_span_id(self) -> int:
        return self.span


class _Made(SpanProcessor):
    """Keeps the spans that have ended."""

    def __init__(self) -> None:
        self._spans: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        self._spans.append(span)

    def taken(self) -> list[ReadableSpan]:
        """The spans; they are not kept any more."""
        spans, self._spans = self._spans, []
        return spans


class _Complaints(logging.Filter):
    """Keeps the exporter's last complaint, instead of a log line for each of its tries."""

    last = ""

    def filter(self, record: logging.LogRecord) -> bool:
        self.last = record.getMessage()
        return False
