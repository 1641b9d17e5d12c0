"""Keeps what a worker's children hold: heartbeat, leases, dead and overdue children.

Runs in the worker's main process, since a thread in the child would starve when a handler holds the interpreter's lock.
"""

import contextlib
import logging
import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Now

from common.clock import database_now
from common.resilience import sweep
from orchestration.definition import RetryConfig
from orchestration.engine import dispatch, store
from orchestration.engine.patience import Patience
from orchestration.engine.process import Identity
from orchestration.engine.retry import delay_before_retry
from orchestration.engine.versions import pipeline_of
from orchestration.models import TaskRun, Worker
from orchestration.states import TaskRunStatus

logger = logging.getLogger(__name__)

STEP_SECONDS = 1.0


def register_worker(identity: Identity, *, pool: str, concurrency: int) -> None:
    """Write the worker's row, which its leases refer to."""
    columns = {
        "hostname": identity.hostname,
        "pid": identity.main_pid,
        "pool": pool,
        "concurrency": concurrency,
        "queues": list(identity.queues),
        "task_types": sorted(identity.task_types),
        "started_at": Now(),
        "heartbeat_at": Now(),
    }
    Worker.objects.update_or_create(id=identity.worker_id, defaults=columns)


@dataclass
class Keeper:
    """One step a second: renew what lives, take back what died, stop what is overdue."""

    identity: Identity
    child_pids: Callable[[], set[int] | None]
    """The live children; None where attempts are threads of this process."""
    can_kill: bool = True
    patience: Patience = field(default_factory=Patience)
    _renewed_at: float = 0.0

    def step(self) -> float:
        in_flight = list(_in_flight(self.identity.worker_id))
        self.patience.note_answer()
        # After the rows: a child that took one of them cannot be missing from a list made later, unless it died.
        pids = self.child_pids()
        if time.monotonic() - self._renewed_at >= settings.ORCHESTRATION.lease_renewal_seconds:
            self._renew(pids, bool(in_flight))
        if in_flight:
            self._look_after(in_flight, pids)
        return STEP_SECONDS

    def _renew(self, pids: set[int] | None, has_leases: bool) -> None:
        Worker.objects.filter(pk=self.identity.worker_id).update(heartbeat_at=Now())
        if has_leases:
            store.renew_leases(self.identity.worker_id, pids)
        self._renewed_at = time.monotonic()

    def _look_after(self, in_flight: list[TaskRun], pids: set[int] | None) -> None:
        overdue_before = database_now() - timedelta(seconds=settings.ORCHESTRATION.attempt_grace_seconds)

        def look_after(task_run: TaskRun) -> None:
            if pids is not None and task_run.worker_pid not in pids:
                self._take_back(task_run)
            elif task_run.deadline_at is not None and task_run.deadline_at < overdue_before:
                self._stop(task_run)

        sweep(in_flight, look_after)

    def _take_back(self, task_run: TaskRun) -> None:
        """The child is gone: hand its task run on at once instead of waiting for the lease to run out."""
        if task_run.status == TaskRunStatus.RUNNING:
            message = f"the worker process {task_run.worker_pid} on {self.identity.hostname} died"
            dispatch.publish(store.lose_worker(task_run.pk, task_run.token, message=message))
        else:
            store.forget_attempt(task_run.pk, self.identity.worker_id)

    def _stop(self, task_run: TaskRun) -> None:
        """Past its deadline and grace: the handler did not heed the timer, so its process is killed.

        Unless the database was away: then it may have finished in time, and be about to record its result.
        """
        in_flight = TaskRun.objects.filter(pk=task_run.pk, token=task_run.token, worker_pid=task_run.worker_pid)
        if not in_flight.exists():
            return  # it has reported since we looked, and its process may be at other work
        self.patience.note_answer()
        if self.patience.seconds_left():
            return
        if self.can_kill and task_run.worker_pid:
            logger.warning("%s is past its deadline; stopping process %d", task_run.name, task_run.worker_pid)
            with contextlib.suppress(ProcessLookupError):
                os.kill(task_run.worker_pid, signal.SIGKILL)
        if task_run.status == TaskRunStatus.RUNNING:
            delay = delay_before_retry(_retry_of(task_run), failures=task_run.failures + 1, random=random.random())
            dispatch.publish(store.time_out_attempt(task_run.pk, task_run.token, delay_seconds=delay))
        else:
            store.forget_attempt(task_run.pk, self.identity.worker_id)


def _in_flight(worker_id: str) -> QuerySet[TaskRun]:
    """What a worker's processes hold, with the columns that a keeper asks for: it looks each second."""
    columns = ("execution_id", "name", "status", "token", "failures", "worker_pid", "deadline_at")
    rows = TaskRun.objects.filter(worker_id=worker_id).select_related("execution")
    return rows.only(*columns, "execution__version_id")


def _retry_of(task_run: TaskRun) -> RetryConfig:
    return pipeline_of(task_run.execution.version_id).config.task(task_run.name).retry


def hand_back_all(identity: Identity) -> set[int]:
    """Give up every attempt this worker still holds, and say that it stopped. Returns the processes that held them."""
    held = list(TaskRun.objects.filter(worker_id=identity.worker_id).values_list("pk", "status", "worker_pid"))

    def give_up(row: tuple[int, str, int | None]) -> None:
        task_run_id, status, _ = row
        if status == TaskRunStatus.RUNNING:
            dispatch.publish(store.hand_back(task_run_id, identity.worker_id))
        else:
            store.forget_attempt(task_run_id, identity.worker_id)

    sweep(held, give_up)
    Worker.objects.filter(pk=identity.worker_id).update(stopped_at=Now())
    return {pid for _, _, pid in held if pid is not None}
