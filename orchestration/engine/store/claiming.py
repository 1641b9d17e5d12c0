"""Claim: the right to run one attempt, taken by a token."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import F, QuerySet

from common.resilience import DATABASE_TROUBLE, drop_broken_connection, retried
from orchestration.engine.outcomes import Claim, Claimant, Hint
from orchestration.engine.store import statements
from orchestration.engine.store.ledger import Ledger, announce_change, locked
from orchestration.engine.store.moves import claim_next, claim_of, claim_of_row, take
from orchestration.models import TaskRun
from orchestration.states import CLAIMABLE_EXECUTION, ExecutionStatus, TaskRunStatus

S = TaskRunStatus

OTHER_CANDIDATES = 8


def claim(hint: Hint, claimant: Claimant) -> Claim | None:
    """Take the hinted task run, if it still is as the hint says and its execution has a free slot."""
    return _claim(hint.task_run_id, hint.token, claimant)


def claim_oldest(claimant: Claimant) -> Claim | None:
    """Take a task run of the execution whose task run has been queued longest among those this claimant may run."""
    if statements.are_usable() and (taken := _claim_oldest_at_once(claimant)):
        return taken
    # Perhaps all that is claimable lies in executions that were locked just now: wait for those.
    queued = _claimable(claimant).values_list("execution_id", flat=True)[:OTHER_CANDIDATES]
    for execution_id in dict.fromkeys(queued):
        if taken := _claim_in(execution_id, claimant):
            return taken
    return None


def find_claimable(claimant: Claimant, *, limit: int) -> list[Hint]:
    """Claimable task runs, oldest first; a look, not a claim."""
    return [Hint(*found) for found in _claimable(claimant).values_list("id", "token", "queue")[:limit]]


def _claimable(claimant: Claimant) -> QuerySet[TaskRun]:
    return TaskRun.objects.filter(
        status=S.QUEUED,
        queue__in=claimant.queues,
        task_type__in=claimant.task_types,
        execution__status__in=CLAIMABLE_EXECUTION,
        execution__private_worker=claimant.private_worker,
        execution__running_task_runs__lt=F("execution__max_parallel"),
    ).order_by("queued_at", "id")


def _claim_oldest_at_once(claimant: Claimant) -> Claim | None:
    try:
        return _claim_at_once(statements.CLAIM_OLDEST, {**ownership(claimant), "token": None})
    except DATABASE_TROUBLE:
        drop_broken_connection()
        return retried(_find_held)(claimant)


def _claim_in(execution_id: UUID, claimant: Claimant) -> Claim | None:
    """Whatever is queued in this execution: the task run that was seen may be taken by the time the lock is had."""
    try:
        return _claim_next_in(execution_id, claimant)
    except DATABASE_TROUBLE:
        if connection.in_atomic_block:
            raise
        drop_broken_connection()
        return _find_held_or_claim_in(execution_id, claimant)


@retried
def _find_held_or_claim_in(execution_id: UUID, claimant: Claimant) -> Claim | None:
    return _find_held(claimant) or _claim_next_in(execution_id, claimant)


def _claim_next_in(execution_id: UUID, claimant: Claimant) -> Claim | None:
    with locked(execution_id) as ledger:
        return claim_next(ledger, claimant)


def _find_held(claimant: Claimant) -> Claim | None:
    """What this claimant holds although it has nothing in hand: a claim committed by a call that could not tell."""
    held = TaskRun.objects.filter(status=S.RUNNING, worker_id=claimant.worker_id, worker_pid=claimant.pid)
    found = held.values_list("pk", "execution_id").first()
    if found is None:
        return None
    with locked(found[1]) as ledger:
        task_run = held.filter(pk=found[0]).first()
        return claim_of(ledger, task_run) if task_run else None


def _claim(task_run_id: int, token: int, claimant: Claimant) -> Claim | None:
    if statements.are_usable():
        parameters = {**ownership(claimant), "task_run": task_run_id, "token": token}
        try:
            return _claim_at_once(statements.CLAIM_HINTED, parameters)
        except DATABASE_TROUBLE:  # perhaps after it was committed: the general way finds out
            drop_broken_connection()
    return _claim_under_lock(task_run_id, token, claimant)


def _claim_at_once(statement: statements.Statement, parameters: dict[str, Any]) -> Claim | None:
    row = statements.fetch(statement, parameters)
    if row is None:
        return None
    announce_change(row["execution_id"], before=row["status_before"], after=ExecutionStatus.RUNNING)
    return claim_of_row(row)


@retried
def _claim_under_lock(task_run_id: int, token: int, claimant: Claimant) -> Claim | None:
    execution_id = TaskRun.objects.filter(pk=task_run_id).values_list("execution_id", flat=True).first()
    if execution_id is None:
        return None
    with locked(execution_id) as ledger:
        task_run = TaskRun.objects.get(pk=task_run_id)
        if is_held(task_run, claimant) and task_run.token == token + 1:
            return claim_of(ledger, task_run)  # this very claim was committed by a call that could not tell
        if task_run.status != S.QUEUED or task_run.token != token or not _may_claim(ledger, task_run, claimant):
            return None
        return take(ledger, task_run, claimant)


def _may_claim(ledger: Ledger, task_run: TaskRun, claimant: Claimant) -> bool:
    execution = ledger.execution
    return (
        execution.status in CLAIMABLE_EXECUTION
        and ledger.free_slots > 0
        and task_run.task_type in claimant.task_types
        and task_run.queue in claimant.queues
        and execution.private_worker == claimant.private_worker
    )


def is_held(task_run: TaskRun, claimant: Claimant) -> bool:
    return task_run.status == S.RUNNING and (task_run.worker_id, task_run.worker_pid) == (
        claimant.worker_id,
        claimant.pid,
    )


def ownership(claimant: Claimant) -> dict[str, Any]:
    """A claimant as parameters of `engine.statements`."""
    return {
        "worker": claimant.worker_id,
        "pid": claimant.pid,
        "place": claimant.name,
        "private": claimant.private_worker,
        "types": list(claimant.task_types),
        "queues": list(claimant.queues),
        "lease": settings.ORCHESTRATION.lease_seconds,
    }
