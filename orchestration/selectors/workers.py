"""Reading workers."""

from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Now

from orchestration.models import Worker


def live_workers() -> QuerySet[Worker]:
    """Workers of Celery that gave a sign of life within a lease."""
    patience = timedelta(seconds=settings.ORCHESTRATION.lease_seconds)
    return Worker.objects.filter(stopped_at=None, heartbeat_at__gt=Now() - patience).exclude(pool="inline")
