"""Attempts: how they ended, how long they took and had waited, retries, failures by code, tokens, cost, models."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Case, Exists, F, FloatField, OuterRef, When
from django.db.models.fields.json import KeyTextTransform

from monitoring.metrics.collector import Collector
from monitoring.metrics.families import Labels
from monitoring.metrics.versions import Versions
from orchestration.models import TaskAttempt
from orchestration.selectors.elapsed import Seconds
from orchestration.states import AttemptStatus, TaskRunStatus

CHUNK = 5_000
FAILED = frozenset({AttemptStatus.FAILED, AttemptStatus.TIMED_OUT, AttemptStatus.CRASHED})
ENDED_BY_AN_ATTEMPT = (TaskRunStatus.COMPLETED, TaskRunStatus.FAILED, TaskRunStatus.TIMED_OUT)

CACHE_OUTCOMES = ("hit", "miss")
"""A task that bypasses the cache was not looked up."""

UNAVAILABLE = frozenset({
    "model_unavailable",
    "unknown_model",
    "rate_limited",
    "quota_exceeded",
    "authentication_failed",
    "model_not_found",
    "model_timeout",
    "connection_failed",
    "service_unavailable",
    "server_error",
})  # fmt: skip
"""Codes of errors (`orchestration.selectors.hints`) that mean: the model could not be had."""


def report_attempts(start: datetime, end: datetime, into: Collector) -> int:
    """Everything about attempts, in the minute of their end."""
    versions, number = Versions(), 0
    for finished, started, status, version, pipeline, task, model, code, usage, cached, is_retry, waited in _rows(
        start, end
    ):
        number += 1
        if not versions[version].is_monitored:
            continue
        labels, failed, completed = Labels(pipeline, task, model), status in FAILED, status == AttemptStatus.COMPLETED
        attempts = into.at("attempts", finished, labels)
        attempts.tally(ok=completed, error=failed)
        attempts.add_value((finished - started).total_seconds())
        if waited is not None:
            queue = into.at("queue", finished, labels)
            queue.tally()
            queue.add_value(waited)
        if is_retry:
            into.at("retries", finished, labels).tally()
        if failed:
            into.at("failures", finished, Labels(pipeline, task, detail=(code or "unknown")[:200])).tally()
        if model:
            unavailable = failed and code in UNAVAILABLE
            judged = completed or (failed and status != AttemptStatus.CRASHED)
            calls = into.at("model_calls", finished, Labels(model=model))
            calls.tally(ok=judged and not unavailable, error=unavailable)
        if cached in CACHE_OUTCOMES:
            into.at("cache", finished, labels).tally(ok=cached == "hit", error=cached == "miss")
        if usage:
            _report_usage(finished, labels, usage, into)
    return number


def _rows(start: datetime, end: datetime) -> Iterable[Any]:
    earlier = TaskAttempt.objects.filter(
        task_run=OuterRef("task_run"),
        token__lt=OuterRef("token"),
        status__in=(AttemptStatus.FAILED, AttemptStatus.TIMED_OUT),
    )
    # How long it had waited is known of the attempt that ended its task run, and stays so; `queued_at` of others is
    # overwritten by the next try.
    waited = Case(
        When(
            task_run__status__in=ENDED_BY_AN_ATTEMPT,
            task_run__token=F("token"),
            then=Seconds("started_at", "task_run__queued_at"),
        ),
        output_field=FloatField(null=True),
    )
    rows = TaskAttempt.objects.filter(finished_at__gte=start, finished_at__lt=end).order_by()
    return rows.values_list(
        "finished_at",
        "started_at",
        "status",
        "task_run__execution__version_id",
        "task_run__execution__pipeline_id",
        "task_run__name",
        "model",
        KeyTextTransform("code", "error"),
        "usage",
        KeyTextTransform("outcome", "cache"),
        Exists(earlier),
        waited,
    ).iterator(chunk_size=CHUNK)


def _report_usage(at: datetime, labels: Labels, usage: dict[str, Any], into: Collector) -> None:
    """Handlers may note anything; only numbers are counted. A price that is not known is not 0."""
    for kind in ("input_tokens", "output_tokens"):
        if (tokens := _number(usage.get(kind))) is not None:
            summary = into.at(kind, at, labels)
            summary.tally()
            summary.add_amount(tokens)
    cost = _number(usage.get("cost_microusd"))
    if cost is not None or "requests" in usage:
        summary = into.at("cost", at, labels)
        summary.tally(ok=cost is not None, error=cost is None)
        summary.add_amount(cost or 0.0)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0 else None
