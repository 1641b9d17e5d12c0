"""Which workers are alive but take no work, and which queues nobody empties, as canaries tell."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max

from monitoring.models import Canary
from orchestration.engine.clock import database_now
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
    """Live workers that hold no work, and took neither work nor a canary while others of their queue took several."""
    now = database_now()
    recent = Canary.objects.filter(sent_at__gt=now - WINDOW, taken_at__isnull=False)
    takers = dict(recent.order_by().values_list("taken_by").annotate(last=Max("taken_at")))
    deaf = []
    for worker in idle_workers():
        if worker.started_at > now - WINDOW:
            continue
        since = takers.get(worker.pk)
        missed = recent.filter(queue__in=worker.queues).exclude(taken_by=worker.pk)
        if since is not None:
            missed = missed.filter(taken_at__gt=since)
        if missed.count() >= ROUNDS * _listeners(worker):
            deaf.append(worker)
    return deaf


def _listeners(worker: Worker) -> int:
    """How many workers share its queues: chance alone passes one over that many times as often."""
    return sum(bool(set(worker.queues) & set(other.queues)) for other in live_workers())


def idle_workers() -> list[Worker]:
    """Live workers that run nothing at this moment."""
    busy = TaskRun.objects.filter(status=TaskRunStatus.RUNNING, worker__isnull=False).values("worker")
    return list(live_workers().exclude(pk__in=busy))
