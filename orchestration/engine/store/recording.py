"""Record: how an attempt ended, what follows from it, and the next claim."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from common.resilience import DATABASE_TROUBLE, drop_broken_connection, retried
from orchestration.engine import capacity, results
from orchestration.engine.outcomes import Claim, Claimant, Completed, Failed, Hint, Outcome, Proposed, Step
from orchestration.engine.store import statements
from orchestration.engine.store.claiming import ownership
from orchestration.engine.store.ledger import NO_ATTEMPT, Ledger, announce_change, locked
from orchestration.engine.store.moves import (
    ask,
    claim_next,
    claim_of,
    claim_of_row,
    complete,
    fail,
    hint_others,
    keep_logs,
    wait,
    write_attempt,
)
from orchestration.engine.versions import child_positions
from orchestration.models import TaskAttempt, TaskRun
from orchestration.states import AttemptStatus, ExecutionStatus, TaskRunStatus

S = TaskRunStatus


def record(claim: Claim, outcome: Outcome, claimant: Claimant, *, take_next: bool) -> Step:
    """Write how an attempt ended, advance the execution, and claim the next task run of it when `take_next`.

    One transaction, conditional on the claim's token. With the token lost the outcome is kept as a discarded attempt.
    """
    if isinstance(outcome, Completed) and statements.are_usable():
        try:
            if step := _complete_at_once(claim, outcome, claimant, take_next=take_next):
                return step
        except DATABASE_TROUBLE:  # perhaps after it was committed: the general way finds out
            drop_broken_connection()
    return _record_under_lock(claim, outcome, claimant, take_next=take_next)


def _complete_at_once(claim: Claim, outcome: Completed, claimant: Claimant, *, take_next: bool) -> Step | None:
    """None when the token was lost, or when the execution's end takes more than the one statement."""
    final_output = results.known_output(claim.version_id, claim.name, outcome.output)
    parameters = {
        **ownership(claimant),
        "execution": claim.execution_id,
        "task_run": claim.task_run_id,
        "token": claim.token,
        "output": json.dumps(outcome.output),
        "usage": None if outcome.usage is None else json.dumps(outcome.usage),
        "cache": None if outcome.cache is None else json.dumps(outcome.cache),
        "logs": None if outcome.logs is None else json.dumps(outcome.logs),
        "model": outcome.model,
        "children": child_positions(claim.version_id, claim.name),
        "take": take_next,
        "final_output": None if final_output is None else json.dumps(final_output),
    }
    row = statements.fetch(statements.COMPLETE, parameters)
    return None if row is None else _step_of_row(row, claim.execution_id, claimant, take_next=take_next)


def _step_of_row(row: Mapping[str, Any], execution_id: UUID, claimant: Claimant, *, take_next: bool) -> Step:
    announce_change(execution_id, before=row["status_before"], after=row["status"])
    free = row["max_parallel"] - row["running_task_runs"]
    if row["status"] == ExecutionStatus.PAUSED:  # nobody may claim what became ready
        return Step(accepted=True)
    queued = [Hint(*each) for each in json.loads(row["queued"] or "[]")]
    hints = _hints_of(row, queued, claimant, free)
    if row["id"] is not None:
        return Step(accepted=True, next_claim=claim_of_row(row), hints=hints)
    waiting = row["active_task_runs"] - row["running_task_runs"]
    if free > 0 and waiting and (not hints or waiting > len(queued)):
        # Something waits here, perhaps in another queue, and this worker does not take it: pass it on.
        step = _look_again(execution_id, claimant, take_next=take_next)
        return replace(step, hints=list(dict.fromkeys(hints + step.hints)))
    return Step(accepted=True, hints=hints)


def _hints_of(row: Mapping[str, Any], queued: list[Hint], claimant: Claimant, free_slots: int) -> list[Hint]:
    """Of what has just become ready, and is left to others."""
    if not queued or claimant.is_private:
        return []
    return capacity.idle_of(json.loads(row["running"] or "{}")).among(queued, free_slots)


@retried
def _look_again(execution_id: UUID, claimant: Claimant, *, take_next: bool) -> Step:
    with locked(execution_id) as ledger:
        next_claim = claim_next(ledger, claimant) if take_next else None
        hint_others(ledger, [], next_claim)
        return Step(accepted=True, next_claim=next_claim, hints=ledger.hints)


def _record_under_lock(claim: Claim, outcome: Outcome, claimant: Claimant, *, take_next: bool) -> Step:
    with locked(claim.execution_id) as ledger:
        task_run = TaskRun.objects.get(pk=claim.task_run_id)
        if earlier := TaskAttempt.objects.filter(task_run=task_run, token=claim.token).first():
            return _reported_before(ledger, earlier, outcome, claimant)
        if task_run.token != claim.token or task_run.status != S.RUNNING:
            _discard(ledger, claim, outcome, claimant, task_run)
            return Step(accepted=False, hints=ledger.hints)
        outcome = ask(ledger, task_run, outcome) if isinstance(outcome, Proposed) else outcome
        write_attempt(ledger, task_run, _attempt_status(outcome), outcome=outcome, worker=claimant.name)
        newly_queued = _apply(ledger, task_run, outcome)
        next_claim = claim_next(ledger, claimant) if take_next else None
        hint_others(ledger, newly_queued, next_claim)
        return Step(accepted=True, next_claim=next_claim, hints=ledger.hints)


def _attempt_status(outcome: Outcome) -> AttemptStatus:
    if isinstance(outcome, Failed):
        return AttemptStatus.TIMED_OUT if outcome.timed_out else AttemptStatus.FAILED
    return AttemptStatus.COMPLETED


def _apply(ledger: Ledger, task_run: TaskRun, outcome: Outcome) -> list[TaskRun]:
    """Move the task run and what follows from it; returns the task runs that became claimable."""
    if isinstance(outcome, Completed):
        return complete(ledger, task_run, outcome)
    if isinstance(outcome, Proposed):
        wait(ledger, task_run, outcome)
    else:
        fail(ledger, task_run, outcome)
    return []


def _reported_before(ledger: Ledger, earlier: TaskAttempt, outcome: Outcome, claimant: Claimant) -> Step:
    """This attempt has its row already: either our own unclear commit went through, or somebody ended it for us."""
    if (earlier.status, earlier.worker) != (_attempt_status(outcome), claimant.name):
        TaskAttempt.objects.filter(pk=earlier.pk).update(usage=outcome.usage, model=outcome.model, cache=outcome.cache)
        keep_logs(earlier.task_run_id, earlier.token, outcome)
        return Step(accepted=False)
    held = TaskRun.objects.filter(
        execution=ledger.execution, status=S.RUNNING, worker_id=claimant.worker_id, worker_pid=claimant.pid
    ).first()
    return Step(accepted=True, next_claim=claim_of(ledger, held) if held else None)


def _discard(ledger: Ledger, claim: Claim, outcome: Outcome, claimant: Claimant, task_run: TaskRun) -> None:
    write_attempt(ledger, task_run, AttemptStatus.DISCARDED, outcome=outcome, worker=claimant.name, claim=claim)
    if task_run.status in (S.CANCELLED, S.TIMED_OUT) and task_run.worker_id == claimant.worker_id:
        TaskRun.objects.filter(pk=task_run.pk).update(**NO_ATTEMPT)
