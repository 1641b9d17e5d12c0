"""Takes the caller's trace over from a request (`traceparent`, `tracestate`), so that what it starts belongs to it."""

from collections.abc import Callable

from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from common.log_context import bound
from orchestration.tracing.switch import is_on

CARRIED = ("traceparent", "tracestate")


class TraceContextMiddleware:
    """Leaves a span alone that is current already: the installation traces its requests itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if not is_on():
            raise MiddlewareNotUsed
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        from opentelemetry import context, trace
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        current = trace.get_current_span()
        if current.get_span_context().is_valid or CARRIED[0] not in request.headers:
            return self._get_response(request)
        carried = {name: request.headers[name] for name in CARRIED if name in request.headers}
        extracted = TraceContextTextMapPropagator().extract(carried)
        found = trace.get_current_span(extracted).get_span_context()
        if not found.is_valid:
            return self._get_response(request)
        token = context.attach(extracted)
        try:
            with bound(trace_id=f"{found.trace_id:032x}"):
                return self._get_response(request)
        finally:
            context.detach(token)
