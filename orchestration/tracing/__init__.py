"""Traces of executions by OpenTelemetry, for installations that name a collector (docs/tracing.md).

What the engine, the providers and the web process call. Each goes on to a module that imports OpenTelemetry, but only
when tracing is on; off, it costs one look at a flag. Where spans are sent is in
`provider`, what they say in `attempts`, `executions` and `model_calls`, which identifiers they have in `identifiers`.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final
from uuid import UUID

from django.conf import settings

from orchestration.engine.outcomes import Claim, Claimant, Outcome
from orchestration.tracing.switch import is_on

Report = Callable[[Outcome, bool], None]
"""Says how an attempt ended, and whether that still counted."""


def _say_nothing(outcome: Outcome, accepted: bool) -> None:
    """An attempt nobody traces."""


_NOT_TRACED: Final = nullcontext(_say_nothing)


def context_of_new(execution_id: UUID, pipeline: str) -> str:
    """The `traceparent` to keep with a new execution: the caller's, or its own when nobody traces the call."""
    if not is_on():
        return ""
    from orchestration.tracing.executions import context_of_new as found

    return found(execution_id, pipeline)


def attempt(claim: Claim, claimant: Claimant) -> AbstractContextManager[Report]:
    """Inside, an attempt is made: its span, in the trace of its execution. The value is to be told how it ended."""
    if not is_on():
        return _NOT_TRACED
    from orchestration.tracing.attempts import traced

    return traced(claim, claimant)


def model_call(service: str, url: str, model: str, options: Mapping[str, Any]) -> AbstractContextManager[Any]:
    """Inside, a hosted model is asked. The value, None when off, has `headers` and takes what is `answered`."""
    if not is_on():
        return nullcontext()
    from orchestration.tracing.model_calls import traced

    return traced(service, url, model, options)


def address_of(trace_id: str) -> str:
    """Where people see a trace (TRACING_URL); empty when nobody said."""
    template: str = settings.ORCHESTRATION.tracing_url
    return template.replace("{trace_id}", trace_id) if trace_id else ""
