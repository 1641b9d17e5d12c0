"""Canaries: tiny jobs through every queue, that find a worker which is alive but takes no work.

Every worker sends one into each of its queues once a minute, so a queue carries about as many as it has workers, and an
idle worker that listens gets some. Without a broker a worker's queue is its own, and so are its canaries.
"""

from django.db.models.functions import Now

from monitoring.models import Canary
from orchestration.engine import dispatch

JOB = "monitoring.canary"


def send_canaries(*, worker_id: str, queues: tuple[str, ...]) -> int:
    """Send one into each queue; returns how many the broker took. One it did not take is never answered either."""
    sent = 0
    for queue in queues:
        canary = Canary.objects.create(queue=queue, sent_by=worker_id, sent_at=Now())
        sent += dispatch.send_job(JOB, queue=queue, args=(canary.pk,))
    return sent


def take_canary(*, canary_id: int, worker_id: str) -> bool:
    """Answer a canary; False when somebody has."""
    mine = Canary.objects.filter(pk=canary_id, taken_at=None)
    return bool(mine.update(taken_by=worker_id, taken_at=Now()))
