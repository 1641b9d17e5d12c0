"""How far executions are, for displays that ask several times a second: no inputs, no outputs, few queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from orchestration.models import Execution, TaskRun
from orchestration.selectors.waiting import explain_waiting
from orchestration.states import TERMINAL_EXECUTION, TERMINAL_TASK_RUN

_HEAVY = ("input", "output", "labels")


@dataclass(frozen=True, slots=True)
class TaskProgress:
    """One task run; `attempts` counts those that ended badly and the one in flight or done."""

    name: str
    status: str
    attempts: int
    started_at: datetime | None
    finished_at: datetime | None
    error: str | None

    @property
    def is_terminal(self) -> bool:
        return self.status in TERMINAL_TASK_RUN


@dataclass(frozen=True, slots=True)
class ExecutionProgress:
    """One execution with its task runs, in the order of execution."""

    execution_id: UUID
    status: str
    started_at: datetime | None
    finished_at: datetime | None
    tasks: tuple[TaskProgress, ...]

    @property
    def is_terminal(self) -> bool:
        return self.status in TERMINAL_EXECUTION

    @property
    def finished_tasks(self) -> int:
        return sum(task.is_terminal for task in self.tasks)


def executions_progress(execution_ids: Sequence[UUID]) -> list[ExecutionProgress]:
    """How the given executions stand, in the order given, in two queries."""
    executions = Execution.objects.only("id", "status", "started_at", "finished_at").in_bulk(execution_ids)
    tasks: dict[UUID, list[TaskProgress]] = {}
    rows = TaskRun.objects.filter(execution_id__in=execution_ids).defer("output", "usage").order_by("position")
    for row in rows:
        tasks.setdefault(row.execution_id, []).append(_task_progress(row))
    return [
        ExecutionProgress(
            execution_id=key,
            status=str(found.status),
            started_at=found.started_at,
            finished_at=found.finished_at,
            tasks=tuple(tasks.get(key, ())),
        )
        for key in execution_ids
        if (found := executions.get(key)) is not None
    ]


def why_waiting(execution_id: UUID) -> str | None:
    """What an execution waits for, as a sentence; None when it runs or has ended."""
    execution = Execution.objects.defer(*_HEAVY).get(pk=execution_id)
    return explain_waiting(execution, list(execution.task_runs.defer("output", "usage")))


def _task_progress(row: TaskRun) -> TaskProgress:
    tried = row.failures + row.crashes
    is_counted = row.status not in ("running", "completed")
    return TaskProgress(
        name=row.name,
        status=str(row.status),
        attempts=tried if is_counted else tried + 1,
        started_at=row.started_at,
        finished_at=row.finished_at,
        error=(row.error or {}).get("message"),
    )
