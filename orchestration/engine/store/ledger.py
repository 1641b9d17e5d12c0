"""One execution under its lock: every change to it and its task runs goes through here, and is written at once.

The rule that keeps the engine free of deadlocks and lost ends: a transaction locks the execution's row first, then
touches task runs, in the order of their ids. Under that lock nobody else writes these rows, so reading before writing
is safe. Counters follow from each move; the execution ends when `open_task_runs` reaches zero.

Only `engine.store` uses this module.
"""

from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from orchestration import signals
from orchestration.engine import capacity
from orchestration.engine.outcomes import Hint
from orchestration.exceptions import IllegalMove
from orchestration.models import Execution, ExecutionEvent, TaskRun
from orchestration.states import CLAIMABLE_EXECUTION, OPEN_TASK_RUN, TASK_RUN_MOVES, ExecutionStatus, TaskRunStatus

ACTIVE = (TaskRunStatus.QUEUED, TaskRunStatus.RUNNING)
UNSUCCESSFUL = (TaskRunStatus.FAILED, TaskRunStatus.TIMED_OUT)
# Columns of the attempt in flight, emptied when it is over.
NO_ATTEMPT: dict[str, Any] = {"worker_id": None, "worker_pid": None, "lease_expires_at": None, "deadline_at": None}

_COUNTERS = ("open_task_runs", "active_task_runs", "running_task_runs", "failed_task_runs")
_WRITTEN = ["status", "started_at", "finished_at", "error", *_COUNTERS]
_LARGE = ("input", "output", "labels")  # not read under the lock


class Ledger:
    """The locked execution, the database's time, and the changes made so far in this transaction."""

    def __init__(self, execution: Execution, now: datetime) -> None:
        self.execution = execution
        self.now = now
        self.hints: list[Hint] = []
        self._events: list[ExecutionEvent] = []
        self._before = execution.status
        self._changed = False

    def move(self, task_run: TaskRun, to: TaskRunStatus, **columns: Any) -> None:
        """Change one task run's status and `columns`."""
        self.move_all([task_run], to, **columns)

    def move_all(self, task_runs: Iterable[TaskRun], to: TaskRunStatus, **columns: Any) -> None:
        """Change several task runs alike, in one statement."""
        rows = list(task_runs)
        if not rows:
            return
        self._changed = True
        for row in rows:
            self._check(row, to)
            self._count(TaskRunStatus(row.status), to)
        written = (
            {"finished_at": self.now, "queue_deadline_at": None, "not_before": None} | columns
            if to.is_terminal
            else columns
        )
        TaskRun.objects.filter(pk__in=sorted(row.pk for row in rows)).update(status=to, **written)
        for row in rows:
            row.status = to
            for name, value in written.items():
                if not hasattr(value, "resolve_expression"):
                    setattr(row, name, value)

    def queue_task_runs(self, task_runs: list[TaskRun], **columns: Any) -> None:
        """Make task runs claimable, each with its own queue deadline if it has one."""
        by_timeout: dict[float | None, list[TaskRun]] = {}
        for row in task_runs:
            by_timeout.setdefault(row.queue_timeout_seconds, []).append(row)
        for seconds, rows in by_timeout.items():
            due = None if seconds is None else self.now + timedelta(seconds=seconds)
            queued = {
                "queued_at": self.now,
                "queue_deadline_at": due,
                "not_before": None,
                "hinted_at": None,
                "hints": 0,
            }
            self.move_all(rows, TaskRunStatus.QUEUED, **queued | columns)

    def hint(self, task_runs: Sequence[TaskRun], *, others: int = 0) -> None:
        """Ask for wake-ups for queued task runs: in each queue as far as workers are idle and slots are free.

        `others`: and for so many that wait already in each queue that none of these is of. Published after the commit.
        """
        if self.execution.private_worker or self.execution.status not in CLAIMABLE_EXECUTION or not self.free_slots:
            return
        if not task_runs and not others:
            return
        idle = capacity.idle()
        waiting = [*task_runs, *self._first_queued(others, idle, besides={row.queue for row in task_runs})]
        woken = idle.among(waiting, self.free_slots)
        if not woken:
            return
        TaskRun.objects.filter(pk__in=[row.pk for row in woken]).update(hinted_at=self.now, hints=F("hints") + 1)
        self.hints += [Hint(row.pk, row.token, row.queue) for row in woken]

    def _first_queued(self, number: int, idle: capacity.Idle, *, besides: Container[str]) -> list[TaskRun]:
        """The first queued task runs in each queue that has idle places; with no worker known, in any."""
        queued = TaskRun.objects.filter(execution=self.execution, status=TaskRunStatus.QUEUED).order_by("position")
        if not number or idle.elsewhere:
            return list(queued[:number])
        queues = sorted(queue for queue, places in idle.places.items() if places and queue not in besides)
        return [row for queue in queues for row in queued.filter(queue=queue)[:number]]

    def say(self, kind: str, task_name: str = "", **details: Any) -> None:
        """Add a line to the execution's history."""
        self._events.append(
            ExecutionEvent(execution=self.execution, kind=kind, task_name=task_name, details=details, at=self.now)
        )

    @property
    def free_slots(self) -> int:
        return max(0, self.execution.max_parallel - self.execution.running_task_runs)

    @property
    def has_ended(self) -> bool:
        return self.execution.is_terminal

    def end(self, status: ExecutionStatus, **columns: Any) -> None:
        """Write the execution's final state; called once, by the store, when nothing is open."""
        self._changed = True
        for name, value in {"status": status, "finished_at": self.now, **columns}.items():
            setattr(self.execution, name, value)
        self.say(f"execution.{status}", **({"error": self.execution.error} if self.execution.error else {}))

    def _check(self, task_run: TaskRun, to: TaskRunStatus) -> None:
        if to not in TASK_RUN_MOVES[TaskRunStatus(task_run.status)]:
            raise IllegalMove(f"task run {task_run.pk} ({task_run.name}) cannot go from {task_run.status} to {to}")

    def _count(self, before: TaskRunStatus, after: TaskRunStatus) -> None:
        execution = self.execution
        execution.open_task_runs += (after in OPEN_TASK_RUN) - (before in OPEN_TASK_RUN)
        execution.active_task_runs += (after in ACTIVE) - (before in ACTIVE)
        execution.running_task_runs += (after is TaskRunStatus.RUNNING) - (before is TaskRunStatus.RUNNING)
        execution.failed_task_runs += (after in UNSUCCESSFUL) - (before in UNSUCCESSFUL)

    def write(self) -> None:
        """Write the execution and its history; called once, at the end of the transaction."""
        if not self.has_ended and self.execution.status != ExecutionStatus.PAUSED:
            self.execution.status = self.live_status
        if self._changed:
            self.execution.save(update_fields=_WRITTEN + (["output"] if self.has_ended else []))
        if self._events:
            ExecutionEvent.objects.bulk_create(self._events)
        announce_change(self.execution.pk, before=self._before, after=self.execution.status)

    @property
    def live_status(self) -> ExecutionStatus:
        """What the counters say of an execution that has not ended and is not paused."""
        if self.execution.started_at is None:
            return ExecutionStatus.PENDING
        return ExecutionStatus.RUNNING if self.execution.active_task_runs else ExecutionStatus.WAITING


def announce_change(execution_id: UUID, *, before: str, after: str) -> None:
    """Tell who listens, after the commit, that an execution's status changed."""
    if before != after:
        news = {"execution_id": execution_id, "status": after}
        transaction.on_commit(lambda: signals.execution_changed.send_robust(sender=Execution, **news))


@contextmanager
def locked(execution_id: UUID) -> Iterator[Ledger]:
    """Lock an execution for one transaction; what is done to the ledger inside is written at its end."""
    with transaction.atomic():
        # The time comes with the statement that locks: stored times are compared with the database's clock only.
        rows = Execution.objects.select_for_update(of=("self",)).defer(*_LARGE).annotate(_now=Now())
        execution = rows.get(pk=execution_id)
        ledger = Ledger(execution, execution._now)
        yield ledger
        ledger.write()
