"""What one line of a list of executions says beyond its row: progress, usual time, cost, what it waits for.

Each is read for all lines at once: at most five queries, however many lines.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, Min, Q, Sum

from orchestration.models import Execution, TaskAttempt, TaskRun, Worker
from orchestration.selectors.recent_runs import median_seconds
from orchestration.selectors.spending import Number, Spent
from orchestration.selectors.workers import live_workers
from orchestration.states import ExecutionStatus, TaskRunStatus
from web.quantities import relative

NOTHING = Spent()


class TaskGroup(NamedTuple):
    """Task runs of one execution that are alike, in any state but pending."""

    status: str
    queue: str
    task_type: str
    number: int
    due: datetime | None
    """When the first retry is due."""


@dataclass(frozen=True, slots=True)
class ListedExecution:
    """One line. `seconds` from the start to the end, or until now; None before the start."""

    execution: Execution
    shown_state: str
    """Its status, or `retrying` when all it waits for is another attempt."""
    seconds: float | None
    median_seconds: float | None
    completed_tasks: int
    failed_tasks: int
    spent: Spent
    waiting_on: str

    @property
    def tasks(self) -> int:
        return self.execution.version.task_count

    @property
    def name(self) -> str:
        """Its title, else its pipeline's name: never empty, and told apart by the short id beside it."""
        return self.execution.title or self.execution.pipeline_id

    @property
    def short_id(self) -> str:
        """The end of the id: the beginning is a time, and alike for all that started in the same minute."""
        return self.execution.pk.hex[-8:]


def describe_executions(
    executions: Sequence[Execution], now: datetime, *, in_full: bool = True
) -> list[ListedExecution]:
    """The lines of a list, in the order given; medians and costs only `in_full`."""
    medians = median_seconds(row.pipeline_id for row in executions) if in_full else {}
    spent = spent_by_execution(row.pk for row in executions) if in_full else {}
    groups = _task_groups(row.pk for row in executions if row.status != ExecutionStatus.COMPLETED)
    queued = any(group.status == TaskRunStatus.QUEUED for found in groups.values() for group in found)
    workers = list(live_workers()) if queued else []
    return [
        _describe(
            row,
            now,
            median=medians.get(row.pipeline_id),
            spent=spent.get(row.pk, NOTHING),
            groups=groups.get(row.pk, []),
            workers=workers,
        )
        for row in executions
    ]


def _describe(
    row: Execution, now: datetime, *, median: float | None, spent: Spent, groups: list[TaskGroup], workers: list[Worker]
) -> ListedExecution:
    is_completed = row.status == ExecutionStatus.COMPLETED
    completed = sum(group.number for group in groups if group.status == TaskRunStatus.COMPLETED)
    return ListedExecution(
        execution=row,
        shown_state=_shown_state(row, groups),
        seconds=((row.finished_at or now) - row.started_at).total_seconds() if row.started_at else None,
        median_seconds=median,
        completed_tasks=row.version.task_count if is_completed else completed,
        failed_tasks=row.failed_task_runs,
        spent=spent,
        waiting_on="" if row.is_terminal else waiting_on(row, groups, workers, now),
    )


def _shown_state(row: Execution, groups: Iterable[TaskGroup]) -> str:
    retries = row.status == ExecutionStatus.WAITING and any(group.due for group in groups)
    return TaskRunStatus.RETRYING if retries else row.status


def waiting_on(row: Execution, groups: Sequence[TaskGroup], workers: Sequence[Worker], now: datetime) -> str:
    """What has to happen for a live execution to move, in a few words; "" while something runs."""
    if row.status == ExecutionStatus.PAUSED:
        return "somebody to resume it"
    if row.running_task_runs:
        return ""
    if queued := [group for group in groups if group.status == TaskRunStatus.QUEUED]:
        if row.private_worker:
            return "its own process"
        missing = [missing_worker(group.queue, group.task_type, workers) for group in queued]
        return min(missing) or "a free worker"  # one that can be taken is enough
    if due := min((group.due for group in groups if group.due), default=None):
        return f"a retry, {relative(due, now)}" if due > now else "a retry, due now"
    return "a person" if any(group.status == TaskRunStatus.WAITING for group in groups) else ""


def missing_worker(queue: str, task_type: str, workers: Iterable[Worker]) -> str:
    """Which worker would have to be started for a queued task; "" when there is one that can take it."""
    there = list(workers)
    if not there:
        return "a worker, none runs"
    listening = [worker for worker in there if queue in worker.queues]
    if not listening:
        return f'a worker for the queue "{queue}"'
    if any(task_type in worker.task_types for worker in listening):
        return ""
    is_known = any(task_type in worker.task_types for worker in there)
    where = f' for the queue "{queue}"' if is_known else ""
    return f'a worker{where} that knows "{task_type}"'


def spent_by_execution(execution_ids: Iterable[UUID]) -> dict[UUID, Spent]:
    """Execution → what all its attempts used, those that failed included."""
    rows = TaskAttempt.objects.filter(task_run__execution_id__in=list(execution_ids), usage__isnull=False).order_by()
    sums = rows.values_list("task_run__execution_id").annotate(
        taken=Sum(Number("usage", "input_tokens")),
        given=Sum(Number("usage", "output_tokens")),
        cost=Sum(Number("usage", "cost_microusd")),
        unpriced=Count("pk", filter=Q(usage__has_key="requests") & ~Q(usage__has_key="cost_microusd")),
    )
    return {
        key: Spent(int(taken or 0), int(given or 0), None if cost is None else int(cost), unpriced)
        for key, taken, given, cost, unpriced in sums
    }


def _task_groups(execution_ids: Iterable[UUID]) -> dict[UUID, list[TaskGroup]]:
    rows = TaskRun.objects.filter(execution_id__in=list(execution_ids)).exclude(status=TaskRunStatus.PENDING)
    counted = rows.order_by().values_list("execution_id", "status", "queue", "task_type")
    groups: dict[UUID, list[TaskGroup]] = {}
    for key, *group in counted.annotate(number=Count("pk"), due=Min("not_before")):
        groups.setdefault(key, []).append(TaskGroup(*group))
    return groups
