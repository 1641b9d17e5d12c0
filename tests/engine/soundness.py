"""What must hold of an execution's rows at any moment (architecture: the engine's invariants)."""

from collections import Counter

from orchestration.engine.versions import pipeline_of
from orchestration.models import Execution, TaskRun
from orchestration.selectors.reuse import is_reused
from orchestration.states import OPEN_TASK_RUN, AttemptStatus, ExecutionStatus, TaskRunStatus

S = TaskRunStatus
ENDED_WITH_ATTEMPT = {
    S.COMPLETED: {AttemptStatus.COMPLETED},
    S.RETRYING: {AttemptStatus.FAILED, AttemptStatus.TIMED_OUT},
}


def assert_sound(execution: Execution) -> None:
    """Counters equal rows, every open row has what brings it on, and what ended stays ended."""
    fresh = Execution.objects.get(pk=execution.pk)
    rows = {row.name: row for row in fresh.task_runs.prefetch_related("attempts")}
    _assert_counters(fresh, rows)
    _assert_status(fresh, rows)
    for row in rows.values():
        _assert_row(fresh, row, rows)
        _assert_attempts(row)


def _assert_counters(execution: Execution, rows: dict[str, TaskRun]) -> None:
    by_status = Counter(row.status for row in rows.values())
    expected = {
        "open_task_runs": sum(by_status[status] for status in OPEN_TASK_RUN),
        "active_task_runs": by_status[S.QUEUED] + by_status[S.RUNNING],
        "running_task_runs": by_status[S.RUNNING],
        "failed_task_runs": by_status[S.FAILED] + by_status[S.TIMED_OUT],
    }
    assert {name: getattr(execution, name) for name in expected} == expected
    assert execution.running_task_runs <= execution.max_parallel


def _assert_status(execution: Execution, rows: dict[str, TaskRun]) -> None:
    assert execution.is_terminal == (execution.open_task_runs == 0)
    assert execution.is_terminal == (execution.finished_at is not None)
    if execution.status == ExecutionStatus.COMPLETED:
        assert all(row.status == S.COMPLETED for row in rows.values())
    if execution.is_terminal or execution.status == ExecutionStatus.PAUSED:
        return
    started = ExecutionStatus.RUNNING if execution.active_task_runs else ExecutionStatus.WAITING
    assert execution.status == (ExecutionStatus.PENDING if execution.started_at is None else started)


def _assert_row(execution: Execution, row: TaskRun, rows: dict[str, TaskRun]) -> None:
    parents = [rows[name] for name in pipeline_of(execution.version_id).graph.parents(row.name)]
    unfinished = sum(parent.status != S.COMPLETED for parent in parents)
    place = f"{row.name} ({row.status})"
    if row.status == S.PENDING:
        assert row.remaining_dependencies == unfinished > 0, place
        assert any(parent.status in OPEN_TASK_RUN for parent in parents), place
    elif row.status not in (S.SKIPPED, S.CANCELLED):
        assert row.remaining_dependencies == unfinished == 0, place
    has_attempt = None not in (row.worker_id, row.worker_pid, row.lease_expires_at, row.deadline_at)
    assert has_attempt == (row.status == S.RUNNING), place
    assert (row.finished_at is not None) == TaskRunStatus(row.status).is_terminal, place
    assert (row.not_before is not None) == (row.status == S.RETRYING), place
    assert row.status != S.SKIPPED or row.error, place


def _assert_attempts(row: TaskRun) -> None:
    attempts = list(row.attempts.all())
    by_status = Counter(attempt.status for attempt in attempts)
    assert row.failures == by_status[AttemptStatus.FAILED] + by_status[AttemptStatus.TIMED_OUT]
    assert row.crashes == by_status[AttemptStatus.CRASHED]
    assert all(attempt.token <= row.token for attempt in attempts)
    if is_reused(row):
        assert not attempts
        return
    counted = [attempt for attempt in attempts if attempt.status != AttemptStatus.DISCARDED]
    wanted = ENDED_WITH_ATTEMPT.get(TaskRunStatus(row.status))
    assert wanted is None or counted[-1].status in wanted
    if row.status == S.RUNNING:
        assert all(attempt.token < row.token for attempt in attempts)
