"""Why an execution did not complete: the task that failed first, what helps, how often it happened before."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Min, Q

from orchestration.models import Execution, TaskRun
from orchestration.selectors.attempts import LastAttempts, last_attempts
from orchestration.selectors.hints import Hint, hint_for
from orchestration.states import ExecutionStatus, TaskRunStatus

UNSUCCESSFUL = (TaskRunStatus.FAILED, TaskRunStatus.TIMED_OUT)
REPEATED_DAYS = 30
LOOKED_AT = 1_000
SKIPPED_SHOWN = 5
ATTEMPTS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Repeated:
    """The same error in other executions of the pipeline; `is_all` is False when there are too many to look at all."""

    number: int
    since: datetime | None
    looked_at: int
    is_all: bool


@dataclass(frozen=True, slots=True)
class Failure:
    """`task` is None when no task is to blame: the execution's own timeout, an output that does not fit."""

    code: str
    message: str
    hint: Hint
    task: TaskRun | None
    also_failed: int
    """How many more tasks failed."""
    skipped: tuple[str, ...]
    """The first of the tasks that were skipped because of it."""
    skipped_count: int
    attempts: LastAttempts
    repeated: Repeated
    last_good: Execution | None
    """The last execution of the pipeline that completed before this one."""

    @property
    def traceback(self) -> str:
        return str((self.task.error or {}).get("traceback", "")) if self.task else ""


def find_failure(execution: Execution, now: datetime) -> Failure | None:
    """Why it failed, or is going to: None while no task has failed and nothing else went wrong."""
    task = first_failed_task(execution.pk)
    error: dict[str, Any] | None = task.error if task else execution.error
    if not error or (task is None and execution.status == ExecutionStatus.CANCELLED):
        return None
    code = str(error.get("code", ""))
    skipped = _skipped_after(task) if task else []
    return Failure(
        code=code,
        message=str(error.get("message", "")),
        hint=hint_for(code),
        task=task,
        also_failed=max(0, execution.failed_task_runs - 1) if task else 0,
        skipped=tuple(skipped[:SKIPPED_SHOWN]),
        skipped_count=len(skipped),
        attempts=last_attempts(task, ATTEMPTS_SHOWN) if task else LastAttempts(),
        repeated=_repeated(execution, code, now),
        last_good=_last_good(execution),
    )


def first_failed_task(execution_id: UUID) -> TaskRun | None:
    """The task that failed first in time."""
    rows = TaskRun.objects.filter(execution_id=execution_id, status__in=UNSUCCESSFUL).defer("output")
    return rows.order_by("finished_at", "position").first()


def _skipped_after(task: TaskRun) -> list[str]:
    rows = TaskRun.objects.filter(execution_id=task.execution_id, status=TaskRunStatus.SKIPPED, error__task=task.name)
    return list(rows.order_by("position").values_list("name", flat=True))


def _repeated(execution: Execution, code: str, now: datetime) -> Repeated:
    """Among the newest executions of the pipeline: a bounded number, however many there are."""
    since = now - timedelta(days=REPEATED_DAYS)
    newest = Execution.objects.filter(pipeline_id=execution.pipeline_id, created_at__gte=since)
    looked_at = newest.order_by("-created_at").values("pk")[:LOOKED_AT]
    same = Q(error__code=code) & ~Q(pk=execution.pk)
    rows = Execution.objects.filter(pk__in=looked_at)
    found = rows.aggregate(number=Count("pk", filter=same), since=Min("created_at", filter=same), looked_at=Count("pk"))
    return Repeated(found["number"], found["since"], found["looked_at"], found["looked_at"] < LOOKED_AT)


def _last_good(execution: Execution) -> Execution | None:
    earlier = Execution.objects.filter(pipeline_id=execution.pipeline_id, created_at__lt=execution.created_at)
    newest = earlier.order_by("-created_at").values("pk")[:LOOKED_AT]
    rows = Execution.objects.filter(pk__in=newest, status=ExecutionStatus.COMPLETED)
    small = rows.select_related("version").only("id", "title", "created_at", "version__number", "version__label")
    return small.order_by("-created_at").first()
