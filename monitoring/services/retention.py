"""Throwing away what monitoring no longer needs, in small batches; nothing before the level above it is sealed."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, Model, OuterRef, QuerySet

from common.clock import database_now
from monitoring.metrics.families import all_families
from monitoring.metrics.ranges import floor
from monitoring.models import Alert, Canary, Rollup, Series, Silence, Watermark, WorkerSample
from monitoring.states import AlertStatus, Level

BATCH = 1_000
MOST_BATCHES = 20
"""In one call; the rest goes with the next."""
TIMES_KEPT = {Level.MINUTE: 1, Level.HOUR: 12, Level.DAY: 100}
"""How long a level is kept, in METRICS_RETENTION_DAYS: with 7 days, hours for 12 weeks and days for 100."""
SHORT_LIFE = timedelta(days=1)


def prune_metrics() -> int:
    """Delete roll-ups past their retention; returns how many. A ticker duty."""
    now = database_now()
    deleted = sum(_prune_level(level, now) for level in Level)
    return deleted + _prune_series()


def kept_since(level: Level, now: datetime) -> datetime:
    """The oldest moment whose roll-ups of this level are kept."""
    days = settings.ORCHESTRATION.metrics_retention_days * TIMES_KEPT[level]
    return floor(now - timedelta(days=days), max(level, Level.HOUR))


def _prune_level(level: Level, now: datetime) -> int:
    before = kept_since(level, now)
    above = {Level.MINUTE: Level.HOUR, Level.HOUR: Level.DAY}.get(level)
    if above is not None:
        sealed = Watermark.objects.filter(level=above).values_list("sealed_until", flat=True).first()
        if sealed is None:
            return 0
        before = min(before, sealed)
    # Family by family, so that the index by level, family and time finds them.
    stale = [Rollup.objects.filter(level=level, family=family.name, at__lt=before) for family in all_families()]
    return sum(_delete(rows) for rows in stale)


def _prune_series() -> int:
    """Label sets nothing is kept of any more, so that others find room."""
    used = Rollup.objects.filter(series=OuterRef("pk"))
    unused = Series.objects.filter(~Exists(used)).values_list("pk", flat=True)
    # Its total goes with it; a counter that nobody has moved for so long may begin again.
    keys = list(unused.order_by("pk")[:BATCH])
    if not keys:
        return 0
    return Series.objects.filter(pk__in=keys).delete()[0]


def prune_records() -> int:
    """Delete alerts that ended long ago, with what was said of them; silences, canaries and looks at workers."""
    now = database_now()
    long_ago = now - timedelta(days=settings.ORCHESTRATION.finished_retention_days)
    return sum((
        _delete(Alert.objects.filter(status=AlertStatus.RESOLVED, started_at__lt=long_ago, resolved_at__lt=long_ago)),
        _delete(Silence.objects.filter(ends_at__lt=long_ago)),
        _delete(Canary.objects.filter(sent_at__lt=now - SHORT_LIFE)),
        _delete(WorkerSample.objects.filter(at__lt=now - SHORT_LIFE)),
    ))  # fmt: skip


def _delete(rows: "QuerySet[Model]") -> int:
    deleted = 0
    for _ in range(MOST_BATCHES):
        keys = list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])
        if keys:
            rows.model._default_manager.filter(pk__in=keys).delete()
        deleted += len(keys)
        if len(keys) < BATCH:
            break
    return deleted
