"""Lists of executions, and the attempts made in one: for tables and programs."""

from typing import Any
from uuid import UUID

from orchestration.models import Execution, TaskAttempt


def recent_executions(*, status: str | None = None, pipeline_id: str | None = None, limit: int = 20) -> list[Execution]:
    """The newest executions, with their versions, without inputs and outputs."""
    found = Execution.objects.select_related("version").defer("input", "output", "version__definition")
    if status:
        found = found.filter(status=status)
    if pipeline_id:
        found = found.filter(pipeline_id=pipeline_id)
    return list(found.order_by("-created_at")[:limit])


def attempts_of(execution_id: UUID) -> dict[str, list[dict[str, Any]]]:
    """Task name → its finished attempts in order, as JSON-serialisable dicts."""
    attempts: dict[str, list[dict[str, Any]]] = {}
    rows = TaskAttempt.objects.filter(task_run__execution_id=execution_id).select_related("task_run")
    for row in rows.only(
        "status", "worker", "model", "error", "usage", "cache", "started_at", "finished_at", "task_run__name", "token"
    ).order_by("task_run__position", "token"):
        attempts.setdefault(row.task_run.name, []).append(
            {
                "status": str(row.status),
                "worker": row.worker or None,
                "model": row.model or None,
                "error": row.error,
                "usage": row.usage,
                "cache": row.cache,
                "started_at": row.started_at.isoformat(),
                "finished_at": row.finished_at.isoformat(),
                "duration_seconds": round((row.finished_at - row.started_at).total_seconds(), 6),
            }
        )
    return attempts
