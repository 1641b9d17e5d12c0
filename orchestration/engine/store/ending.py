"""Ends from outside: cancelled, out of time, abandoned."""

from typing import Any
from uuid import UUID

from django.db.models import F, Q
from django.db.models.functions import Now

from common.resilience import retried
from orchestration.engine.store.ledger import locked
from orchestration.models import Execution, TaskRun
from orchestration.states import OPEN_TASK_RUN, ExecutionStatus, TaskRunStatus

S = TaskRunStatus


@retried
def cancel(execution_id: UUID, *, reason: str = "") -> bool:
    """Cancel an execution, at once and for good. False when it had already ended."""
    error = {"code": "cancelled", "message": reason or "cancelled on request", "task": None}
    return _end_early(execution_id, ExecutionStatus.CANCELLED, error, Q())


@retried
def time_out_execution(execution_id: UUID) -> bool:
    """End an execution that is past its own deadline."""
    error = {
        "code": "run_timed_out",
        "message": "the execution took longer than the pipeline's timeout",
        "task": None,
        "timeout": "run",
    }
    return _end_early(execution_id, ExecutionStatus.TIMED_OUT, error, Q(deadline_at__lte=Now()))


@retried
def abandon(execution_id: UUID) -> bool:
    """End an execution of `run()` whose process is gone."""
    message = "the process that called run() is gone; start it again, or use execute_pipeline to let workers carry it"
    return _end_early(
        execution_id, ExecutionStatus.FAILED, {"code": "process_lost", "message": message, "task": None}, Q()
    )


_ENDED_TASK_RUN = {
    ExecutionStatus.CANCELLED: (S.CANCELLED, "task.cancelled"),
    ExecutionStatus.FAILED: (S.CANCELLED, "task.cancelled"),
    ExecutionStatus.TIMED_OUT: (S.TIMED_OUT, "task.timed_out"),
}


def _end_early(execution_id: UUID, status: ExecutionStatus, error: dict[str, Any], condition: Q) -> bool:
    with locked(execution_id) as ledger:
        if ledger.has_ended or not Execution.objects.filter(condition, pk=execution_id).exists():
            return False
        ended, kind = _ENDED_TASK_RUN[status]
        rows = list(TaskRun.objects.filter(execution=ledger.execution, status__in=OPEN_TASK_RUN).order_by("id"))
        never_queued = [row for row in rows if row.status == S.PENDING]
        others = [row for row in rows if row.status != S.PENDING]
        said = [("task.cancelled", row) for row in never_queued] + [(kind, row) for row in others]
        # Tokens move, so that attempts still running are discarded when they report; their worker and process stay
        # on the row until then, for the keeper that may have to stop them.
        reason = {key: value for key, value in error.items() if key != "task"}
        ledger.move_all(never_queued, S.CANCELLED, error=reason)
        ledger.move_all(others, ended, token=F("token") + 1, error=reason, output=None, lease_expires_at=None)
        for what, row in said:
            ledger.say(what, row.name)
        ledger.end(status, error=error)
        return True
