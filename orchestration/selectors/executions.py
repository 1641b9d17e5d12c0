"""Reading executions: status for programs, sentences for people."""

from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import QuerySet

from orchestration.engine.blobs import load_value
from orchestration.engine.versions import pipeline_of
from orchestration.exceptions import ExecutionNotFound
from orchestration.models import Execution, TaskRun
from orchestration.selectors.reuse import is_reused
from orchestration.selectors.waiting import explain_waiting
from orchestration.states import TERMINAL_TASK_RUN, ExecutionStatus, TaskRunStatus

R = TypeVar("R")


def find_execution(execution_id: str | UUID) -> Execution:
    """Raises `ExecutionNotFound`."""
    rows = Execution.objects.select_related("version").defer("input", "version__definition")
    return _get(rows, execution_id)


def has_ended(execution_id: str | UUID) -> bool:
    """The cheapest look there is, for those who look again and again. Raises `ExecutionNotFound`."""
    return ExecutionStatus(_get(Execution.objects.values_list("status", flat=True), execution_id)).is_terminal


def _get(rows: QuerySet[Execution, R], execution_id: str | UUID) -> R:
    try:
        return rows.get(pk=execution_id if isinstance(execution_id, UUID) else UUID(str(execution_id)))
    except (ValueError, Execution.DoesNotExist) as error:
        raise ExecutionNotFound(f"there is no execution {str(execution_id)[:80]!r}") from error


def execution_status(execution_id: str | UUID) -> dict[str, Any]:
    """Everything about an execution as one JSON-serialisable dict (key `status`).

    Times are ISO 8601 in UTC, durations in seconds. `output` is there once the execution completed; `tasks` maps each
    task's name to its status, output, error, attempts and times, in the order of execution.
    """
    execution = find_execution(execution_id)
    task_runs = list(execution.task_runs.order_by("position"))
    return {
        "execution_id": str(execution.pk),
        "pipeline_id": execution.pipeline_id,
        "pipeline_name": pipeline_of(execution.version_id).name,
        "pipeline_version": execution.version.number,
        "status": str(execution.status),
        "error": execution.error,
        "output": _loaded(execution.output),
        "progress": _progress(task_runs),
        "reason": explain_waiting(execution, task_runs),
        "labels": execution.labels,
        "created_at": _iso(execution.created_at),
        "started_at": _iso(execution.started_at),
        "finished_at": _iso(execution.finished_at),
        "duration_seconds": _seconds(execution.started_at, execution.finished_at),
        "tasks": {task_run.name: task_status(task_run) for task_run in task_runs},
    }


def task_status(task_run: TaskRun) -> dict[str, Any]:
    """One task run, as it stands in `execution_status`."""
    return {
        "status": str(task_run.status),
        "type": task_run.task_type,
        "model": task_run.model or None,
        "output": _loaded(task_run.output) if task_run.status == TaskRunStatus.COMPLETED else None,
        "error": _loaded(task_run.error),
        "usage": _loaded(task_run.usage),
        "cache": _loaded(task_run.cache),
        "review": None if task_run.review_id is None else str(task_run.review_id),
        "failures": task_run.failures,
        "crashes": task_run.crashes,
        "queued_at": _iso(task_run.queued_at),
        "started_at": _iso(task_run.started_at),
        "finished_at": _iso(task_run.finished_at),
        "duration_seconds": _seconds(task_run.started_at, task_run.finished_at),
        "reused": is_reused(task_run),
    }


def _progress(task_runs: list[TaskRun]) -> dict[str, int]:
    return {"tasks": len(task_runs), "finished": sum(row.status in TERMINAL_TASK_RUN for row in task_runs)}


def _loaded(stored: Any) -> Any:
    return None if stored is None else load_value(stored)


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    return round((end - start).total_seconds(), 6) if start and end else None
