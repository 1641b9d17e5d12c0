"""Reading workers."""

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Now

from orchestration.models import Worker


def live_workers() -> QuerySet[Worker]:
    """Workers of Celery that gave a sign of life within a lease."""
    patience = timedelta(seconds=settings.ORCHESTRATION.lease_seconds)
    return Worker.objects.filter(stopped_at=None, heartbeat_at__gt=Now() - patience).exclude(pool="inline")


def why_nobody_takes(queue: str, task_type: str, workers: Sequence[Worker]) -> str:
    """Why none of the live workers takes such a task; what helps comes after a semicolon. "" when one does."""
    if not workers:
        return "no worker is running; start one with: celery -A config worker"
    listening = [worker for worker in workers if queue in worker.queues]
    if not listening:
        return nobody_listens(queue)
    if any(task_type in worker.task_types for worker in listening):
        return ""
    if any(task_type in worker.task_types for worker in workers):
        mend = "name its module in their TASK_HANDLER_MODULES and restart them, or give the task another queue"
        return f'no worker of the queue "{queue}" has a handler for "{task_type}"; {mend}'
    mend = "name its module in TASK_HANDLER_MODULES and restart the workers"
    return f'no worker has a handler for "{task_type}"; {mend}'


def nobody_listens(queue: str) -> str:
    return f'no worker listens to the queue "{queue}"; start one with: celery -A config worker --queues={queue}'
