"""Which task runs of an execution were reused from an earlier one, and from which."""

from uuid import UUID

from orchestration.engine.store import REUSED
from orchestration.models import ExecutionEvent, TaskRun
from orchestration.states import TaskRunStatus


def is_reused(task_run: TaskRun) -> bool:
    """Whether its result was made by an earlier execution: it is completed, and nobody ever started it here."""
    return task_run.status == TaskRunStatus.COMPLETED and task_run.started_at is None


def origins_of(execution_id: UUID) -> dict[str, str]:
    """Task → the id of the execution that made its result, for the task runs that were reused. It may be pruned."""
    events = ExecutionEvent.objects.filter(execution_id=execution_id, kind=REUSED)
    return {name: str(origin) for name, origin in events.values_list("task_name", "details__execution_id")}


def origin_of(task_run: TaskRun) -> str | None:
    """The id of the execution that made a task run's result, if it was an earlier one."""
    return origins_of(task_run.execution_id).get(task_run.name) if is_reused(task_run) else None
