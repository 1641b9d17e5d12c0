"""What the dashboard shows of a stretch of time: sums step by step, distributions of executions, failure patterns.

Sums are added up by the database, so that the number of label sets does not matter; only what needs a distribution
reads sketches. The stretch begins at a whole step, so that hours and days are used where they are sealed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import FloatField, Max, Min, Q, QuerySet, Sum

from monitoring.metrics.families import LABELS, family
from monitoring.metrics.ranges import Piece, floor, pieces
from monitoring.metrics.summary import Summary
from monitoring.models import Rollup
from monitoring.selectors.metrics import read_pieces, sealed_levels
from monitoring.services.storing import SUMMARY_COLUMNS, read_summary
from monitoring.states import Level

Steps = dict[datetime, Summary]


@dataclass(frozen=True, slots=True)
class Period:
    """From a whole step to now; the last step is not over. Up to when levels were sealed then is read once."""

    start: datetime
    end: datetime
    step: timedelta
    sealed: Mapping[Level, datetime | None] = field(default_factory=sealed_levels)

    @classmethod
    def until(cls, end: datetime, span: timedelta, step: timedelta) -> "Period":
        return cls(floor(end - span, int(step.total_seconds())), end, step)

    @property
    def steps(self) -> list[datetime]:
        number = -(-(self.end - self.start) // self.step)
        return [self.start + index * self.step for index in range(int(number))]

    @property
    def seconds(self) -> float:
        return (self.end - self.start).total_seconds()

    def place(self, at: datetime) -> datetime:
        return floor(at, int(self.step.total_seconds()))


def period_pieces(period: Period) -> list[Piece]:
    """Roll-ups no longer than a step."""
    seconds = int(period.step.total_seconds())
    usable = {level: until for level, until in period.sealed.items() if seconds % level == 0}
    return list(pieces(period.start, period.end, usable))


def step_sums(families: Sequence[str], period: Period, pipeline: str = "") -> dict[str, Steps]:
    """Family → step → its counts, sums and extremes, without distributions.

    Of one pipeline where a family is kept by pipeline, else of everything. Two queries for each level used.
    """
    found: dict[str, Steps] = {name: {} for name in families}
    gauges = [name for name in families if family(name).is_gauge]
    derived = [name for name in families if name not in gauges]
    for piece in period_pieces(period):
        for rows in _sums(piece, derived, gauges, pipeline):
            for name, at, *figures in rows:
                found[name].setdefault(period.place(at), Summary()).merge(Summary(*figures))
    return found


def _sums(
    piece: Piece, derived: Sequence[str], gauges: Sequence[str], pipeline: str
) -> Iterable["QuerySet[Rollup, Any]"]:
    rows = Rollup.objects.filter(level=piece.level, at__gte=piece.start, at__lt=piece.end)
    if derived:
        chosen = rows.filter(family__in=derived)
        yield _added(chosen.filter(series__pipeline=pipeline) if pipeline else chosen)
    if gauges:
        yield _added(rows.filter(reduce(or_, (_gauge(name, pipeline) for name in gauges))))


def _gauge(name: str, pipeline: str) -> Q:
    """Its row of everything together, or of the pipeline."""
    wanted = dict.fromkeys(LABELS, "")
    if "pipeline" in family(name).labels:
        wanted["pipeline"] = pipeline
    return Q(family=name, **{f"series__{label}": value for label, value in wanted.items()})


def _added(rows: "QuerySet[Rollup]") -> "QuerySet[Rollup, Any]":
    """(family, at, and the fields of a summary in their order)."""
    sums = [Sum(name) for name in ("count", "ok", "error", "total")]
    return rows.order_by().values_list("family", "at").annotate(*sums, Min("minimum"), Max("maximum"))


def step_summaries(name: str, period: Period, scope: Mapping[str, str]) -> Steps:
    """Step → everything kept of one family, with its distribution."""
    found: Steps = {}
    for _, _, at, summary in read_pieces(period_pieces(period), [name], scope, ()):
        found.setdefault(period.place(at), Summary()).merge(summary)
    return found


@dataclass(frozen=True, slots=True)
class Pattern:
    """Failed attempts with the same code at the same task."""

    pipeline: str
    task: str
    code: str
    count: int


def failure_patterns(period: Period, pipeline: str = "", most: int = 8) -> list[Pattern]:
    """The most frequent, in one query."""
    rows = _rows_of("failures", period)
    if pipeline:
        rows = rows.filter(series__pipeline=pipeline)
    keys = [f"series__{label}" for label in ("pipeline", "task", "detail")]
    found = rows.order_by().values_list(*keys).annotate(n=Sum("count")).order_by("-n", *keys)
    return [Pattern(*row) for row in found[:most]]


@dataclass(frozen=True, slots=True)
class Slow:
    """A label set with what was measured of it."""

    labels: tuple[str, ...]
    summary: Summary


def slowest_groups(name: str, period: Period, pipeline: str, by: Sequence[str], most: int = 10) -> list[Slow]:
    """Those whose events took longest on average, worst first: chosen by the database, then read with distributions."""
    keys = [f"series__{label}" for label in by]
    rows = _rows_of(name, period)
    if pipeline:
        rows = rows.filter(series__pipeline=pipeline)
    ranked = rows.order_by().values_list(*keys).annotate(mean=Sum("total") / Sum("count", output_field=FloatField()))
    chosen = [tuple(row[:-1]) for row in ranked.order_by("-mean", *keys)[:most]]
    found = group_summaries(name, period, by, chosen)
    return [Slow(labels, found[labels]) for labels in chosen]


def group_summaries(
    name: str, period: Period, by: Sequence[str], groups: Sequence[tuple[str, ...]]
) -> dict[tuple[str, ...], Summary]:
    """What was measured of each of a few label sets; empty for those with nothing there."""
    found: dict[tuple[str, ...], Summary] = {group: Summary() for group in groups}
    if not groups:
        return found
    keys = [f"series__{label}" for label in by]
    named = reduce(or_, (Q(**dict(zip(keys, group, strict=True))) for group in groups))
    rows = _rows_of(name, period).filter(named).values(*keys, *SUMMARY_COLUMNS)
    for row in rows.iterator(chunk_size=2_000):
        found[tuple(row[key] for key in keys)].merge(read_summary(row))
    return found


def _rows_of(name: str, period: Period) -> "QuerySet[Rollup]":
    """Roll-ups of one family over the whole period, of whatever level is sealed; each term has the index's columns."""
    stretch = pieces(period.start, period.end, period.sealed)
    terms = (Q(level=one.level, family=name, at__gte=one.start, at__lt=one.end) for one in stretch)
    return Rollup.objects.filter(reduce(or_, terms))
