"""Geometry and words of charts over time: axes with round steps, at most 200 marks, a sentence. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from web.charts.series import Bucket, Columns, Lines, Series
from web.quantities import HARD, MICRO, UNKNOWN, duration, money, plural, quantity, size

MOST_MARKS = 200
MOST_LABELS = 5
SMALLEST = 1e-9
SECOND, DAY, WEEK = timedelta(seconds=1), timedelta(days=1), timedelta(days=7)
EPOCH = datetime(1970, 1, 5, tzinfo=UTC)
"""A Monday, so that weeks begin as people count them."""
LABEL_STEPS = [
    *(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720)),
    *(timedelta(days=days) for days in (1, 2, 7)),
]


def round_top(highest: float, factors: Sequence[float] = (1, 2, 2.5, 5, 10)) -> tuple[float, float]:
    """The top of an axis and its step: two or three round steps that hold `highest`."""
    if highest < SMALLEST:
        return 1.0, 1.0
    unit = 10.0 ** math.floor(math.log10(highest / 2))
    step = next(unit * factor for factor in factors if unit * factor * 3 >= highest)
    return step * math.ceil(highest / step - 1e-9), step


def count_top(highest: float) -> tuple[float, float]:
    """The same in whole numbers."""
    if highest <= 3:
        return max(1.0, math.ceil(highest)), 1.0
    return round_top(highest, (1, 2, 5, 10))


TIME_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400)


def time_top(highest: float) -> tuple[float, float]:
    """The same for durations, in steps of seconds, minutes, hours."""
    step = next((step for step in TIME_STEPS if step * 3 >= highest), None)
    if step is None or highest < TIME_STEPS[0]:
        return round_top(highest)
    return step * max(1, math.ceil(highest / step - 1e-9)), step


def round_range(lowest: float, highest: float) -> tuple[float, float, float]:
    """Bottom, top and step of an axis that need not begin at 0: two to four round steps that hold both."""
    spread = highest - lowest
    if spread < SMALLEST * max(1.0, abs(highest)):
        spread = abs(highest) or 1.0
        lowest, highest = lowest - spread / 4, highest + spread / 4
    unit = 10.0 ** math.floor(math.log10((highest - lowest) / 2))
    step = next(unit * factor for factor in (1, 2, 2.5, 5, 10) if unit * factor * 3 >= highest - lowest)
    return step * math.floor(lowest / step + 1e-9), step * math.ceil(highest / step - 1e-9), step


def steps(top: float, step: float, bottom: float = 0.0) -> list[float]:
    """Where the grid's lines stand, both ends included."""
    return [bottom + index * step for index in range(round((top - bottom) / step) + 1)]


def merge_buckets(chart: Columns) -> Columns:
    """Neighbouring buckets together until columns times colours are at most 200 marks; the sums stay the same."""
    most = max(1, MOST_MARKS // max(1, len(chart.series)))
    together = -(-len(chart.buckets) // most)
    if together <= 1:
        return chart
    merged = tuple(
        _sum(chart.buckets[index : index + together], chart.series) for index in range(0, len(chart.buckets), together)
    )
    return replace(chart, buckets=merged, step_seconds=chart.step_seconds * together)


def _sum(buckets: Sequence[Bucket], series: Sequence[Series]) -> Bucket:
    return Bucket(buckets[0].start, {each.key: sum(b.counts.get(each.key, 0) for b in buckets) for each in series})


def label_moments(moments: Sequence[datetime]) -> list[tuple[int, str]]:
    """About five labels where a round time begins: the clock, with the weekday where it changes; dates beyond two days.

    A label stands at the first moment of the round time it names.
    """
    if not moments:
        return []
    length = moments[-1] - moments[0]
    is_long = length > 2 * DAY
    step = _label_step(length)
    floors = [EPOCH + (moment - EPOCH) // step * step for moment in moments]
    labels, day = [], None
    for index, (before, floor) in enumerate(pairwise([moments[0] - SECOND, *floors])):
        if before < floor:
            labels.append((index, _moment(floor, is_long, length > DAY / 2 and floor.date() != day)))
            day = floor.date()
    return labels or [(0, _moment(moments[0].astimezone(UTC), is_long, False))]


def _label_step(length: timedelta) -> timedelta:
    """The smallest round step that gives about five labels: whole days where dates are shown, beyond it whole weeks."""
    steps = LABEL_STEPS if length <= 2 * DAY else [step for step in LABEL_STEPS if step >= DAY]
    found = next((step for step in steps if step * MOST_LABELS >= length), None)
    return found or math.ceil(length / MOST_LABELS / WEEK) * WEEK


def _moment(moment: datetime, is_long: bool, has_day: bool) -> str:
    if is_long:
        return moment.strftime(f"%-d{HARD}%b")
    return moment.strftime(f"%a{HARD}%H:%M" if has_day else "%H:%M")


def bucket_name(start: datetime, step_seconds: float) -> str:
    """A bucket in words: `21 Nov, 14:00 to 14:30`, or the day alone."""
    start = start.astimezone(UTC)
    end = start + timedelta(seconds=step_seconds)
    if step_seconds % 86_400 == 0:
        last = end - DAY
        return f"{start:%-d %b}" if last.date() == start.date() else f"{start:%-d %b} to {last:%-d %b}"
    seconds = "" if step_seconds % 60 == 0 else ":%S"
    return f"{start:%-d %b}, {start.strftime(f'%H:%M{seconds}')} to {end.strftime(f'%H:%M{seconds}')}"


def columns_words(chart: Columns) -> str:
    """`844 executions: 821 completed, 23 failed. Most, 36, from 20 Nov, 19:00 to 19:30.`"""
    if chart.summary:
        return chart.summary
    totals = {each.key: sum(bucket.counts.get(each.key, 0) for bucket in chart.buckets) for each in chart.series}
    total = sum(totals.values())
    if not total:
        return f"No {chart.unit} in this time."
    parts = [f"{quantity(totals[each.key])} {each.label.lower()}" for each in chart.series if totals[each.key]]
    fullest = max(chart.buckets, key=lambda bucket: (_height(bucket, chart.series), -bucket.start.timestamp()))
    most = quantity(_height(fullest, chart.series))
    name = bucket_name(fullest.start, chart.step_seconds)
    return f"{plural(total, chart.unit.removesuffix('s'), chart.unit)}: {', '.join(parts)}. Most, {most}, on {name}."


def _height(bucket: Bucket, series: Sequence[Series]) -> int:
    return sum(bucket.counts.get(each.key, 0) for each in series)


def highest_column(chart: Columns) -> int:
    return max((_height(bucket, chart.series) for bucket in chart.buckets), default=0)


def value_words(value: float | None, unit: str) -> str:
    if value is None:
        return UNKNOWN
    if unit == "seconds":
        return duration(value)
    if unit == "percent":
        return f"{value:.3g}{HARD}%"
    if unit == "USD":
        return money(round(value * MICRO))
    if unit == "bytes":
        return size(round(value))
    return quantity(_short(value) if value % 1 else int(value))


def _short(value: float) -> float:
    """Two decimals; four figures where that would leave less."""
    return round(value, 2) if abs(value) >= 10 else float(f"{value:.4g}")


def axis_seconds(seconds: float) -> str:
    """A round duration in one unit where it fits: `30 s`, `2 min`, `4 h`."""
    for length, unit in ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        if seconds >= length and seconds % length == 0:
            return f"{seconds / length:g}{HARD}{unit}"
    return duration(seconds) if seconds else "0"


def lines_words(chart: Lines) -> str:
    """`p95 is 2 m 14 s now, highest 2 m 42 s on 20 Nov, 13:30.`"""
    if chart.summary:
        return chart.summary
    told = [words for each in chart.series if (words := _line_words(chart, each))]
    return " ".join(told) or "Nothing was measured in this time."


def _line_words(chart: Lines, series: Series) -> str:
    known = [(value, point.at) for point in chart.points if (value := point.values.get(series.key)) is not None]
    if not known:
        return ""
    highest, at = max(known, key=lambda each: (each[0], -each[1].timestamp()))
    last = value_words(known[-1][0], chart.unit)
    top = value_words(highest, chart.unit)
    return f"{series.label}: last {last}, highest {top} on {point_name(at)}."


def point_name(at: datetime) -> str:
    return f"{at.astimezone(UTC):%-d %b, %H:%M}"


def runs(points: Sequence[tuple[float, float | None]]) -> list[list[tuple[float, float]]]:
    """Stretches without a hole."""
    found: list[list[tuple[float, float]]] = [[]]
    for x, y in points:
        if y is None:
            found.append([])
        else:
            found[-1].append((x, y))
    return [run for run in found if run]


def thin(points: Sequence[Mapping[str, float | None]], most: int) -> range:
    """Which of so many points to draw."""
    return range(0, len(points), max(1, -(-len(points) // most)))
