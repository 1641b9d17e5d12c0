"""The only writer of execution and task-run status: narrow verbs, each one short transaction, safe to repeat.

Every verb locks the execution first (`engine.ledger`) and is conditional on a token or a status, so that a late,
doubled or reordered call changes nothing. Verbs are retried on deadlocks and lost connections; after an unclear COMMIT
a repeated call finds its own effect and says so.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, JSONField, Q, Value
from django.db.models.functions import Now

from orchestration.definition import Pipeline
from orchestration.engine import results, statements
from orchestration.engine.ledger import NO_ATTEMPT, Ledger, announce, locked
from orchestration.engine.outcomes import Claim, Claimant, Completed, Failed, Hint, Outcome, Step
from orchestration.engine.resilience import DATABASE_TROUBLE, drop_broken_connection, retried
from orchestration.engine.versions import child_positions, pipeline_of
from orchestration.models import Execution, PipelineVersion, TaskAttempt, TaskRun
from orchestration.states import CLAIMABLE_EXECUTION, OPEN_TASK_RUN, AttemptStatus, ExecutionStatus, TaskRunStatus

S = TaskRunStatus


@dataclass(frozen=True, slots=True)
class NewExecution:
    """What `create` needs to know beyond the definition."""

    version: PipelineVersion
    pipeline: Pipeline
    stored_input: Any
    models: dict[str, str]
    """Task name → resolved model."""
    private_worker: str = ""
    idempotency_key: str | None = None
    input_digest: str = ""
    labels: dict[str, str] | None = None


# Start ----------------------------------------------------------------------------------------------------------------


def create(new: NewExecution) -> tuple[Execution, list[Hint]]:
    """Write an execution and its task runs, the roots queued; the hints are to be published after the commit."""
    config = new.pipeline.config
    with transaction.atomic():
        execution = Execution(
            pipeline_id=new.version.pipeline_id,
            version=new.version,
            # Django writes a plain None as SQL NULL, and an input of JSON null is an input.
            input=Value(None, JSONField()) if new.stored_input is None else new.stored_input,
            labels={**config.labels, **(new.labels or {})},
            private_worker=new.private_worker,
            max_parallel=config.max_parallel or settings.ORCHESTRATION.max_parallel_tasks,
            open_task_runs=len(config.tasks),
            active_task_runs=0,
            idempotency_key=new.idempotency_key,
            input_digest=new.input_digest,
            created_at=Now(),
            deadline_at=None if config.timeout is None else Now() + timedelta(seconds=config.timeout),
        )
        execution.save(force_insert=True)
        TaskRun.objects.bulk_create(_new_task_runs(execution, new))
        with locked(execution.pk) as ledger:
            ledger.say("execution.created", version=new.version.number)
            _queue_and_hint(ledger, list(execution.task_runs.filter(remaining_dependencies=0)))
    return ledger.execution, ledger.hints


def _new_task_runs(execution: Execution, new: NewExecution) -> Iterable[TaskRun]:
    graph, default_timeout = new.pipeline.graph, settings.ORCHESTRATION.default_task_timeout
    for position, name in enumerate(graph.order):
        task = new.pipeline.config.task(name)
        yield TaskRun(
            execution=execution,
            name=name,
            task_type=task.type,
            position=position,
            model=new.models.get(name, ""),
            remaining_dependencies=len(graph.parents(name)),
            timeout_seconds=task.timeout or default_timeout,
            queue_timeout_seconds=task.queue_timeout,
            max_attempts=task.retry.max_attempts,
            max_crashes=task.max_crashes,
        )


# Claim ----------------------------------------------------------------------------------------------------------------


def claim(hint: Hint, claimant: Claimant) -> Claim | None:
    """Take the hinted task run, if it still is as the hint says and its execution has a free slot."""
    return _claim(hint.task_run_id, hint.token, claimant)


def claim_oldest(claimant: Claimant) -> Claim | None:
    """Take the task run that has been queued longest among those this claimant may run."""
    for task_run_id, token in find_claimable(claimant, limit=8):
        if taken := _claim(task_run_id, token, claimant):
            return taken
    return None


def find_claimable(claimant: Claimant, *, limit: int) -> list[tuple[int, int]]:
    """(task run, token) of claimable task runs, oldest first; a look, not a claim."""
    rows = (
        TaskRun.objects.filter(
            status=S.QUEUED,
            queue__in=claimant.queues,
            task_type__in=claimant.task_types,
            execution__status__in=CLAIMABLE_EXECUTION,
            execution__private_worker=claimant.private_worker,
            execution__running_task_runs__lt=F("execution__max_parallel"),
        )
        .order_by("queued_at", "id")
        .values_list("id", "token")
    )
    return list(rows[:limit])


def _claim(task_run_id: int, token: int, claimant: Claimant) -> Claim | None:
    if statements.are_usable():
        try:
            return _claim_at_once(task_run_id, token, claimant)
        except DATABASE_TROUBLE:  # perhaps after it was committed: the general way finds out
            drop_broken_connection()
    return _claim_under_lock(task_run_id, token, claimant)


def _claim_at_once(task_run_id: int, token: int, claimant: Claimant) -> Claim | None:
    row = statements.fetch(statements.CLAIM, {**_ownership(claimant), "task_run": task_run_id, "token": token})
    if row is None:
        return None
    _announce(row["execution_id"], before=row["status_before"], after=ExecutionStatus.RUNNING)
    return _claim_of_row(row)


@retried
def _claim_under_lock(task_run_id: int, token: int, claimant: Claimant) -> Claim | None:
    execution_id = TaskRun.objects.filter(pk=task_run_id).values_list("execution_id", flat=True).first()
    if execution_id is None:
        return None
    with locked(execution_id) as ledger:
        task_run = TaskRun.objects.get(pk=task_run_id)
        if _is_held(task_run, claimant) and task_run.token == token + 1:
            return _claim_of(ledger, task_run)  # this very claim was committed by a call that could not tell
        if task_run.status != S.QUEUED or task_run.token != token or not _may_claim(ledger, task_run, claimant):
            return None
        return _take(ledger, task_run, claimant)


def _may_claim(ledger: Ledger, task_run: TaskRun, claimant: Claimant) -> bool:
    execution = ledger.execution
    return (
        execution.status in CLAIMABLE_EXECUTION
        and ledger.free_slots > 0
        and task_run.task_type in claimant.task_types
        and execution.private_worker == claimant.private_worker
    )


def _take(ledger: Ledger, task_run: TaskRun, claimant: Claimant) -> Claim:
    now, execution = ledger.now, ledger.execution
    ledger.move(
        task_run,
        S.RUNNING,
        token=task_run.token + 1,
        worker_id=claimant.worker_id,
        worker_pid=claimant.pid,
        lease_expires_at=now + timedelta(seconds=settings.ORCHESTRATION.lease_seconds),
        deadline_at=now + timedelta(seconds=task_run.timeout_seconds),
        queue_deadline_at=None,
        started_at=now,
    )
    if execution.started_at is None:
        execution.started_at = now
        ledger.say("execution.started")
    ledger.say("task.started", task_run.name, attempt=_attempt_number(task_run), worker=claimant.name)
    return _claim_of(ledger, task_run)


def _attempt_number(task_run: TaskRun) -> int:
    return task_run.failures + task_run.crashes + 1


def _claim_of(ledger: Ledger, task_run: TaskRun) -> Claim:
    return _claim_of_row({**vars(task_run), "version_id": ledger.execution.version_id})


def _claim_of_row(row: Mapping[str, Any]) -> Claim:
    return Claim(
        task_run_id=row["id"],
        token=row["token"],
        execution_id=row["execution_id"],
        version_id=row["version_id"],
        name=row["name"],
        model=row["model"],
        failures=row["failures"],
        attempt=row["failures"] + row["crashes"] + 1,
        started_at=row["started_at"],
        timeout_seconds=row["timeout_seconds"],
        queue=row["queue"],
    )


def _ownership(claimant: Claimant) -> dict[str, Any]:
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


def _announce(execution_id: UUID, *, before: str, after: str) -> None:
    if before != after:
        transaction.on_commit(lambda: announce(execution_id, after))


def _is_held(task_run: TaskRun, claimant: Claimant) -> bool:
    return task_run.status == S.RUNNING and (task_run.worker_id, task_run.worker_pid) == (
        claimant.worker_id,
        claimant.pid,
    )


# Record ---------------------------------------------------------------------------------------------------------------


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
    """None when the token was lost, or when the execution's end needs more than the one statement."""
    children = child_positions(claim.version_id, claim.name)
    parameters = {
        **_ownership(claimant),
        "execution": claim.execution_id,
        "task_run": claim.task_run_id,
        "token": claim.token,
        "output": json.dumps(outcome.output),
        "usage": None if outcome.usage is None else json.dumps(outcome.usage),
        "model": outcome.model,
        "children": children,
        "take": take_next,
        "may_end": not children,
    }
    if children:  # then something usually stays open, and the statement can be the whole transaction
        row = statements.fetch(statements.COMPLETE, parameters)
    else:
        with transaction.atomic():
            row = statements.fetch(statements.COMPLETE, parameters)
            if row and row["open_task_runs"] == 0:
                with locked(claim.execution_id, savepoint=False) as ledger:
                    _end_if_nothing_is_open(ledger)
    return None if row is None else _step_of_row(row, claim.execution_id, claimant, take_next=take_next)


def _step_of_row(row: Mapping[str, Any], execution_id: UUID, claimant: Claimant, *, take_next: bool) -> Step:
    if row["open_task_runs"] == 0:
        return Step(accepted=True)
    _announce(execution_id, before=row["status_before"], after=row["status"])
    free = row["max_parallel"] - row["running_task_runs"]
    hints = [Hint(*queued) for queued in json.loads(row["queued"] or "[]")[: max(0, free)]]
    if row["id"] is not None:
        return Step(accepted=True, next_claim=_claim_of_row(row), hints=hints)
    if free > 0 and not hints and row["active_task_runs"] > row["running_task_runs"]:
        # Something waits that was not claimed: not wanted, or not seen by a statement that had to wait for the lock.
        return _look_again(execution_id, claimant, take_next=take_next)
    return Step(accepted=True, hints=hints)


@retried
def _look_again(execution_id: UUID, claimant: Claimant, *, take_next: bool) -> Step:
    with locked(execution_id) as ledger:
        next_claim = _claim_next(ledger, claimant) if take_next else None
        _hint_others(ledger, [], next_claim)
        return Step(accepted=True, next_claim=next_claim, hints=ledger.hints)


def _record_under_lock(claim: Claim, outcome: Outcome, claimant: Claimant, *, take_next: bool) -> Step:
    with locked(claim.execution_id) as ledger:
        task_run = TaskRun.objects.get(pk=claim.task_run_id)
        if earlier := TaskAttempt.objects.filter(task_run=task_run, token=claim.token).first():
            return _reported_before(ledger, earlier, outcome, claimant)
        if task_run.token != claim.token or task_run.status != S.RUNNING:
            _discard(ledger, claim, outcome, claimant, task_run)
            return Step(accepted=False, hints=ledger.hints)
        _write_attempt(ledger, task_run, _attempt_status(outcome), outcome=outcome, worker=claimant.name)
        newly_queued = _apply(ledger, task_run, outcome)
        next_claim = _claim_next(ledger, claimant) if take_next else None
        _hint_others(ledger, newly_queued, next_claim)
        return Step(accepted=True, next_claim=next_claim, hints=ledger.hints)


def _attempt_status(outcome: Outcome) -> AttemptStatus:
    if isinstance(outcome, Completed):
        return AttemptStatus.COMPLETED
    return AttemptStatus.TIMED_OUT if outcome.timed_out else AttemptStatus.FAILED


def _reported_before(ledger: Ledger, earlier: TaskAttempt, outcome: Outcome, claimant: Claimant) -> Step:
    """This attempt has its row already: either our own unclear commit went through, or somebody ended it for us."""
    if (earlier.status, earlier.worker) != (_attempt_status(outcome), claimant.name):
        TaskAttempt.objects.filter(pk=earlier.pk).update(usage=outcome.usage, model=outcome.model)
        return Step(accepted=False)
    held = TaskRun.objects.filter(
        execution=ledger.execution, status=S.RUNNING, worker_id=claimant.worker_id, worker_pid=claimant.pid
    ).first()
    return Step(accepted=True, next_claim=_claim_of(ledger, held) if held else None)


def _discard(ledger: Ledger, claim: Claim, outcome: Outcome, claimant: Claimant, task_run: TaskRun) -> None:
    TaskAttempt.objects.create(
        task_run=task_run,
        token=claim.token,
        status=AttemptStatus.DISCARDED,
        worker=claimant.name,
        model=outcome.model,
        error=outcome.error if isinstance(outcome, Failed) else None,
        usage=outcome.usage,
        started_at=claim.started_at,
        finished_at=ledger.now,
    )
    if task_run.status in (S.CANCELLED, S.TIMED_OUT) and task_run.worker_id == claimant.worker_id:
        TaskRun.objects.filter(pk=task_run.pk).update(**NO_ATTEMPT)


def _write_attempt(
    ledger: Ledger,
    task_run: TaskRun,
    status: AttemptStatus,
    *,
    outcome: Outcome | None = None,
    error: Any = None,
    worker: str = "",
) -> None:
    TaskAttempt.objects.create(
        task_run=task_run,
        token=task_run.token,
        status=status,
        worker=worker,
        model=outcome.model if outcome else task_run.model,
        error=outcome.error if isinstance(outcome, Failed) else error,
        usage=outcome.usage if outcome else None,
        started_at=task_run.started_at or ledger.now,
        finished_at=ledger.now,
    )


def _apply(ledger: Ledger, task_run: TaskRun, outcome: Outcome) -> list[TaskRun]:
    """Move the task run and what follows from it; returns the task runs that became claimable."""
    if isinstance(outcome, Completed):
        return _complete(ledger, task_run, outcome)
    _fail(ledger, task_run, outcome)
    return []


def _complete(ledger: Ledger, task_run: TaskRun, outcome: Completed) -> list[TaskRun]:
    ledger.move(task_run, S.COMPLETED, output=outcome.output, error=None, usage=outcome.usage, **NO_ATTEMPT)
    ledger.say("task.completed", task_run.name)
    ready = _release_children(ledger, task_run)
    _end_if_nothing_is_open(ledger)
    return ready


def _release_children(ledger: Ledger, task_run: TaskRun) -> list[TaskRun]:
    names = pipeline_of(ledger.execution.version_id).graph.children(task_run.name)
    if not names:
        return []
    children = list(TaskRun.objects.filter(execution=ledger.execution, name__in=names, status=S.PENDING).order_by("id"))
    ready = [child for child in children if child.remaining_dependencies == 1]
    blocked = [child.pk for child in children if child.remaining_dependencies > 1]
    if blocked:
        TaskRun.objects.filter(pk__in=blocked).update(remaining_dependencies=F("remaining_dependencies") - 1)
    ledger.queue_task_runs(ready, remaining_dependencies=0)
    return ready


def _fail(ledger: Ledger, task_run: TaskRun, outcome: Failed) -> None:
    failures = task_run.failures + 1
    columns = {"failures": failures, "usage": outcome.usage, **NO_ATTEMPT}
    if outcome.retryable and failures < task_run.max_attempts:
        due = ledger.now + timedelta(seconds=outcome.delay_seconds)
        ledger.move(task_run, S.RETRYING, not_before=due, error=outcome.error, **columns)
        ledger.say(
            "task.retrying",
            task_run.name,
            error=outcome.error,
            failures=failures,
            delay_seconds=round(outcome.delay_seconds, 3),
        )
        return
    _fail_for_good(ledger, task_run, S.TIMED_OUT if outcome.timed_out else S.FAILED, outcome.error, **columns)


def _fail_for_good(
    ledger: Ledger, task_run: TaskRun, status: TaskRunStatus, error: dict[str, Any], **columns: Any
) -> None:
    """A task's final failure: its descendants are skipped, independent branches go on."""
    ledger.move(task_run, status, error=error, **columns)
    ledger.say(f"task.{status}", task_run.name, error=error)
    if ledger.execution.error is None:
        ledger.execution.error = {"code": error["code"], "message": error["message"], "task": task_run.name}
    names = pipeline_of(ledger.execution.version_id).graph.descendants(task_run.name)
    skipped = list(TaskRun.objects.filter(execution=ledger.execution, name__in=names, status=S.PENDING).order_by("id"))
    reason = {
        "code": "upstream_failed",
        "message": f'task "{task_run.name}" before it did not complete',
        "task": task_run.name,
    }
    ledger.move_all(skipped, S.SKIPPED, error=reason)
    for row in skipped:
        ledger.say("task.skipped", row.name, reason="upstream_failed", upstream=task_run.name)
    _end_if_nothing_is_open(ledger)


def _end_if_nothing_is_open(ledger: Ledger) -> None:
    if ledger.execution.open_task_runs:
        return
    if ledger.execution.failed_task_runs:
        ledger.end(ExecutionStatus.FAILED)
        return
    output, error = results.assemble(ledger.execution)
    status = ExecutionStatus.FAILED if error else ExecutionStatus.COMPLETED
    ledger.end(status, output=output, error=error)


def _claim_next(ledger: Ledger, claimant: Claimant) -> Claim | None:
    """The next queued task run of the same execution, in definition order, without a broker round trip."""
    if ledger.has_ended or ledger.free_slots == 0 or ledger.execution.status not in CLAIMABLE_EXECUTION:
        return None
    task_run = (
        TaskRun.objects.filter(
            execution=ledger.execution, status=S.QUEUED, task_type__in=claimant.task_types, queue__in=claimant.queues
        )
        .order_by("position")
        .first()
    )
    return _take(ledger, task_run, claimant) if task_run else None


def _hint_others(ledger: Ledger, newly_queued: list[TaskRun], taken: Claim | None) -> None:
    """Wake others for what this worker did not take itself, as far as there are slots.

    A worker that does not continue passes its place on: one more hint, for whatever has waited longest here.
    """
    if ledger.has_ended:
        return
    others = [row for row in newly_queued if taken is None or row.pk != taken.task_run_id][: ledger.free_slots]
    if (
        not others
        and taken is None
        and ledger.free_slots
        and ledger.execution.active_task_runs > ledger.execution.running_task_runs
    ):
        others = list(TaskRun.objects.filter(execution=ledger.execution, status=S.QUEUED).order_by("position")[:1])
    ledger.hint(others)


def _queue_and_hint(ledger: Ledger, task_runs: list[TaskRun], **columns: Any) -> None:
    ordered = sorted(task_runs, key=lambda row: row.position)
    pending = [row for row in ordered if row.status != S.QUEUED]
    ledger.queue_task_runs(pending, **columns)
    ledger.hint(ordered[: ledger.free_slots])


# Ownership: hand-back, loss, leases -----------------------------------------------------------------------------------


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
        _write_attempt(ledger, task_run, AttemptStatus.HANDED_BACK, worker=_place(task_run))
        ledger.say("task.handed_back", task_run.name)
        _requeue(ledger, task_run)

    return _under_lock(task_run_id, give_up, Q(status=S.RUNNING, worker_id=worker_id))


@retried
def lose_worker(task_run_id: int, token: int, *, message: str, only_if_expired: bool = False) -> list[Hint]:
    """An attempt's worker is gone: count a crash and queue the task run again, or end it at `max_crashes`."""

    def lose(ledger: Ledger, task_run: TaskRun) -> None:
        crashes = task_run.crashes + 1
        error = {"code": "worker_lost", "message": message}
        _write_attempt(ledger, task_run, AttemptStatus.CRASHED, error=error, worker=_place(task_run))
        if crashes < task_run.max_crashes:
            ledger.say("task.crashed", task_run.name, crashes=crashes, message=message)
            _requeue(ledger, task_run, crashes=crashes)
            return
        final = {
            "code": "crashed_too_often",
            "message": f"{crashes} workers were lost while running it; the last: {message}",
        }
        _fail_for_good(ledger, task_run, S.FAILED, final, crashes=crashes, **NO_ATTEMPT)

    condition = Q(status=S.RUNNING, token=token)
    if only_if_expired:  # the lease may have been renewed since it was looked at
        condition &= Q(lease_expires_at__lte=Now())
    return _under_lock(task_run_id, lose, condition)


@retried
def time_out_attempt(task_run_id: int, token: int, *, delay_seconds: float) -> list[Hint]:
    """An attempt is past its deadline and its process had to be stopped: a failure like any other timeout."""

    def time_out(ledger: Ledger, task_run: TaskRun) -> None:
        outcome = Failed(
            attempt_timeout_error(task_run.timeout_seconds), retryable=True, delay_seconds=delay_seconds, timed_out=True
        )
        _write_attempt(ledger, task_run, AttemptStatus.TIMED_OUT, outcome=outcome, worker=_place(task_run))
        _fail(ledger, task_run, outcome)

    return _under_lock(task_run_id, time_out, Q(status=S.RUNNING, token=token))


def attempt_timeout_error(seconds: float) -> dict[str, Any]:
    return {
        "code": "attempt_timed_out",
        "message": f"the attempt took longer than its timeout of {seconds:g} s",
        "timeout": "attempt",
    }


def forget_attempt(task_run_id: int, worker_id: str) -> None:
    """The process of an attempt that was cancelled while it ran is gone: it will never report."""
    TaskRun.objects.filter(pk=task_run_id, worker_id=worker_id).exclude(status=S.RUNNING).update(**NO_ATTEMPT)


def _place(task_run: TaskRun) -> str:
    worker = task_run.worker
    return f"{worker.hostname}:{task_run.worker_pid}" if worker else ""


def _requeue(ledger: Ledger, task_run: TaskRun, **columns: Any) -> None:
    _queue_and_hint(ledger, [task_run], token=task_run.token + 1, **NO_ATTEMPT, **columns)


def _under_lock(task_run_id: int, act: Callable[[Ledger, TaskRun], None], condition: Q) -> list[Hint]:
    """Lock the execution of a task run and `act` on it if it (still) meets `condition`."""
    execution_id = TaskRun.objects.filter(pk=task_run_id).values_list("execution_id", flat=True).first()
    if execution_id is None:
        return []
    with locked(execution_id) as ledger:
        task_run = TaskRun.objects.filter(condition, pk=task_run_id).select_related("worker").first()
        if task_run is not None:
            act(ledger, task_run)
            if not ledger.hints:  # a slot may have become free, and nobody continues here
                _hint_others(ledger, [], None)
        return ledger.hints


# What time moves ------------------------------------------------------------------------------------------------------


@retried
def release_retry(task_run_id: int) -> list[Hint]:
    """Queue a task run whose retry is due."""
    return _under_lock(
        task_run_id, lambda ledger, row: _queue_and_hint(ledger, [row]), Q(status=S.RETRYING, not_before__lte=Now())
    )


@retried
def time_out_queued(task_run_id: int) -> list[Hint]:
    """End a task run that no worker took within its `queue_timeout`."""

    def time_out(ledger: Ledger, task_run: TaskRun) -> None:
        message = f"no worker took it within its queue_timeout of {task_run.queue_timeout_seconds:g} s"
        error = {"code": "queue_timed_out", "message": message, "timeout": "queue"}
        _fail_for_good(ledger, task_run, S.TIMED_OUT, error, token=task_run.token + 1)

    return _under_lock(task_run_id, time_out, Q(status=S.QUEUED, queue_deadline_at__lte=Now()))


@retried
def renew_hint(task_run_id: int) -> list[Hint]:
    """Publish once more for a task run that has been queued too long."""
    return _under_lock(task_run_id, lambda ledger, row: ledger.hint([row]), Q(status=S.QUEUED))


def forget_hints(hints: Iterable[Hint]) -> None:
    """The broker did not take these: the ticker may publish them as soon as it can."""
    TaskRun.objects.filter(pk__in=[hint.task_run_id for hint in hints], status=S.QUEUED).update(hinted_at=None)


# Ends from outside ----------------------------------------------------------------------------------------------------


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
        # Tokens move, so that attempts still running are discarded when they report; their worker and process stay
        # on the row until then, for the keeper that may have to stop them.
        reason = {key: value for key, value in error.items() if key != "task"}
        ledger.move_all(never_queued, S.CANCELLED, error=reason)
        ledger.move_all(others, ended, token=F("token") + 1, error=reason, lease_expires_at=None)
        for row in rows:
            ledger.say("task.cancelled" if row in never_queued else kind, row.name)
        ledger.end(status, error=error)
        return True
