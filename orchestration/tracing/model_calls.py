"""The span of one request to a hosted model, in the words of OpenTelemetry's GenAI conventions
(https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/).

Never prompts, answers or keys: those are in the rows, for those who may see them.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from pydantic_ai.messages import ModelResponse

from orchestration.exceptions import TaskError
from orchestration.tracing.provider import SERVICE, provider

OPTIONS = {
    "max_tokens": "max_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "stop_sequences": "stop_sequences",
}


@dataclass(frozen=True, slots=True)
class ModelCall:
    """`headers` carry the trace on to whoever answers."""

    span: Span
    headers: Mapping[str, str]

    def answered(self, response: ModelResponse) -> None:
        said: dict[str, Any] = {
            "gen_ai.response.model": response.model_name,
            "gen_ai.response.id": response.provider_response_id,
        }
        if response.finish_reason:
            said["gen_ai.response.finish_reasons"] = [response.finish_reason]
        if not response.usage.unmeasured_requests:
            said["gen_ai.usage.input_tokens"] = response.usage.input_tokens
            said["gen_ai.usage.output_tokens"] = response.usage.output_tokens
        self.span.set_attributes({name: value for name, value in said.items() if value is not None})


@contextmanager
def traced(service: str, url: str, model: str, options: Mapping[str, Any]) -> Iterator[ModelCall]:
    """See `orchestration.tracing.model_call`."""
    address = urlsplit(url)
    said: dict[str, Any] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": service,
        "gen_ai.request.model": model,
        "server.address": address.hostname or "",
        "server.port": address.port or {"https": 443}.get(address.scheme, 80),
        **{f"gen_ai.request.{name}": options[key] for key, name in OPTIONS.items() if key in options},
    }
    tracer, kind = provider().get_tracer(SERVICE), SpanKind.CLIENT
    with tracer.start_as_current_span(
        f"chat {model}", kind=kind, attributes=said, record_exception=False, set_status_on_exception=False
    ) as span:
        headers: dict[str, str] = {}
        TraceContextTextMapPropagator().inject(headers)
        try:
            yield ModelCall(span, headers)
        except TaskError as error:
            span.set_attribute("error.type", error.code)
            span.set_status(Status(StatusCode.ERROR, str(error)))
            raise
