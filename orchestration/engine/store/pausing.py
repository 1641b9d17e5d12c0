"""Pause and resume: what runs finishes, and nothing new is claimed until the execution is resumed.

A pause is the status of the execution and nothing else: claims refuse it, and recording a result keeps it. Task runs
move on as ever: children become ready, retries come due, a lost worker's task run goes back; all of them stay queued.

The timers of waiting stand still. A pause takes them off the rows, so that the ticker need not know of it: the run's
deadline, whose rest is kept in the event of the pause, and the queue timeouts, which the definition has. `resume` sets
them again: the deadline to what was left, a queue timeout to its full length, since only now can anybody claim again.
The timeout of an attempt goes on, as the attempt does.
"""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from common.resilience import retried
from orchestration.engine.outcomes import Hint
from orchestration.engine.store.ledger import Ledger, locked
from orchestration.engine.versions import pipeline_of
from orchestration.models import Execution, ExecutionEvent, TaskRun
from orchestration.states import OPEN_TASK_RUN, ExecutionStatus, TaskRunStatus

PAUSED = "execution.paused"
RESUMED = "execution.resumed"
_REST = "deadline_in_seconds"


@retried
def pause(execution_id: UUID, *, reason: str = "", by: str = "") -> bool:
    """Let nothing new of an execution be claimed. False when it had ended; True also when it was paused before."""
    with locked(execution_id) as ledger:
        if ledger.has_ended:
            return False
        if ledger.execution.status != ExecutionStatus.PAUSED:
            rest = _stop_timers(ledger)
            _write(ledger, ExecutionStatus.PAUSED, deadline_at=None)
            ledger.say(PAUSED, **_said(reason=reason, by=by), **rest)
        return True


@retried
def resume(execution_id: UUID, *, by: str = "") -> tuple[bool, list[Hint]]:
    """Let an execution go on, with wake-ups for what is queued. False when it had ended, else True."""
    with locked(execution_id) as ledger:
        if ledger.execution.status == ExecutionStatus.PAUSED:
            _write(ledger, ledger.live_status, deadline_at=_start_timers(ledger))
            ledger.say(RESUMED, **_said(by=by))
            _wake(ledger)
        return not ledger.has_ended, ledger.hints


def _wake(ledger: Ledger) -> None:
    """As if all had been queued just now: wake-ups given before count no more."""
    queued = TaskRun.objects.filter(execution=ledger.execution, status=TaskRunStatus.QUEUED)
    queued.update(hinted_at=None, hints=0)
    ledger.hint([], others=ledger.free_slots)


def _write(ledger: Ledger, status: ExecutionStatus, **columns: Any) -> None:
    """Change the status at once: by itself the ledger only writes what follows from moves of task runs."""
    Execution.objects.filter(pk=ledger.execution.pk).update(status=status, **columns)
    ledger.execution.status = status


def _said(**words: str) -> dict[str, str]:
    return {name: text for name, text in words.items() if text}


def _stop_timers(ledger: Ledger) -> dict[str, Any]:
    """Take them off the rows; returns what the deadline has left, for the event."""
    execution = ledger.execution
    timed = TaskRun.objects.filter(execution=execution, status__in=OPEN_TASK_RUN, queue_timeout_seconds__isnull=False)
    timed.update(queue_timeout_seconds=None, queue_deadline_at=None)
    if execution.deadline_at is None:
        return {}
    return {_REST: max(0.0, (execution.deadline_at - ledger.now).total_seconds())}


def _start_timers(ledger: Ledger) -> datetime | None:
    """Set the queue timeouts again; returns when the execution is due now."""
    names = defaultdict(list)
    for task in pipeline_of(ledger.execution.version_id).tasks:
        if task.queue_timeout is not None:
            names[task.queue_timeout].append(task.name)
    for seconds, of in names.items():
        rows = TaskRun.objects.filter(execution=ledger.execution, name__in=of)
        due = ledger.now + timedelta(seconds=seconds)
        rows.filter(status=TaskRunStatus.QUEUED).update(queue_deadline_at=due)
        rows.filter(status__in=OPEN_TASK_RUN).update(queue_timeout_seconds=seconds)
    events = ExecutionEvent.objects.filter(execution=ledger.execution, kind=PAUSED).order_by("-id")
    rest = (events.values_list("details", flat=True).first() or {}).get(_REST)
    return ledger.execution.deadline_at if rest is None else ledger.now + timedelta(seconds=rest)
