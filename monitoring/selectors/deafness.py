"""Which workers are alive but take no work, and which queues nobody empties, as canaries tell."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from common.clock import database_now
from monitoring.models import Canary
from orchestration.models import TaskRun, Worker
from orchestration.selectors.workers import live_workers
from orchestration.states import TaskRunStatus

PATIENCE = timedelta(seconds=60)
"""So long a canary may wait in a queue whose workers have places free."""
WINDOW = timedelta(minutes=10)
ROUNDS = 5
"""A worker is called deaf once so many canaries went to others of its queue while it was idle."""


@dataclass(frozen=True, slots=True)
class SilentQueue:
    """Canaries wait in it although its workers have places free."""

    queue: str
    waiting: int
    oldest_seconds: float


def silent_queues() -> list[SilentQueue]:
    """Queues with a live, idle worker whose canaries nobody answers."""
    now = database_now()
    idle = {queue for worker in idle_workers() for queue in worker.queues}
    overdue = Canary.objects.filter(taken_at=None, sent_at__gt=now - WINDOW, sent_at__lt=now - PATIENCE)
    rows = overdue.filter(sent_by__in=live_workers().values("pk")).order_by("sent_at")
    waiting: dict[str, list[float]] = {}
    for queue, sent_at, sent_by in rows.values_list("queue", "sent_at", "sent_by"):
        if queue in idle and not _answered_since(queue, sent_at, sent_by):
            waiting.setdefault(queue, []).append((now - sent_at).total_seconds())
    return [SilentQueue(queue, len(ages), max(ages)) for queue, ages in sorted(waiting.items())]


def _answered_since(queue: str, sent_at: datetime, sent_by: str) -> bool:
    """A later one was taken: this one was lost with its message, which is no sign of deafness."""
    later = Canary.objects.filter(queue=queue, sent_at__gt=sent_at, taken_at__isnull=False)
    if not settings.ORCHESTRATION.has_broker:  # each worker has a queue of its own
        later = later.filter(sent_by=sent_by)
    return later.exists()


def deaf_workers() -> list[Worker]:
    """Live workers that hold no work, and took neither work nor a canary while others of their queue took several.

    How many is several: chance alone passes one over as many times as workers share its queues.
    """
    now = database_now()
    rows = Canary.objects.filter(sent_at__gt=now - WINDOW, taken_at__isnull=False).order_by("taken_at")
    taken = [(queue, by, at) for queue, by, at in rows.values_list("queue", "taken_by", "taken_at") if at]
    last = {by: at for _, by, at in taken}
    queues = [set(worker.queues) for worker in live_workers()]

    def is_deaf(worker: Worker) -> bool:
        since, own = last.get(worker.pk), set(worker.queues)
        missed = sum(queue in own and by != worker.pk and (since is None or at > since) for queue, by, at in taken)
        return missed >= ROUNDS * sum(bool(own & others) for others in queues)

    return [worker for worker in idle_workers() if worker.started_at <= now - WINDOW and is_deaf(worker)]


def idle_workers() -> list[Worker]:
    """Live workers that run nothing at this moment."""
    busy = TaskRun.objects.filter(status=TaskRunStatus.RUNNING, worker__isnull=False).values("worker")
    return list(live_workers().exclude(pk__in=busy))
