"""The dashboard's charts, from what `selectors.dashboard` read."""

from collections.abc import Callable, Mapping, Sequence

from monitoring.metrics.summary import Summary
from monitoring.selectors.dashboard import Period, Steps
from web.charts.series import Bucket, Columns, Lines, Point, Series

Read = Callable[[Summary], float | None]
QUANTILES = (("p50", 0.5, "accent"), ("p95", 0.95, "wait"), ("p99", 0.99, "bad"))


def lines(
    title: str, period: Period, unit: str, found: Sequence[tuple[Series, Steps, Read]], *, from_zero: bool = True
) -> Lines:
    """One line for each (series, its steps, what is read of a step); a step without anything is a hole."""
    points = tuple(
        Point(at, {series.key: read(steps[at]) if at in steps else None for series, steps, read in found})
        for at in period.steps
    )
    return Lines(title, points, tuple(series for series, _, _ in found), unit, from_zero=from_zero)


def columns(
    title: str, period: Period, unit: str, found: Sequence[tuple[Series, Steps, Callable[[Summary], float]]]
) -> Columns:
    buckets = tuple(
        Bucket(at, {series.key: round(read(steps[at])) if at in steps else 0 for series, steps, read in found})
        for at in period.steps
    )
    series = tuple(series for series, _, _ in found)
    return Columns(title, buckets, series, period.step.total_seconds(), period.end, unit)


def outcomes(period: Period, executions: Steps, step_words: str) -> Columns:
    series = [
        (Series("ok", "Completed", "ok"), executions, lambda one: one.ok),
        (Series("bad", "Failed", "bad"), executions, lambda one: one.error),
    ]
    if any(one.count > one.judged for one in executions.values()):
        series.append((Series("off", "Cancelled", "idle"), executions, lambda one: one.count - one.judged))
    return columns(f"Executions ended per {step_words}", period, "executions", series)


def durations(title: str, period: Period, steps: Steps) -> Lines:
    return lines(
        title,
        period,
        "seconds",
        [(Series(key, key, tone), steps, _quantile(share)) for key, share, tone in QUANTILES],
    )


def _quantile(share: float) -> Read:
    return lambda one: one.quantile(share)


def percent_of(read: Read) -> Read:
    """A share as per cent."""

    def percent(one: Summary) -> float | None:
        share = read(one)
        return None if share is None else 100 * share

    return percent


def average(one: Summary) -> float | None:
    """Of a gauge: the mean of its looks."""
    return one.total / one.count if one.count else None


def whole_average(one: Summary) -> int | None:
    """The same of things that come in whole numbers."""
    found = average(one)
    return None if found is None else round(found)


def success_rate(period: Period, executions: Steps) -> Lines:
    series = Series("rate", "Success rate", "accent")
    return lines(
        "Success rate of executions",
        period,
        "percent",
        [(series, executions, percent_of(lambda one: one.success_rate))],
    )


def queue_age(period: Period, sums: Mapping[str, Steps]) -> Lines:
    series = Series("age", "Oldest", "wait")
    return lines(
        "Oldest task run in a queue", period, "seconds", [(series, sums["queue_age"], lambda one: one.maximum)]
    )


def waiting(period: Period, sums: Mapping[str, Steps]) -> Lines:
    found = [
        (Series("open", "Open executions", "run"), sums["open_executions"], whole_average),
        (Series("depth", "Waiting task runs", "wait"), sums["queue_depth"], whole_average),
    ]
    return lines("Work that has not ended", period, "count", found)


def tokens(period: Period, sums: Mapping[str, Steps], step_words: str) -> Columns:
    found = [
        (Series("in", "Given", "run"), sums["input_tokens"], lambda one: one.total),
        (Series("out", "Written", "wait"), sums["output_tokens"], lambda one: one.total),
    ]
    return columns(f"Tokens per {step_words}", period, "tokens", found)


def cost(period: Period, sums: Mapping[str, Steps], step_words: str) -> Lines:
    series = Series("cost", "Known cost", "accent")
    return lines(f"Cost per {step_words}", period, "USD", [(series, sums["cost"], lambda one: one.total / 1e6)])


def cache_hits(period: Period, sums: Mapping[str, Steps]) -> Lines:
    series = Series("hits", "Hits", "accent")
    return lines(
        "Look-ups in the result cache that found something",
        period,
        "percent",
        [(series, sums["cache"], percent_of(lambda one: one.success_rate))],
    )


def workers(period: Period, sums: Mapping[str, Steps]) -> Lines:
    found = [
        (Series("places", "Places", "idle"), sums["places"], whole_average),
        (Series("busy", "Busy places", "run"), sums["busy_places"], whole_average),
        (Series("workers", "Workers alive", "ok"), sums["workers"], whole_average),
    ]
    return lines("Workers and their places", period, "count", found)
