"""Why an execution does not move right now, as a sentence for people."""

from collections.abc import Sequence
from datetime import UTC, datetime

from orchestration.engine.store import PAUSED
from orchestration.models import Execution, ExecutionEvent, TaskRun, Worker
from orchestration.selectors.workers import live_workers, why_nobody_takes
from orchestration.states import ExecutionStatus, TaskRunStatus
from reviews.models import ReviewRequest
from reviews.models.requests import LARGE


def explain_waiting(execution: Execution, task_runs: Sequence[TaskRun]) -> str | None:
    """What the execution waits for, or None when it runs or has ended."""
    if execution.status == ExecutionStatus.PAUSED:
        return _explain_paused(execution, task_runs)
    if execution.is_terminal or any(row.status == TaskRunStatus.RUNNING for row in task_runs):
        return None
    if queued := [row for row in task_runs if row.status == TaskRunStatus.QUEUED]:
        return _explain_queued(execution, queued, list(live_workers()))
    if retrying := [row for row in task_runs if row.status == TaskRunStatus.RETRYING]:
        return _explain_retrying(min(retrying, key=_due))
    if waiting := [row for row in task_runs if row.status == TaskRunStatus.WAITING]:
        return _explain_reviews(waiting)
    return None


def _explain_paused(execution: Execution, task_runs: Sequence[TaskRun]) -> str:
    events = ExecutionEvent.objects.filter(execution=execution, kind=PAUSED).order_by("-id")
    details = events.values_list("details", flat=True).first() or {}
    by = f" by {details['by']}" if details.get("by") else ""
    why = f" ({details['reason']})" if details.get("reason") else ""
    running = sum(row.status == TaskRunStatus.RUNNING for row in task_runs)
    finishing = f"; {running} running task{'s finish' if running > 1 else ' finishes'} first" if running else ""
    return f"it is paused{by}{why}{finishing}; nothing new starts until it is resumed"


def _due(task_run: TaskRun) -> datetime:
    return task_run.not_before or datetime.max.replace(tzinfo=UTC)  # never empty, by the database's constraint


def _explain_queued(execution: Execution, queued: list[TaskRun], workers: list[Worker]) -> str:
    if execution.private_worker:
        return "the process that called run() is about to take it"
    kinds = {(row.queue, row.task_type): why_nobody_takes(row.queue, row.task_type, workers) for row in queued}
    missing = [said for _, said in sorted(kinds.items()) if said]
    if len(missing) == len(kinds):
        return missing[0]
    number = sum(not kinds[row.queue, row.task_type] for row in queued)
    free = f"{number} task{'s' if number > 1 else ''} queued for the next free worker"
    return "; ".join([free, *missing[:1]])


def _explain_reviews(waiting: Sequence[TaskRun]) -> str:
    """The review that is due first tells whose turn it is."""
    reviews = ReviewRequest.objects.filter(pk__in=[row.review_id for row in waiting]).select_related("assignee")
    review = reviews.order_by("due_at").defer(*LARGE).first()
    if review is None:  # by the database's constraint there is one
        return "a person has to decide"
    whose = f"{review.assignee.name} has it" if review.assignee else "nobody has taken it yet"
    more = f" ({len(waiting) - 1} more reviews are open)" if len(waiting) > 1 else ""
    return f'a person has to decide about "{review.task_name}": {whose}, due {review.due_at:%Y-%m-%d %H:%M} UTC{more}'


def _explain_retrying(task_run: TaskRun) -> str:
    message = (task_run.error or {}).get("message", "it failed")
    attempt = f"attempt {task_run.failures + 1} of {task_run.max_attempts}"
    return f'"{task_run.name}" failed ({message}); {attempt} is due at {_due(task_run):%H:%M:%S} UTC'
