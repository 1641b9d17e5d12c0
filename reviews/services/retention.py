"""What may go after a while: messages that arrived. Reviews, decisions and their history are never pruned here."""

from datetime import timedelta

from django.conf import settings

from reviews import clock
from reviews.models import Notice, Notification
from reviews.states import NoticeStatus

BATCH = 5_000


def prune_messages() -> int:
    """Delete sent notices with their deliveries, and read notifications, older than FINISHED_RETENTION_DAYS.

    At most 5,000 of each per call; returns how many. A ticker duty.
    """
    before = clock.now() - timedelta(days=settings.ORCHESTRATION.finished_retention_days)
    sent = Notice.objects.filter(status=NoticeStatus.SENT, created_at__lt=before).order_by("pk")[:BATCH]
    read = Notification.objects.filter(read_at__isnull=False, created_at__lt=before).order_by("pk")[:BATCH]
    notices, notifications = list(sent.values_list("pk", flat=True)), list(read.values_list("pk", flat=True))
    Notice.objects.filter(pk__in=notices).delete()
    Notification.objects.filter(pk__in=notifications).delete()
    return len(notices) + len(notifications)
