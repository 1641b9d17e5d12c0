"""Writing summaries as rows: label sets with their cap, roll-ups of a level, totals since the beginning.

Everything here runs inside the caller's transaction, which holds the lock on the watermark.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from monitoring.metrics.families import Labels, derived_families
from monitoring.metrics.summary import Summary
from monitoring.models import LifetimeTotal, Rollup, Series
from monitoring.sketch import Sketch
from monitoring.states import Level

MOST_SERIES = 5_000
"""Label sets; those that come later are counted under `(other)`, for their pipeline as long as there are not as many of
these again."""
BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One summary of one family and label set, in the stretch that begins at `at`."""

    family: str
    series: int
    at: datetime
    summary: Summary


def series_ids(wanted: set[Labels]) -> dict[Labels, int]:
    """Label set → the series it is counted under; new ones are made while there is room."""
    found = _read_series(wanted)
    missing = sorted(wanted - found.keys())
    if not missing:
        return found
    places = {labels: _chosen(labels, room) for labels, room in zip(missing, _rooms(), strict=False)}
    new = set(places.values()) - found.keys()
    Series.objects.bulk_create(
        [Series(**labels._asdict()) for labels in sorted(new)], ignore_conflicts=True, batch_size=BATCH
    )
    found |= _read_series(new | set(places.values()))
    return {labels: found[places.get(labels, labels)] for labels in wanted}


def _rooms() -> Iterator[int]:
    """For each new label set in turn: how many there are already."""
    taken = Series.objects.count()
    while True:
        yield taken
        taken += 1


def _chosen(labels: Labels, taken: int) -> Labels:
    if taken < MOST_SERIES:
        return labels
    folded = labels.folded()
    return folded[0] if taken < 2 * MOST_SERIES else folded[-1]


def _read_series(wanted: set[Labels]) -> dict[Labels, int]:
    columns = ("pipeline", "task", "model", "detail", "pk")
    rows = Series.objects.filter(pipeline__in={labels.pipeline for labels in wanted}).values_list(*columns)
    known = {Labels(*labels): pk for *labels, pk in rows.iterator()}
    return {labels: known[labels] for labels in wanted if labels in known}


def replace_rollups(level: Level, start: datetime, end: datetime, entries: Iterable[Entry], *, derived: bool) -> int:
    """Make `entries` the roll-ups of that time: of the derived families alone, or of all. Returns how many."""
    stale = Rollup.objects.filter(level=level, at__gte=start, at__lt=end)
    (stale.filter(family__in=derived_families()) if derived else stale).delete()
    merged: dict[tuple[str, int, datetime], Summary] = {}
    for entry in entries:
        merged.setdefault((entry.family, entry.series, entry.at), Summary()).merge(entry.summary)
    _insert(level, merged)
    return len(merged)


_COLUMNS = ("level", "family", "series_id", "at", "count", "ok", "error", "total", "minimum", "maximum", "sketch")
_INSERT = f"INSERT INTO {Rollup._meta.db_table} ({', '.join(_COLUMNS)}) VALUES ({', '.join(['%s'] * len(_COLUMNS))})"  # noqa: S608 - names of ours


def _insert(level: Level, merged: Mapping[tuple[str, int, datetime], Summary]) -> None:
    """Past the ORM, which takes four times as long: tens of thousands of rows while catching up."""
    adapt = connection.ops.adapt_datetimefield_value
    rows = (
        (int(level), family, series, adapt(at), *_counts(summary), summary.minimum, summary.maximum, _packed(summary))
        for (family, series, at), summary in merged.items()
    )
    with connection.cursor() as cursor:
        cursor.executemany(_INSERT, list(rows))


def _counts(summary: Summary) -> tuple[int, int, int, float]:
    return summary.count, summary.ok, summary.error, summary.total


def _packed(summary: Summary) -> bytes | None:
    return summary.sketch.to_bytes() if summary.sketch else None


def add_to_totals(entries: Iterable[Entry], *, times: int = 1) -> None:
    """Count summaries in the totals since the beginning; `times=-1` takes them out again."""
    changes: dict[tuple[str, int], Summary] = {}
    for entry in entries:
        changes.setdefault((entry.family, entry.series), Summary()).merge(entry.summary)
    if not changes:
        return
    rows = LifetimeTotal.objects.filter(series__in={series for _, series in changes})
    # Without their keys, so that all go in by one statement, which updates those that are there.
    known = {(row.family, row.series_id): _without_key(row) for row in rows}
    for key, change in changes.items():
        row = known.get(key)
        if row is None:
            row = known[key] = LifetimeTotal(family=key[0], series_id=key[1], count=0)
        _change(row, change, times)
    LifetimeTotal.objects.bulk_create(
        [known[key] for key in changes],
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["family", "series"],
        update_fields=["count", "ok", "error", "total", "sketch"],
    )


def _without_key(row: LifetimeTotal) -> LifetimeTotal:
    row.pk = None
    return row


def _change(row: LifetimeTotal, change: Summary, times: int) -> None:
    row.count += times * change.count
    row.ok += times * change.ok
    row.error += times * change.error
    row.total += times * change.total
    if change.sketch is not None:
        sketch = Sketch.from_bytes(row.sketch) if row.sketch else Sketch()
        sketch.merge(change.sketch, times)
        row.sketch = sketch.to_bytes()


def read_summary(row: Mapping[str, Any]) -> Summary:
    """The summary in the columns of a roll-up."""
    return Summary(
        count=row["count"],
        ok=row["ok"],
        error=row["error"],
        total=row["total"],
        minimum=row["minimum"],
        maximum=row["maximum"],
        sketch=Sketch.from_bytes(row["sketch"]) if row["sketch"] is not None else None,
    )


SUMMARY_COLUMNS = ("count", "ok", "error", "total", "minimum", "maximum", "sketch")


def stored_entries(level: Level, start: datetime, end: datetime, *, derived: bool = False) -> list[Entry]:
    """The roll-ups of a stretch of time, of all families or of the derived ones."""
    rows = Rollup.objects.filter(level=level, at__gte=start, at__lt=end)
    if derived:
        rows = rows.filter(family__in=derived_families())
    columns = ("family", "series_id", "at", *SUMMARY_COLUMNS)
    return [Entry(row["family"], row["series_id"], row["at"], read_summary(row)) for row in rows.values(*columns)]
