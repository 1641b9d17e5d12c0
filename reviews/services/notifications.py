"""The bell of a reviewer."""

from reviews import clock
from reviews.models import Notification, ReviewerProfile


def mark_read(*, reviewer: ReviewerProfile, notification_id: int | None = None) -> int:
    """Mark one notification of a reviewer as read, or all of them; returns how many were unread."""
    rows = Notification.objects.filter(reviewer=reviewer, read_at=None)
    if notification_id is not None:
        rows = rows.filter(pk=notification_id)
    return rows.update(read_at=clock.now())
