"""Deriving roll-ups from rows: the minutes since the watermark again and again until they are sealed, then hours, days.

A minute is sealed `LATE_SECONDS` after its end; until then it is derived anew each time, so that what is committed late
is counted. Reading happens outside any transaction; writing is one short one, and only if nobody moved the watermark
meanwhile, so two tickers at once do no harm and a kill at any point loses nothing.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Min

from common.clock import database_now
from monitoring.exceptions import InvalidRange
from monitoring.metrics.ranges import ceiling, floor
from monitoring.metrics.sources import collect
from monitoring.models import Rollup, Watermark
from monitoring.services.storing import Entry, add_to_totals, replace_rollups, series_ids, stored_entries
from monitoring.services.switch import is_active
from monitoring.states import Level
from orchestration.models import Execution

LATE_SECONDS = 60
BLOCK = timedelta(hours=1)
"""As much is read at once while catching up."""
BUDGET_SECONDS = 1.0
ABOVE = {Level.MINUTE: Level.HOUR, Level.HOUR: Level.DAY}


@dataclass(frozen=True, slots=True)
class Advance:
    """What one block came to: roll-ups written, and whether it reached the present."""

    written: int
    is_current: bool


def roll_up(*, now: datetime | None = None, budget_seconds: float = BUDGET_SECONDS) -> int:
    """Bring the roll-ups up to now, block by block until the time is up; returns how many were written. A duty."""
    if not is_active():
        return 0
    deadline, written = time.monotonic() + budget_seconds, 0
    while True:
        done = _advance(now or database_now())
        written += done.written
        if done.is_current or time.monotonic() >= deadline:
            return written


def _advance(now: datetime) -> Advance:
    sealed = _sealed_until(Level.MINUTE)
    start = sealed or _first_minute(now)
    # The last block reaches the present whatever the hour, since the newest minutes are derived again and again.
    end = ceiling(now, Level.MINUTE) if now - start <= BLOCK else floor(start + BLOCK, Level.HOUR)
    if start >= end:
        return Advance(0, is_current=True)
    collector, _ = collect(start, end)
    with transaction.atomic():
        if lock_watermark() != sealed:
            return Advance(0, is_current=True)  # another ticker did it meanwhile
        ids = series_ids(collector.labels)
        entries = [Entry(family, ids[labels], at, summary) for family, at, labels, summary in collector]
        written = replace_rollups(Level.MINUTE, start, end, entries, derived=True)
        until = max(start, min(end, floor(now - timedelta(seconds=LATE_SECONDS), Level.MINUTE)))
        add_to_totals(entry for entry in entries if entry.at < until)
        _seal(Level.MINUTE, until)
        written += sum(_merge_up(level) for level in (Level.MINUTE, Level.HOUR))
    return Advance(written, is_current=end >= floor(now, Level.MINUTE))


def _first_minute(now: datetime) -> datetime:
    """Where to begin: at the first execution, but no further back than minutes are kept."""
    first: datetime | None = Execution.objects.aggregate(first=Min("created_at"))["first"]
    kept = now - timedelta(days=settings.ORCHESTRATION.metrics_retention_days)
    return floor(max(first or now, kept), Level.MINUTE)


def _sealed_until(level: Level) -> datetime | None:
    return Watermark.objects.filter(level=level).values_list("sealed_until", flat=True).first()


def needed_from() -> datetime | None:
    """Rows that ended at or after this time have not been counted for good; None while monitoring is switched off."""
    return _sealed_until(Level.MINUTE) if settings.ORCHESTRATION.monitoring_enabled else None


def lock_watermark() -> datetime | None:
    """Keep everybody else from writing roll-ups until the transaction ends; returns up to when minutes are sealed."""
    row, _ = Watermark.objects.select_for_update().get_or_create(level=Level.MINUTE)
    return row.sealed_until


def _seal(level: Level, until: datetime) -> None:
    Watermark.objects.update_or_create(level=level, defaults={"sealed_until": until})


def _merge_up(level: Level) -> int:
    """Merge what is sealed of a level into the whole stretches of the level above."""
    above = ABOVE[level]
    ready, done = _sealed_until(level), _sealed_until(above)
    if ready is None:
        return 0
    end = floor(ready, above)
    start = done or _first_stored(level, above)
    if start is None or start >= end:
        return 0
    written = _remerge(level, start, end)
    _seal(above, end)
    return written


def _first_stored(level: Level, above: Level) -> datetime | None:
    first = Rollup.objects.filter(level=level).aggregate(first=Min("at"))["first"]
    return floor(first, above) if first else None


def _remerge(level: Level, start: datetime, end: datetime) -> int:
    above = ABOVE[level]
    written = 0
    for low, high in _stretches(start, end, above):
        merged = [
            Entry(entry.family, entry.series, floor(entry.at, above), entry.summary)
            for entry in stored_entries(level, low, high)
        ]
        written += replace_rollups(above, low, high, merged, derived=False)
    return written


def _stretches(start: datetime, end: datetime, level: Level) -> Iterator[tuple[datetime, datetime]]:
    step = timedelta(seconds=level)
    while start < end:
        yield start, start + step
        start += step


def derive_again(*, start: datetime, end: datetime) -> int:
    """Derive sealed minutes anew, with totals, hours and days above them; returns how many roll-ups were written.

    For rows that came too late, or were imported. Raises `InvalidRange` where the minutes, or the rows they are made
    of, are no longer kept.
    """
    config = settings.ORCHESTRATION
    kept = database_now() - timedelta(days=min(config.metrics_retention_days, config.finished_retention_days))
    start, end = floor(start, Level.MINUTE), ceiling(min(end, database_now()), Level.MINUTE)
    if start < ceiling(kept, Level.HOUR) or start >= end:
        raise InvalidRange(f"{start:%Y-%m-%d %H:%M}: only what ended since {kept:%Y-%m-%d %H:%M} can be derived again")
    return sum(_derive_block(low, min(high, end)) for low, high in _stretches(start, end, Level.HOUR))


def _derive_block(start: datetime, end: datetime) -> int:
    collector, _ = collect(start, end)
    with transaction.atomic():
        sealed = lock_watermark()
        ids = series_ids(collector.labels)
        entries = [Entry(family, ids[labels], at, summary) for family, at, labels, summary in collector]
        before = stored_entries(Level.MINUTE, start, end, derived=True)
        if sealed is not None:
            add_to_totals((entry for entry in before if entry.at < sealed), times=-1)
            add_to_totals(entry for entry in entries if entry.at < sealed)
        written = replace_rollups(Level.MINUTE, start, end, entries, derived=True)
        for level, above in ABOVE.items():
            until = _sealed_until(above)
            low, high = floor(start, above), ceiling(end, above)
            if until is not None and low < until:
                written += _remerge(level, low, min(high, until))
    return written
