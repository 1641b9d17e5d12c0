"""Executions: submitted, ended, how long they took, whether they kept their service level."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from monitoring.metrics.collector import Collector
from monitoring.metrics.families import Labels
from monitoring.metrics.versions import Versions
from orchestration.models import Execution, TaskRun
from orchestration.states import ExecutionStatus

CHUNK = 5_000
FAILED = (ExecutionStatus.FAILED, ExecutionStatus.TIMED_OUT)


def report_ended(start: datetime, end: datetime, into: Collector) -> int:
    """`executions`, `execution_wait` and `sla`, in the minute of the end."""
    rows = Execution.objects.filter(finished_at__gte=start, finished_at__lt=end).order_by()
    columns = rows.values_list("finished_at", "created_at", "started_at", "status", "pipeline_id", "version_id")
    found: Iterable[Any] = columns.iterator(chunk_size=CHUNK)
    versions, number = Versions(), 0
    for finished, created, started, status, pipeline, version in found:
        number += 1
        facts = versions[version]
        if not facts.is_monitored:
            continue
        labels, ok, error = Labels(pipeline), status == ExecutionStatus.COMPLETED, status in FAILED
        summary = into.at("executions", finished, labels)
        summary.tally(ok=ok, error=error)
        if started is not None:
            summary.add_value((finished - started).total_seconds())
            wait = into.at("execution_wait", finished, labels)
            wait.tally()
            wait.add_value((started - created).total_seconds())
        if facts.sla and (ok or error):
            kept = ok and (finished - created).total_seconds() <= facts.sla.seconds
            sla = into.at("sla", finished, labels)
            sla.tally(ok=kept, error=not kept)
            sla.add_amount(facts.sla.allowance)
    return number


def report_submitted(start: datetime, end: datetime, into: Collector) -> int:
    """`submissions`, in the minute of the submission."""
    rows = Execution.objects.filter(created_at__gte=start, created_at__lt=end).order_by()
    versions, number = Versions(), 0
    for created, pipeline, version in rows.values_list("created_at", "pipeline_id", "version_id").iterator(CHUNK):
        number += 1
        if versions[version].is_monitored:
            into.at("submissions", created, Labels(pipeline)).tally()
    return number


def report_task_runs(start: datetime, end: datetime, into: Collector) -> int:
    """`task_runs` by final status, in the minute of their execution's end. Counted by the database."""
    versions, number = Versions(), 0
    for finished, pipeline, version, task, status, found in _task_runs(start, end):
        number += 1
        if versions[version].is_monitored:
            into.at("task_runs", finished, Labels(pipeline, task, detail=status)).tally(number=found)
    return number


def _task_runs(start: datetime, end: datetime) -> Iterable[Any]:
    ended = Q(execution__finished_at__gte=start, execution__finished_at__lt=end)
    rows: QuerySet[TaskRun] = TaskRun.objects.filter(ended).order_by()
    columns = ("execution__finished_at", "execution__pipeline_id", "execution__version_id", "name", "status")
    return rows.values_list(*columns).annotate(number=Count("*")).iterator(chunk_size=CHUNK)
