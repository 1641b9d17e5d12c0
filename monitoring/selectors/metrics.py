"""Reading metrics: of any stretch of time, limited to labels, grouped by labels, as one value or as a series."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.db.models import Q

from common.clock import EARLIEST, LATEST, database_now
from monitoring.exceptions import InvalidRange, UnknownMetric
from monitoring.metrics.catalogue import QUANTILES, Metric, find_metric
from monitoring.metrics.families import Label, all_families, family
from monitoring.metrics.ranges import Piece, ceiling, floor, pieces
from monitoring.metrics.summary import Summary
from monitoring.models import Rollup, Series, Watermark
from monitoring.services.storing import SUMMARY_COLUMNS, read_summary
from monitoring.states import Level
from orchestration.selectors.pipelines import find_version

Scope = Mapping[str, str]
Group = tuple[str, ...]
Grouped = dict[Group, dict[str, Summary]]
MOST_POINTS = 2_000
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Measured:
    """A metric of one group: `labels` are those it was grouped by."""

    labels: Mapping[str, str]
    value: float | None
    samples: int


@dataclass(frozen=True, slots=True)
class Point:
    """A metric over the step that begins at `at`."""

    at: datetime
    value: float | None
    samples: int


def sealed_levels() -> dict[Level, datetime | None]:
    return {Level(row.level): row.sealed_until for row in Watermark.objects.all()}


def summaries(
    families: Iterable[str], start: datetime, end: datetime, scope: Scope | None = None, by: Sequence[Label] = ()
) -> Grouped:
    """Group → family → summary, over the minutes from `start` to `end`; groups that have anything there."""
    grouped: Grouped = {}
    for group, name, _, summary in read_pieces(pieces(start, end, sealed_levels()), families, scope or {}, by):
        grouped.setdefault(group, {}).setdefault(name, Summary()).merge(summary)
    return grouped


def measure(
    name: str, *, start: datetime, end: datetime, scope: Scope | None = None, by: Sequence[Label] = ()
) -> list[Measured]:
    """A metric over a stretch of time; without grouping always one.

    Raises `UnknownMetric`, `InvalidRange`, `PipelineNotFound`.
    """
    metric = find_metric(name)
    _check_order(start, end)
    _check_asked(f'"{metric.name}"', metric.labels, scope or {}, by)
    found = summaries(metric.families, start, end, scope, by) or ({} if by else {(): {}})
    seconds = _seconds_read(start, end)
    return [measured(metric, group, of, by, seconds) for group, of in sorted(found.items())]


def measured(
    metric: Metric, group: Group, found: Mapping[str, Summary], by: Sequence[Label], seconds: float
) -> Measured:
    """The value of one group of `summaries`."""
    labels: dict[str, str] = dict(zip(by, group, strict=True))
    return Measured(labels, metric.measure(found, seconds), metric.samples(found))


def metric_series(
    name: str,
    *,
    start: datetime,
    end: datetime,
    step: timedelta,
    scope: Scope | None = None,
    by: Sequence[Label] = (),
) -> dict[Group, list[Point]]:
    """A metric step by step, each group's points in order without a gap; for charts.

    Steps are whole minutes and begin at whole multiples of their length.
    Raises `InvalidRange`, `UnknownMetric`, `PipelineNotFound`.
    """
    metric = find_metric(name)
    _check_asked(f'"{metric.name}"', metric.labels, scope or {}, by)
    steps = _steps(start, end, step)
    found: dict[Group, dict[datetime, dict[str, Summary]]] = {} if by else {(): {}}
    for group, of, at, summary in read_pieces(_pieces_for(steps, step), metric.families, scope or {}, by):
        place = found.setdefault(group, {}).setdefault(floor(at, int(step.total_seconds())), {})
        place.setdefault(of, Summary()).merge(summary)
    present = database_now()
    seconds = [_seconds_between(at, at + step, present) for at in steps]  # the last one may still run
    return {
        group: [
            Point(at, metric.measure(of.get(at, {}), lasted), metric.samples(of.get(at, {})))
            for at, lasted in zip(steps, seconds, strict=True)
        ]
        for group, of in sorted(found.items())
    }


def percentiles(
    name: str = "executions", *, start: datetime, end: datetime, scope: Scope | None = None
) -> dict[str, float | int | None]:
    """`count min mean p50 p90 p95 p99 max` of a family's values (seconds); None where there are none.

    Raises `UnknownMetric`, `InvalidRange`, `PipelineNotFound`.
    """
    known = {one.name: one.labels for one in all_families() if one.has_values}
    if name not in known:
        raise UnknownMetric(f'no durations are kept of "{str(name)[:100]}", only of {", ".join(known)}')
    _check_asked(f'"{name}"', known[name], scope or {})
    _check_order(start, end)
    found = summaries([name], start, end, scope).get((), {}).get(name) or Summary()
    shares = {kind: found.quantile(share) for kind, share in QUANTILES.items()}
    return {"count": found.values, "min": found.minimum, "mean": found.mean, **shares, "max": found.maximum}


def distribution(name: str, *, start: datetime, end: datetime, scope: Scope | None = None) -> Summary:
    """Everything kept of a family's values in a stretch of time: for histograms and comparisons."""
    return summaries([name], start, end, scope).get((), {}).get(name) or Summary()


def data_until() -> datetime | None:
    """Up to when minutes are sealed: later figures may still grow."""
    return sealed_levels().get(Level.MINUTE)


def period(start: datetime | None, end: datetime | None, length: timedelta = HOUR) -> tuple[datetime, datetime]:
    """Both ends, checked: until now, and `length` back, unless said otherwise. Raises `InvalidRange`."""
    end = database_now() if end is None else end
    _check_moment("end", end)
    start = end - min(length, end - EARLIEST) if start is None else start
    _check_order(start, end)
    return start, end


def check_pipeline(pipeline_id: str) -> None:
    """Raises `PipelineNotFound` for a pipeline that is not registered, unless something of it is still measured."""
    if not pipeline_id or not Series.objects.filter(pipeline=pipeline_id).exists():
        find_version(pipeline_id=pipeline_id)


def _check_asked(what: str, labels: Sequence[Label], scope: Scope, by: Sequence[Label] = ()) -> None:
    """Raises `InvalidRange` for labels that it is not kept by, `PipelineNotFound`."""
    unknown = [label for label in (*scope, *by) if label not in labels]
    if unknown:
        known = ", ".join(labels) or "no label"
        raise InvalidRange(f"{what} is not kept by {', '.join(unknown)}; it is kept by {known}")
    if "pipeline" in scope:
        check_pipeline(scope["pipeline"])


def _check_moment(which: str, at: object) -> None:
    if not isinstance(at, datetime) or at.tzinfo is None:
        raise InvalidRange(
            f"the {which} has to be a datetime with a time zone, such as datetime(2026, 1, 31, tzinfo=UTC), not {at!r}"
        )
    if not EARLIEST <= at <= LATEST:
        raise InvalidRange(f"the {which} has to be between the years 1 and 9999, days at their edges left out")


def _check_order(start: datetime, end: datetime) -> None:
    _check_moment("start", start)
    _check_moment("end", end)
    if start >= end:
        raise InvalidRange("the start has to be before the end")


def _seconds_read(start: datetime, end: datetime) -> float:
    """How long the minutes are that `summaries` reads: whole ones, and the one that runs as far as it has come."""
    return _seconds_between(floor(start, Level.MINUTE), ceiling(end, Level.MINUTE), database_now())


def _seconds_between(start: datetime, end: datetime, present: datetime) -> float:
    """Up to the present at most, as a stretch that has just begun at least a second."""
    return max((min(end, present) - start).total_seconds(), 1.0)


def _steps(start: datetime, end: datetime, step: timedelta) -> list[datetime]:
    seconds = step.total_seconds()
    if seconds < 60 or seconds % 60:
        raise InvalidRange("a step is a whole number of minutes")
    _check_order(start, end)
    number = int((end - start).total_seconds() // seconds) + 1
    if number > MOST_POINTS:
        raise InvalidRange(f"{number} steps are more than {MOST_POINTS}; take longer ones")
    if min(start - EARLIEST, LATEST - end) < step:
        raise InvalidRange("steps this long lead out of the years 1 to 9999")
    first = floor(start, int(seconds))
    steps = [first + index * step for index in range(number + 1)]
    return [at for at in steps if at < end]


def _pieces_for(steps: Sequence[datetime], step: timedelta) -> Iterator[Piece]:
    """Roll-ups no longer than a step, so that each falls into one."""
    sealed = sealed_levels()
    seconds = int(step.total_seconds())
    usable = {level: until for level, until in sealed.items() if seconds % level == 0}
    return pieces(steps[0], steps[-1] + step, usable)


def read_pieces(
    stretch: Iterable[Piece],
    families: Iterable[str],
    scope: Scope,
    by: Sequence[Label],
    *,
    with_totals: bool = False,
) -> Iterator[tuple[Group, str, datetime, Summary]]:
    """(group, family, when it begins, summary) of each roll-up of each piece, in order of time; one query for a piece.

    `with_totals`: also a gauge's rows of everything.
    """
    names = list(families)
    wanted = reduce(or_, (Q(family=name) & _labelled(name, scope, by, with_totals=with_totals) for name in names))
    columns = [f"series__{label}" for label in by]
    for piece in stretch:
        rows = Rollup.objects.filter(level=piece.level, family__in=names, at__gte=piece.start, at__lt=piece.end)
        read = rows.filter(wanted).order_by("at").values("family", "at", *columns, *SUMMARY_COLUMNS)
        for row in read.iterator(chunk_size=2_000):
            yield tuple(row[column] for column in columns), row["family"], row["at"], read_summary(row)


def _labelled(name: str, scope: Scope, by: Sequence[Label], *, with_totals: bool) -> Q:
    """Rows of the scope; of a gauge, those of everything together where a label is neither given nor grouped by."""
    wanted = {f"series__{label}": value for label, value in scope.items()}
    found = family(name)
    named = Q(**wanted)
    if not found.is_gauge or with_totals:
        return named
    for label in found.labels:
        if label in by and label not in scope:
            named &= ~Q(**{f"series__{label}": ""})
        elif label not in scope:
            named &= Q(**{f"series__{label}": ""})
    return named
