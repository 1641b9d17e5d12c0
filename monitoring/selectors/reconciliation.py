"""Whether the roll-ups equal the rows: counted once more, by the database, in another way."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, JSONField, Q, QuerySet
from django.db.models.fields.json import KeyTransform

from monitoring.metrics.summary import Summary
from monitoring.selectors.metrics import summaries
from orchestration.models import Execution, PipelineVersion, TaskAttempt, TaskRun
from orchestration.states import AttemptStatus, ExecutionStatus

Counts = tuple[int, int, int]
FAILED_ATTEMPTS = [AttemptStatus.FAILED, AttemptStatus.TIMED_OUT, AttemptStatus.CRASHED]
FAILED_EXECUTIONS = [ExecutionStatus.FAILED, ExecutionStatus.TIMED_OUT]


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """Roll-ups and rows disagree: (count, ok, error) of each."""

    family: str
    rolled_up: Counts
    rows: Counts

    def __str__(self) -> str:
        return f"{self.family}: the roll-ups say {self.rolled_up}, the rows {self.rows} (count, ok, error)"


def reconcile(start: datetime, end: datetime) -> list[Discrepancy]:
    """What disagrees between two whole minutes; empty when all is right."""
    found = summaries(_COUNTED, start, end).get((), {})
    pairs = [(name, _counts(found.get(name)), count(start, end)) for name, count in _COUNTED.items()]
    return [Discrepancy(name, ours, rows) for name, ours, rows in pairs if ours != rows]


def _counts(summary: Summary | None) -> Counts:
    return (summary.count, summary.ok, summary.error) if summary else (0, 0, 0)


def _unmonitored() -> list[int]:
    monitored = KeyTransform("enable_monitoring", "definition", output_field=JSONField())
    return [pk for pk, is_monitored in PipelineVersion.objects.values_list("pk", monitored) if is_monitored is False]


def _executions(start: datetime, end: datetime) -> Counts:
    rows = Execution.objects.filter(finished_at__gte=start, finished_at__lt=end)
    return _judged(rows.exclude(version__in=_unmonitored()), Q(status="completed"), Q(status__in=FAILED_EXECUTIONS))


def _submissions(start: datetime, end: datetime) -> Counts:
    rows = Execution.objects.filter(created_at__gte=start, created_at__lt=end)
    return rows.exclude(version__in=_unmonitored()).count(), 0, 0


def _attempts(start: datetime, end: datetime) -> Counts:
    rows = TaskAttempt.objects.filter(finished_at__gte=start, finished_at__lt=end)
    monitored = rows.exclude(task_run__execution__version__in=_unmonitored())
    return _judged(monitored, Q(status="completed"), Q(status__in=FAILED_ATTEMPTS))


def _failures(start: datetime, end: datetime) -> Counts:
    return _attempts(start, end)[2], 0, 0


def _task_runs(start: datetime, end: datetime) -> Counts:
    rows = TaskRun.objects.filter(execution__finished_at__gte=start, execution__finished_at__lt=end)
    return rows.exclude(execution__version__in=_unmonitored()).count(), 0, 0


def _judged(rows: "QuerySet[Execution] | QuerySet[TaskAttempt]", ok: Q, error: Q) -> Counts:
    found = rows.order_by().aggregate(count=Count("pk"), ok=Count("pk", filter=ok), error=Count("pk", filter=error))
    return found["count"], found["ok"], found["error"]


_COUNTED: Mapping[str, Callable[[datetime, datetime], Counts]] = {
    "executions": _executions,
    "submissions": _submissions,
    "attempts": _attempts,
    "failures": _failures,
    "task_runs": _task_runs,
}
