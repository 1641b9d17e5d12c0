"""Ownership and time: leases, hand-back, lost workers, due retries, hints that have to be given again."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now

from common.resilience import retried
from orchestration.engine.outcomes import Failed, Hint
from orchestration.engine.store.ledger import NO_ATTEMPT, Ledger
from orchestration.engine.store.moves import (
    fail,
    fail_for_good,
    place,
    queue_and_hint,
    requeue,
    under_lock,
    write_attempt,
)
from orchestration.models import TaskRun
from orchestration.states import AttemptStatus, TaskRunStatus

S = TaskRunStatus


def renew_leases(worker_id: str, pids: Iterable[int] | None) -> int:
    """Push out the leases of a worker's live attempts (`pids` None: all of them). Returns how many."""
    rows = TaskRun.objects.filter(worker_id=worker_id, status=S.RUNNING)
    if pids is not None:
        rows = rows.filter(worker_pid__in=list(pids))
    return rows.update(lease_expires_at=Now() + timedelta(seconds=settings.ORCHESTRATION.lease_seconds))


@retried
def hand_back(task_run_id: int, worker_id: str) -> list[Hint]:
    """A worker that stops gives up an attempt: neither a failure nor a crash is counted."""

    def give_up(ledger: Ledger, task_run: TaskRun) -> None:
        write_attempt(ledger, task_run, AttemptStatus.HANDED_BACK, worker=place(task_run))
        ledger.say("task.handed_back", task_run.name)
        requeue(ledger, task_run)

    return under_lock(task_run_id, give_up, Q(status=S.RUNNING, worker_id=worker_id))


@retried
def lose_worker(task_run_id: int, token: int, *, message: str, only_if_expired: bool = False) -> list[Hint]:
    """An attempt's worker is gone: count a crash and queue the task run again, or end it at `max_crashes`."""

    def lose(ledger: Ledger, task_run: TaskRun) -> None:
        crashes = task_run.crashes + 1
        error = {"code": "worker_lost", "message": message}
        write_attempt(ledger, task_run, AttemptStatus.CRASHED, error=error, worker=place(task_run))
        if crashes < task_run.max_crashes:
            ledger.say("task.crashed", task_run.name, crashes=crashes, message=message)
            requeue(ledger, task_run, crashes=crashes)
            return
        final = {
            "code": "crashed_too_often",
            "message": f"{crashes} workers were lost while running it; the last: {message}",
        }
        fail_for_good(ledger, task_run, S.FAILED, final, crashes=crashes, **NO_ATTEMPT)

    condition = Q(status=S.RUNNING, token=token)
    if only_if_expired:  # the lease may have been renewed since it was looked at
        condition &= Q(lease_expires_at__lte=Now())
    return under_lock(task_run_id, lose, condition)


@retried
def time_out_attempt(task_run_id: int, token: int, *, delay_seconds: float) -> list[Hint]:
    """An attempt is past its deadline and its process had to be stopped: a failure like any other timeout."""

    def time_out(ledger: Ledger, task_run: TaskRun) -> None:
        outcome = Failed(
            attempt_timeout_error(task_run.timeout_seconds), retryable=True, delay_seconds=delay_seconds, timed_out=True
        )
        write_attempt(ledger, task_run, AttemptStatus.TIMED_OUT, outcome=outcome, worker=place(task_run))
        fail(ledger, task_run, outcome)

    return under_lock(task_run_id, time_out, Q(status=S.RUNNING, token=token))


def attempt_timeout_error(seconds: float) -> dict[str, Any]:
    return {
        "code": "attempt_timed_out",
        "message": f"the attempt took longer than its timeout of {seconds:g} s",
        "timeout": "attempt",
    }


def forget_attempt(task_run_id: int, worker_id: str) -> None:
    """The process of an attempt that was cancelled while it ran is gone: it will never report."""
    TaskRun.objects.filter(pk=task_run_id, worker_id=worker_id).exclude(status=S.RUNNING).update(**NO_ATTEMPT)


@retried
def release_retry(task_run_id: int) -> list[Hint]:
    """Queue a task run whose retry is due."""
    return under_lock(
        task_run_id, lambda ledger, row: queue_and_hint(ledger, [row]), Q(status=S.RETRYING, not_before__lte=Now())
    )


@retried
def time_out_queued(task_run_id: int) -> list[Hint]:
    """End a task run that no worker took within its `queue_timeout`."""

    def time_out(ledger: Ledger, task_run: TaskRun) -> None:
        message = f"no worker took it within its queue_timeout of {task_run.queue_timeout_seconds:g} s"
        error = {"code": "queue_timed_out", "message": message, "timeout": "queue"}
        fail_for_good(ledger, task_run, S.TIMED_OUT, error, token=task_run.token + 1)

    return under_lock(task_run_id, time_out, Q(status=S.QUEUED, queue_deadline_at__lte=Now()))


@retried
def renew_hint(task_run_id: int) -> list[Hint]:
    """Publish once more for a task run that has been queued too long."""
    return under_lock(task_run_id, lambda ledger, row: ledger.hint([row]), Q(status=S.QUEUED))


def forget_hints(hints: Iterable[Hint]) -> None:
    """The broker did not take these: the ticker may publish them as soon as it can."""
    TaskRun.objects.filter(pk__in=[hint.task_run_id for hint in hints], status=S.QUEUED).update(hinted_at=None)
