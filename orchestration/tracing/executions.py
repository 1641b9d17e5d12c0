"""The span of an execution: its identifiers are known from the start, and it is sent when the execution has ended.

By the process that recorded the end, from the rows; and with it what no process could tell itself: attempts whose
worker was lost, and waits for people. Only `execution_changed` leads here, so a process that is killed between the
commit and the sending costs a trace its first span, and the work nothing.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from opentelemetry import trace
from opentelemetry.trace import Link, Status, StatusCode

from orchestration.models import Execution, TaskAttempt, TaskRun
from orchestration.states import AttemptStatus, ExecutionStatus
from orchestration.tracing.attempts import (
    attempt_context,
    attributes_of,
    context_of,
    name_of,
    note_error,
    note_model,
)
from orchestration.tracing.identifiers import TraceContext, execution_span_id, own_context
from orchestration.tracing.provider import is_sampled, remote, start_span

MOST_LOST = 500
"""Attempts and reviews of one execution that are told of."""
_LARGE = ("input", "output", "version__definition", "rerun_of__input", "rerun_of__output")
_ATTEMPT = ("task_run_id", "task_run__name", "token", "status", "worker", "model", "error", "started_at", "finished_at")
_REVIEW = ("id", "name", "review_id", "review__status", "review__created_at", "review__closed_at")


def context_of_new(execution_id: UUID, pipeline: str) -> str:
    """See `orchestration.tracing.context_of_new`."""
    caller = trace.get_current_span().get_span_context()
    if caller.is_valid:
        return str(TraceContext(caller.trace_id, caller.span_id, caller.trace_flags.sampled))
    return str(own_context(execution_id, is_sampled=is_sampled(execution_id.int, name_of(pipeline))))


def tell_of_end(*, execution_id: UUID, status: str, **_: Any) -> None:
    """A receiver of `execution_changed`."""
    if not ExecutionStatus(status).is_terminal:
        return
    rows = Execution.objects.select_related("rerun_of", "version").defer(*_LARGE)
    execution = rows.filter(pk=execution_id).first()
    if execution is None:
        return
    context = context_of(execution.pk, execution.traceparent, execution.pipeline_id)
    if context.is_sampled:
        _tell_of_execution(execution, context)
        _tell_of_lost_attempts(execution, context)
        _tell_of_reviews(execution, context)


def _tell_of_execution(execution: Execution, context: TraceContext) -> None:
    said = {
        "orchestration.execution.id": str(execution.pk),
        "orchestration.pipeline": execution.pipeline_id,
        "orchestration.pipeline.version": execution.version.number,
        "orchestration.outcome": execution.status,
        "orchestration.trigger": execution.trigger,
    }
    span = start_span(
        context,
        name_of(execution.pipeline_id),
        parent=_caller(execution),
        start_time=_nanoseconds(execution.created_at),
        links=list(_repeated(execution)),
        attributes=said,
    )
    if execution.error:
        note_error(span, execution.error)
    elif execution.status in (ExecutionStatus.FAILED, ExecutionStatus.TIMED_OUT):
        span.set_status(Status(StatusCode.ERROR, execution.status))
    span.end(_nanoseconds(execution.finished_at))


def _caller(execution: Execution) -> TraceContext | None:
    kept = TraceContext.parse(execution.traceparent) if execution.traceparent else None
    return kept if kept and kept.span_id != execution_span_id(execution.pk) else None


def _repeated(execution: Execution) -> Iterator[Link]:
    if (source := execution.rerun_of) is not None and source.traceparent:
        yield Link(remote(context_of(source.pk, source.traceparent, source.pipeline_id)))


def _tell_of_lost_attempts(execution: Execution, context: TraceContext) -> None:
    """Crashed, handed back, or stopped past their deadline: their worker could not send their span."""
    ended = TaskAttempt.objects.filter(
        task_run__execution=execution,
        status__in=(AttemptStatus.CRASHED, AttemptStatus.HANDED_BACK, AttemptStatus.TIMED_OUT),
    )
    for task_run, task, token, status, worker, model, error, started, finished in ended.values_list(*_ATTEMPT)[
        :MOST_LOST
    ]:
        if error and "type" in error:  # described by the worker itself, from an exception: it sent the span, too
            continue
        said = attributes_of(execution.pk, execution.pipeline_id, task, worker=worker, outcome=status)
        span = start_span(
            attempt_context(context, execution.pk, task_run, token),
            f"task {task}",
            parent=context,
            start_time=_nanoseconds(started),
            attributes=said,
        )
        note_model(span, model)
        if error:
            note_error(span, error)
        span.end(_nanoseconds(finished))


def _tell_of_reviews(execution: Execution, context: TraceContext) -> None:
    """The wait for a person, linked to the attempt whose result they saw."""
    waited = TaskRun.objects.filter(execution=execution, review__isnull=False).order_by("position")
    for task_run, task, review, status, opened, closed in waited.values_list(*_REVIEW)[:MOST_LOST]:
        asked = TaskAttempt.objects.filter(task_run=task_run, finished_at__lte=opened).order_by("-token")
        token = asked.values_list("token", flat=True).first()
        links = [] if token is None else [Link(remote(attempt_context(context, execution.pk, task_run, token)))]
        span = start_span(
            TraceContext(context.trace_id, review.int & ((1 << 64) - 1), True),
            f"review of {task}",
            parent=context,
            start_time=_nanoseconds(opened),
            links=links,
            attributes=attributes_of(
                execution.pk, execution.pipeline_id, task, **{"review.id": str(review), "outcome": status}
            ),
        )
        span.end(_nanoseconds(closed or execution.finished_at))


def _nanoseconds(at: datetime | None) -> int | None:
    return None if at is None else int(at.timestamp() * 1_000_000) * 1_000
