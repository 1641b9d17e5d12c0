"""Reviews: how long people took, and what nobody decided in time."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from monitoring.metrics.collector import Collector
from monitoring.metrics.families import Labels
from reviews.models import ReviewRequest
from reviews.states import ReviewStatus

CHUNK = 5_000


def report_reviews(start: datetime, end: datetime, into: Collector) -> int:
    """`reviews`, in the minute their outcome was told: once it was, it can no longer be undone."""
    rows = ReviewRequest.objects.filter(announced_at__gte=start, announced_at__lt=end).order_by()
    columns = rows.values_list("announced_at", "created_at", "effective_at", "status", "task_name")
    found: Iterable[Any] = columns.iterator(chunk_size=CHUNK)
    number = 0
    for announced, created, effective, status, task in found:
        number += 1
        summary = into.at("reviews", announced, Labels(task=task))
        summary.tally(ok=status == ReviewStatus.DECIDED, error=status == ReviewStatus.EXPIRED)
        summary.add_value((effective - created).total_seconds())
    return number
