"""Workers as a page lists them: alive ones first, with the tasks in hand and what they use of their machine."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from common.clock import database_now
from monitoring.models import WorkerSample
from monitoring.selectors.deafness import deaf_workers
from orchestration.models import TaskRun, Worker
from orchestration.selectors.workers import live_workers

MOST = 100
SHOWN_TASKS = 5
SEEN = timedelta(days=1)


@dataclass(slots=True)
class WorkerRow:
    """`tasks` are the first few it runs; `busy` is how many."""

    worker: Worker
    is_alive: bool
    is_deaf: bool
    sample: WorkerSample | None
    busy: int = 0
    tasks: list[TaskRun] = field(default_factory=list)


def worker_rows() -> tuple[Sequence[WorkerRow], bool]:
    """Those seen in the last day, and whether there are more than are told. Five queries."""
    alive = {str(key) for key in live_workers().values_list("pk", flat=True)}
    seen = Worker.objects.filter(heartbeat_at__gt=database_now() - SEEN, stopped_at=None).order_by("-heartbeat_at")
    found = sorted(seen[: MOST + 1], key=lambda worker: (str(worker.pk) not in alive, str(worker)))
    deaf = {str(worker.pk) for worker in deaf_workers()}
    keys = [worker.pk for worker in found[:MOST]]
    samples = WorkerSample.objects.in_bulk([str(key) for key in keys])
    rows = {
        str(worker.pk): WorkerRow(worker, str(worker.pk) in alive, str(worker.pk) in deaf, samples.get(str(worker.pk)))
        for worker in found[:MOST]
    }
    for task in _in_hand(keys):
        row = rows[str(task.worker_id)]
        row.busy += 1
        if len(row.tasks) < SHOWN_TASKS:
            row.tasks.append(task)
    return list(rows.values()), len(found) > MOST


def _in_hand(keys: Sequence[str]) -> Sequence[TaskRun]:
    """As many as they have places for; the index of what is in flight."""
    columns = ("name", "execution_id", "worker_id", "started_at")
    return list(TaskRun.objects.filter(worker__in=keys, status="running").only(*columns).order_by("started_at"))
