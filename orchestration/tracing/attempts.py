"""The span of an attempt: a child of its execution's, current while the handler runs, linked to the attempt before it.

An attempt whose worker is lost cannot report; `executions` tells of it from its row.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any
from uuid import UUID

from opentelemetry import trace
from opentelemetry.trace import Link, Span, Status, StatusCode

from common.log_context import bound
from common.resilience import until_the_database_answers
from orchestration.engine.outcomes import Claim, Claimant, Completed, Failed, Outcome
from orchestration.models import Execution, TaskAttempt
from orchestration.states import AttemptStatus, TaskRunStatus
from orchestration.tracing.identifiers import TraceContext, attempt_span_id, execution_span_id, own_context
from orchestration.tracing.provider import is_sampled, remote, start_span


@contextmanager
def traced(claim: Claim, claimant: Claimant) -> Iterator[Callable[[Outcome, bool], None]]:
    """See `orchestration.tracing.attempt`."""
    execution, pipeline = until_the_database_answers(find_execution, claim.execution_id)
    context = attempt_context(execution, claim.execution_id, claim.task_run_id, claim.token)
    span = start_span(
        context,
        f"task {claim.name}",
        parent=execution,
        links=until_the_database_answers(_earlier, claim, execution),
        attributes=attributes_of(
            claim.execution_id, pipeline, claim.name, attempt=claim.attempt, queue=claim.queue, worker=claimant.name
        ),
    )

    def report(outcome: Outcome, accepted: bool) -> None:
        span.set_attribute("orchestration.outcome", _word(outcome) if accepted else AttemptStatus.DISCARDED)
        note_model(span, outcome.model)
        if isinstance(outcome, Failed):
            note_error(span, outcome.error)
        span.end()

    # One that raises does not end, so it is not sent: the engine records a crash, and that is told from the row.
    current = trace.use_span(span, record_exception=False, set_status_on_exception=False)
    with current, bound(trace_id=f"{context.trace_id:032x}"):
        yield report


@lru_cache(maxsize=1024)
def find_execution(execution_id: UUID) -> tuple[TraceContext, str]:
    """An execution's own span, and its pipeline. Neither ever changes."""
    found = Execution.objects.filter(pk=execution_id).values_list("traceparent", "pipeline_id").first()
    traceparent, pipeline = found or ("", "")
    return context_of(execution_id, traceparent, pipeline), pipeline


def context_of(execution_id: UUID, traceparent: str, pipeline: str) -> TraceContext:
    """The span of an execution, by what its row keeps: nothing when it was written by a process that does not trace."""
    if not traceparent:
        return own_context(execution_id, is_sampled=is_sampled(execution_id.int, name_of(pipeline)))
    kept = TraceContext.parse(traceparent)
    return TraceContext(kept.trace_id, execution_span_id(execution_id), kept.is_sampled)


def attempt_context(execution: TraceContext, execution_id: UUID, task_run_id: int, token: int) -> TraceContext:
    span_id = attempt_span_id(execution_id, task_run_id, token)
    return TraceContext(execution.trace_id, span_id, execution.is_sampled)


def name_of(pipeline: str) -> str:
    """Of an execution's span."""
    return f"pipeline {pipeline}"


def attributes_of(execution_id: UUID, pipeline: str, task: str, **more: Any) -> dict[str, Any]:
    """What every span of a task says."""
    named = {"execution.id": str(execution_id), "pipeline": pipeline, "task": task, **more}
    return {f"orchestration.{name}": value for name, value in named.items()}


def note_model(span: Span, model: str) -> None:
    if model:
        span.set_attribute("orchestration.model", model)


def note_error(span: Span, error: Mapping[str, Any]) -> None:
    """As the row has it: code, message, and the traceback without local variables."""
    span.set_attribute("error.type", error["code"])
    span.set_status(Status(StatusCode.ERROR, error["message"]))
    named = {
        "type": error.get("type", error["code"]),
        "message": error["message"],
        "stacktrace": error.get("traceback"),
    }
    span.add_event("exception", {f"exception.{name}": value for name, value in named.items() if value})


def _earlier(claim: Claim, execution: TraceContext) -> list[Link]:
    """The attempt this one comes after: it failed, was lost, or a person sent its result back."""
    if claim.token <= 1:
        return []
    before = TaskAttempt.objects.filter(task_run=claim.task_run_id, token__lt=claim.token).order_by("-token")
    token = before.values_list("token", flat=True).first()
    if token is None:
        return []
    return [Link(remote(attempt_context(execution, claim.execution_id, claim.task_run_id, token)))]


def _word(outcome: Outcome) -> str:
    if isinstance(outcome, Failed):
        return AttemptStatus.TIMED_OUT if outcome.timed_out else AttemptStatus.FAILED
    return AttemptStatus.COMPLETED if isinstance(outcome, Completed) else TaskRunStatus.WAITING
