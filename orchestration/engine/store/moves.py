"""What happens to an execution under its lock: the moves that several verbs share.

Each takes the `Ledger` of a locked execution. Private to `engine.store`.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, Q
from django.urls import get_script_prefix

from common.errors import OrchestrationError
from common.wording import printable
from orchestration.engine import results
from orchestration.engine.outcomes import Claim, Claimant, Completed, Failed, Hint, Outcome, Proposed
from orchestration.engine.store.ledger import NO_ATTEMPT, Ledger, locked
from orchestration.engine.versions import pipeline_of
from orchestration.models import AttemptLog, TaskAttempt, TaskRun
from orchestration.states import CLAIMABLE_EXECUTION, AttemptStatus, ExecutionStatus, TaskRunStatus
from reviews.services.requests import Subject, open_review

S = TaskRunStatus
SUBJECT_KIND = "task_run"


# Claiming -------------------------------------------------------------------------------------------------------------


def take(ledger: Ledger, task_run: TaskRun, claimant: Claimant) -> Claim:
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
    ledger.say("task.started", task_run.name, attempt=attempt_number(task_run), worker=claimant.name)
    return claim_of(ledger, task_run)


def claim_next(ledger: Ledger, claimant: Claimant) -> Claim | None:
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
    return take(ledger, task_run, claimant) if task_run else None


def claim_of(ledger: Ledger, task_run: TaskRun) -> Claim:
    return claim_of_row({**vars(task_run), "version_id": ledger.execution.version_id})


def claim_of_row(row: Mapping[str, Any]) -> Claim:
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
        stored_input=[json.loads(row["input"])] if "input" in row else [],
    )


def attempt_number(task_run: TaskRun) -> int:
    return task_run.failures + task_run.crashes + 1


# An attempt ends ------------------------------------------------------------------------------------------------------


def write_attempt(
    ledger: Ledger,
    task_run: TaskRun,
    status: AttemptStatus,
    *,
    outcome: Outcome | None = None,
    error: Any = None,
    worker: str = "",
    claim: Claim | None = None,
) -> None:
    """How an attempt ended: the task run's last, or that of a `claim` that was given up since."""
    held = claim or task_run
    TaskAttempt.objects.create(
        task_run=task_run,
        token=held.token,
        status=status,
        worker=worker,
        model=outcome.model if outcome else task_run.model,
        error=outcome.error if isinstance(outcome, Failed) else error,
        usage=outcome.usage if outcome else None,
        cache=outcome.cache if outcome else None,
        started_at=held.started_at or ledger.now,
        finished_at=ledger.now,
    )
    if outcome:
        keep_logs(task_run.pk, held.token, outcome)


def keep_logs(task_run_id: int, token: int, outcome: Outcome) -> None:
    """What the handler logged in this attempt, if anything; kept once."""
    if outcome.logs:
        log = AttemptLog(task_run_id=task_run_id, token=token, **outcome.logs)
        AttemptLog.objects.bulk_create([log], ignore_conflicts=True)


def place(task_run: TaskRun) -> str:
    worker = task_run.worker
    return f"{worker.hostname}:{task_run.worker_pid}" if worker else ""


def used_by(outcome: Outcome) -> dict[str, Any]:
    """The columns that say what an attempt took."""
    return {"usage": outcome.usage, "cache": outcome.cache}


def complete(ledger: Ledger, task_run: TaskRun, outcome: Completed) -> list[TaskRun]:
    ledger.move(task_run, S.COMPLETED, output=outcome.output, error=None, **used_by(outcome), **NO_ATTEMPT)
    ledger.say("task.completed", task_run.name)
    ready = release_children(ledger, task_run)
    end_if_nothing_is_open(ledger)
    return ready


def ask(ledger: Ledger, task_run: TaskRun, outcome: Proposed) -> Proposed | Failed:
    """Open the review, in this transaction. What cannot be asked is a failure that says why."""
    subject, by = _subject(ledger, task_run), ledger.execution.started_by
    try:
        review = open_review(subject=subject, created_by=by, channel="engine", **outcome.request)
    except OrchestrationError as error:
        refused = {"code": error.code, "message": f"the review cannot be asked for: {error}"}
        return Failed(refused, False, usage=outcome.usage, model=outcome.model, cache=outcome.cache)
    return replace(outcome, review_id=review.pk)


def wait(ledger: Ledger, task_run: TaskRun, outcome: Proposed) -> None:
    """The task run waits for a person; the attempt's token is spent, and its worker free."""
    columns = {"output": outcome.output, "review_id": outcome.review_id, "error": None, **used_by(outcome)}
    ledger.move(task_run, S.WAITING, token=task_run.token + 1, **columns, **NO_ATTEMPT)
    reasons = [printable(reason["message"]) for reason in outcome.request["reasons"]]
    ledger.say("task.waiting", task_run.name, review=str(outcome.review_id), reasons=reasons)


def _subject(ledger: Ledger, task_run: TaskRun) -> Subject:
    execution = ledger.execution
    title = execution.title or f"{execution.pipeline_id} {str(execution.pk)[-8:]}"
    return Subject(
        kind=SUBJECT_KIND,
        id=str(task_run.pk),
        label=f"{title}: {task_run.name}",
        url=f"{get_script_prefix()}executions/{execution.pk}/",  # `reverse` would load all pages into the worker
    )


def release_children(ledger: Ledger, task_run: TaskRun) -> list[TaskRun]:
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


def fail(ledger: Ledger, task_run: TaskRun, outcome: Failed) -> None:
    failures = task_run.failures + 1
    columns = {"failures": failures, **used_by(outcome), **NO_ATTEMPT}
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
    fail_for_good(ledger, task_run, S.TIMED_OUT if outcome.timed_out else S.FAILED, outcome.error, **columns)


def fail_for_good(
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
    end_if_nothing_is_open(ledger)


def end_if_nothing_is_open(ledger: Ledger) -> None:
    if ledger.execution.open_task_runs:
        return
    if ledger.execution.failed_task_runs:
        ledger.end(ExecutionStatus.FAILED)
        return
    output, error = results.assemble(ledger.execution)
    status = ExecutionStatus.FAILED if error else ExecutionStatus.COMPLETED
    ledger.end(status, output=output, error=error)


# Queueing and waking --------------------------------------------------------------------------------------------------


def requeue(ledger: Ledger, task_run: TaskRun, **columns: Any) -> None:
    """Back into the queue through no fault of its own: it keeps its place."""
    place = {"queued_at": task_run.queued_at or ledger.now}
    queue_and_hint(ledger, [task_run], token=task_run.token + 1, **NO_ATTEMPT, **place, **columns)


def queue_and_hint(ledger: Ledger, task_runs: list[TaskRun], **columns: Any) -> None:
    ordered = sorted(task_runs, key=lambda row: row.position)
    pending = [row for row in ordered if row.status != S.QUEUED]
    ledger.queue_task_runs(pending, **columns)
    ledger.hint(ordered)


def hint_others(ledger: Ledger, newly_queued: list[TaskRun], taken: Claim | None) -> None:
    """Wake others for what this worker did not take itself, as far as there are slots.

    A worker that does not continue passes its place on: one more hint in each queue that got none, for whatever has
    waited longest there, since those who could take it may listen to that queue alone.
    """
    if ledger.has_ended:
        return
    others = [row for row in newly_queued if taken is None or row.pk != taken.task_run_id]
    waiting = ledger.execution.active_task_runs - ledger.execution.running_task_runs
    ledger.hint(others, others=int(taken is None and waiting > len(others)))


def under_lock(task_run_id: int, act: Callable[[Ledger, TaskRun], None], condition: Q) -> list[Hint]:
    """Lock the execution of a task run and `act` on it if it (still) meets `condition`."""
    execution_id = TaskRun.objects.filter(pk=task_run_id).values_list("execution_id", flat=True).first()
    if execution_id is None:
        return []
    with locked(execution_id) as ledger:
        task_run = TaskRun.objects.filter(condition, pk=task_run_id).select_related("worker").first()
        if task_run is not None:
            act(ledger, task_run)
            if not ledger.hints:  # a slot may have become free, and nobody continues here
                hint_others(ledger, [], None)
        return ledger.hints
