"""Hours of counts into days: what lies more than a day back is counted by the day (UTC), in the same table.

A day's row has the day's midnight as its hour. `period_start` says from where to read, so that nothing is read in part.
Processes only add to the hour that is, so merging meets none of them; a second merger finds nothing left.
"""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from django.db import transaction

from orchestration.cache.analytics import Line, Sums, add_rows
from orchestration.models import CacheCount

HOURS_KEPT = 24
"""Periods up to this long are told by the hour."""
BATCH = 1_000
DAY = timedelta(days=1)


def period_start(now: datetime, hours: float) -> datetime:
    """The beginning of the hour that was `hours` ago; of the day (UTC), where that is more than `HOURS_KEPT`."""
    since = (now.astimezone(UTC) - timedelta(hours=hours)).replace(minute=0, second=0, microsecond=0)
    return since if hours <= HOURS_KEPT else since.replace(hour=0)


def merge_hours(deadline: float, now: datetime | None = None) -> int:
    """Merge the days that no period needs by the hour any more; returns how many rows of hours are gone.

    `deadline` on the monotonic clock. One query for each day that is merged already.
    """
    # The longest period by the hour begins with a whole hour, so somewhat more than HOURS_KEPT ago.
    until = period_start(now or datetime.now(UTC), HOURS_KEPT + 1)
    at, gone = datetime.min.replace(tzinfo=UTC), 0
    while time.monotonic() < deadline:
        rows = CacheCount.objects.filter(hour__gt=at, hour__lt=until).order_by("hour")
        hour = rows.values_list("hour", flat=True).first()
        if hour is None:
            break
        at = hour.replace(hour=0)
        while hour > at and time.monotonic() < deadline and (merged := _merge_batch(at)):
            gone += merged
    return gone


def _merge_batch(day: datetime) -> int:
    """Add some rows of a day's hours to the day's: how many; 0 when none is left."""
    with transaction.atomic():
        rows = CacheCount.objects.filter(hour__gt=day, hour__lt=day + DAY).order_by("hour", "pk")
        found = list(rows.select_for_update()[:BATCH])
        if found:
            add_rows(day, _summed(found))
            CacheCount.objects.filter(pk__in=[row.pk for row in found]).delete()
        return len(found)


def _summed(rows: list[CacheCount]) -> Mapping[Line, Sums]:
    found: dict[Line, Sums] = {}
    for row in rows:
        line = Line(*(getattr(row, name) for name in Line._fields))
        found.setdefault(line, Sums()).add(Sums.of(row))
    return found
