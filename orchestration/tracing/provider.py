"""Where spans go: one provider in each process that makes spans, which sends them in batches from a thread of its own.

Its queue is bounded (OTEL_BSP_MAX_QUEUE_SIZE) and drops what does not fit, so a collector that is slow or away costs
the work nothing. A forked child starts a provider of its own: connections and threads do not cross a fork.
"""

import atexit
import logging
import os
import threading
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, TraceFlags

from orchestration.tracing.identifiers import TraceContext

SERVICE = "orchestration"
"""The service's name when OTEL_SERVICE_NAME gives none."""
CLOSING_SECONDS = 2.0
"""What a process that ends gives its last spans."""

logger = logging.getLogger(__name__)
_chosen: "ContextVar[TraceContext | None]" = ContextVar("chosen_identifiers", default=None)


class _Identifiers(RandomIdGenerator):
    """Random ones, but for spans whose identifiers follow from rows."""

    def generate_span_id(self) -> int:
        chosen = _chosen.get()
        return chosen.span_id if chosen else super().generate_span_id()

    def generate_trace_id(self) -> int:
        chosen = _chosen.get()
        return chosen.trace_id if chosen else super().generate_trace_id()


def start_span(context: TraceContext, name: str, *, parent: TraceContext | None, **options: Any) -> Span:
    """Start the span that `context` names; `options` are those of OpenTelemetry's `start_span`."""
    token = _chosen.set(context)
    try:
        within = trace.set_span_in_context(NonRecordingSpan(remote(parent)) if parent else trace.INVALID_SPAN)
        return provider().get_tracer(SERVICE).start_span(name, within, **options)
    finally:
        _chosen.reset(token)


def remote(context: TraceContext) -> SpanContext:
    """A span that another process made, or will make."""
    return SpanContext(context.trace_id, context.span_id, True, TraceFlags(int(context.is_sampled)))


def is_sampled(trace_id: int, name: str) -> bool:
    """What the sampler (OTEL_TRACES_SAMPLER) says of a trace that begins here."""
    return provider().sampler.should_sample(None, trace_id, name).decision is Decision.RECORD_AND_SAMPLE


def provider() -> TracerProvider:
    """This process's; started when first asked for."""
    with _starting:
        if not _started:
            _started.append(_start())
        return _started[0]


def close() -> None:
    """Send what is left, if that does not take long; a process that ends calls it."""
    if _started:
        thread = threading.Thread(target=_started[0].shutdown, name="orchestration-tracing-end", daemon=True)
        thread.start()
        thread.join(CLOSING_SECONDS)


def _start() -> TracerProvider:
    # Given here, a service's name would win over the environment's.
    named = {} if _is_named(os.environ) else {SERVICE_NAME: SERVICE}
    started = TracerProvider(resource=Resource.create(named), id_generator=_Identifiers(), shutdown_on_exit=False)
    try:
        started.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    except Exception:  # bad values of OTEL_* variables raise all kinds
        logger.exception("no spans are sent: the OTEL_* variables do not make an exporter")
    if isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        trace.set_tracer_provider(started)  # for spans that handlers and their libraries make
    atexit.register(close)
    return started


def _is_named(environ: Mapping[str, str]) -> bool:
    return bool(environ.get("OTEL_SERVICE_NAME")) or f"{SERVICE_NAME}=" in environ.get("OTEL_RESOURCE_ATTRIBUTES", "")


def _forget() -> None:
    """In a forked child: the parent's provider is not ours, and its lock may be held for ever."""
    global _starting
    _starting = threading.Lock()
    _started.clear()


_starting = threading.Lock()
_started: list[TracerProvider] = []
os.register_at_fork(after_in_child=_forget)
