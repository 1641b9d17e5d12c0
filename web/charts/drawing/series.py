"""Stacked columns and lines over time: plot, sentence, and the figures as a table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.safestring import SafeString

from web.charts import plot
from web.charts.drawing.markup import legend, number, percent, safe, swatch, text
from web.charts.series import Band, Bucket, Columns, Lines, Point, Series
from web.quantities import quantity

HEIGHT, TOP, BOTTOM = 200, 8, 176
TALL = BOTTOM - TOP
"""Pixels: of the drawing, and between which y the values stand."""
DIVISIBLE = ("percent", "USD", "bytes")
SINGLE = 3.0
LEAST_BAND = 0.6
"""Per cent of the width: even a minute of a week can be seen."""
SHARE = 0.76
"""Of a column's room that is filled."""


def draw_columns(chart: Columns) -> SafeString:
    chart = plot.merge_buckets(chart)
    top, step = plot.count_top(plot.highest_column(chart))
    step_x = 100 / max(1, len(chart.buckets))
    marks = [
        *_grid(_Axis(0.0, top, step)),
        *_now(chart, step_x),
        *(_column(chart, bucket, index * step_x, step_x, top) for index, bucket in enumerate(chart.buckets)),
        *(_marker(chart, marker.at, marker.label) for marker in chart.markers),
        *_times([bucket.start for bucket in chart.buckets], step_x / 2, step_x),
    ]
    words = plot.columns_words(chart)
    heads = ["Time (UTC)", *(each.label for each in chart.series)]
    rows = [
        [
            plot.bucket_name(bucket.start, chart.step_seconds),
            *(quantity(bucket.counts.get(s.key, 0)) for s in chart.series),
        ]
        for bucket in chart.buckets
    ]
    return _figure(chart.title, words, _labels(_Axis(0.0, top, step), ""), "".join(marks), heads, rows)


def draw_lines(chart: Lines) -> SafeString:
    drawn = [chart.points[index] for index in plot.thin([p.values for p in chart.points], plot.MOST_MARKS)]
    values = [value for point in drawn for value in point.values.values() if value is not None]
    axis = _axis(chart, [*values, *([chart.limit] if chart.limit is not None else [])])
    step_x = 100 / max(1, len(drawn) - 1)
    marks = [
        *_grid(axis),
        *(_band(band, drawn) for band in chart.bands),
        *(_limit(chart.limit, axis) for _ in range(chart.limit is not None)),
        f'<svg x="0" y="{TOP}" width="100%" height="{TALL}" viewBox="0 0 100 100" preserveAspectRatio="none">',
        *(_line(each, [p.values.get(each.key) for p in drawn], step_x, axis) for each in chart.series),
        "</svg>",
        *(_dots(chart, drawn, step_x, axis) if any(point.label for point in drawn) else ()),
        *_ticks(drawn, step_x),
    ]
    heads = [chart.head, *(each.label for each in chart.series)]
    rows = [
        [
            p.label or plot.point_name(p.at),
            *(plot.value_words(p.values.get(s.key), chart.unit) for s in chart.series),
        ]
        for p in drawn
    ]
    return _figure(chart.title, plot.lines_words(chart), _labels(axis, chart.unit), "".join(marks), heads, rows)


@dataclass(frozen=True, slots=True)
class _Axis:
    """What stands at the bottom and the top of the drawing."""

    bottom: float
    top: float
    step: float

    def share(self, value: float) -> float:
        """0 at the bottom, 1 at the top."""
        return (value - self.bottom) / (self.top - self.bottom)

    def y(self, value: float) -> float:
        return BOTTOM - TALL * self.share(value)


def _axis(chart: Lines, values: Sequence[float]) -> _Axis:
    if not chart.from_zero and values:
        return _Axis(*plot.round_range(min(values), max(values)))
    return _Axis(0.0, *_top(chart.unit, values)(max(values, default=0.0)))


def _top(unit: str, values: Sequence[float]) -> Callable[[float], tuple[float, float]]:
    """What comes in whole numbers has no steps between them."""
    if unit == "seconds":
        return plot.time_top
    is_counted = unit not in DIVISIBLE and all(value % 1 == 0 for value in values)
    return plot.count_top if is_counted else plot.round_top


def draw_series_legend(series: Sequence[Series], is_lines: bool) -> SafeString:
    """What the colours stand for, for the card's head."""
    return safe(legend((_line_sample(each.tone) if is_lines else swatch(each.tone), each.label) for each in series))


def _line_sample(tone: str) -> str:
    return f'<svg aria-hidden="true" viewBox="0 0 12 12"><path class="l l-{text(tone)}" d="M0 6h12"/></svg>'


def _figure(
    title: str, words: str, labels: str, marks: str, heads: Sequence[str], rows: Sequence[Sequence[str]]
) -> SafeString:
    return safe(
        f'<figure class="chart"><div class="plot"><svg class="y" height="{HEIGHT}" aria-hidden="true">{labels}</svg>'
        f'<svg height="{HEIGHT}" role="img" aria-label="{text(title)}"><desc>{text(words)}</desc>{marks}</svg></div>'
        f"<figcaption>{text(words)}</figcaption>{_twin(title, heads, rows)}</figure>"
    )


def _twin(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The figures as a table, newest first."""
    head = "".join(f'<th scope="col"{_num(index)}>{text(name)}</th>' for index, name in enumerate(heads))
    body = "".join(
        f'<tr><th scope="row">{text(name)}</th>{"".join(map(_figure_cell, cells))}</tr>'
        for name, *cells in reversed(rows)
    )
    return (
        f'<details class="twin"><summary>Show as a table</summary><div class="scroll" tabindex="0" role="region" '
        f'aria-label="{text(title)}, as a table"><table class="table"><caption class="vh">{text(title)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></details>"
    )


def _figure_cell(words: str) -> str:
    return f'<td class="num">{text(words)}</td>'


def _num(index: int) -> str:
    return ' class="num"' if index else ""


def _grid(axis: _Axis) -> list[str]:
    return [
        f'<line class="{"grid" if value != axis.bottom else "axis"}" x1="0" x2="100%" y1="{y}" y2="{y}"/>'
        for value in plot.steps(axis.top, axis.step, axis.bottom)
        for y in [number(axis.y(value))]
    ]


def _labels(axis: _Axis, unit: str) -> str:
    return "".join(
        f'<text x="100%" y="{number(axis.y(value) + 4)}" text-anchor="end">{_axis_value(value, unit)}</text>'
        for value in plot.steps(axis.top, axis.step, axis.bottom)
    )


def _axis_value(value: float, unit: str) -> str:
    if unit != "seconds":
        return plot.value_words(value, unit)
    return plot.axis_seconds(value)


def _column(chart: Columns, bucket: Bucket, x: float, step_x: float, top: float) -> str:
    height, parts = 0.0, []
    for each in chart.series:
        count = bucket.counts.get(each.key, 0)
        if count > 0:
            tall = (TALL) * count / top
            height += tall
            parts.append(
                f'<rect class="m-{text(each.tone)}" x="{percent(x + step_x * (1 - SHARE) / 2)}" '
                f'width="{percent(step_x * SHARE)}" y="{number(BOTTOM - height)}" height="{number(tall)}"/>'
            )
    words = ", ".join(f"{quantity(bucket.counts.get(s.key, 0))} {s.label.lower()}" for s in chart.series)
    title = f"<title>{text(plot.bucket_name(bucket.start, chart.step_seconds))}: {text(words)}</title>"
    # The whole height can be pointed at, not only the filled part of it.
    hit = f'<rect class="hit" x="{percent(x)}" width="{percent(step_x)}" y="{TOP}" height="{TALL}"/>'
    return f"<g>{title}{hit}{''.join(parts)}</g>"


def _now(chart: Columns, step_x: float) -> list[str]:
    """Shades the column that is not over yet."""
    if chart.now is None:
        return []
    step = timedelta(seconds=chart.step_seconds)
    return [
        f'<rect class="open" x="{percent(index * step_x)}" width="{percent(step_x)}" y="{TOP}" height="{TALL}"/>'
        for index, bucket in enumerate(chart.buckets)
        if bucket.start <= chart.now < bucket.start + step
    ]


def _marker(chart: Columns, at: datetime, label: str) -> str:
    if not chart.buckets:
        return ""
    start = chart.buckets[0].start
    share = (at - start).total_seconds() / (chart.step_seconds * len(chart.buckets))
    if not 0 <= share <= 1:
        return ""
    x = percent(100 * share)
    anchor, shift = ("end", -4) if share > 0.5 else ("start", 4)
    return (
        f'<line class="axis" x1="{x}" x2="{x}" y1="{TOP}" y2="{BOTTOM}"/>'
        f'<text x="{x}" dx="{shift}" y="18" text-anchor="{anchor}">{text(label)}</text>'
    )


def _ticks(points: Sequence[Point], step_x: float) -> list[str]:
    """About five of the points' labels, or their times."""
    if not any(point.label for point in points):
        return _times([point.at for point in points], 0, step_x)
    every = max(1, -(-len(points) // plot.MOST_LABELS))
    return [
        _tick(index * step_x, points[index].label, place) for place, index in enumerate(range(0, len(points), every))
    ]


def _dots(chart: Lines, points: Sequence[Point], step_x: float, axis: _Axis) -> list[str]:
    """A mark for each point that is no moment, with its name and value."""
    return [
        f'<circle class="m-{text(each.tone)}" cx="{percent(index * step_x)}" cy="{number(axis.y(value))}" r="3.5">'
        f"<title>{text(point.label)}: {text(plot.value_words(value, chart.unit))}</title></circle>"
        for each in chart.series
        for index, point in enumerate(points)
        if (value := point.values.get(each.key)) is not None
    ]


def _tick(x: float, label: str, place: int) -> str:
    anchor = "start" if x < 6 else "end" if x > 94 else "middle"
    css = ' class="opt"' if place % 2 else ""
    return f'<text{css} x="{percent(0 if x < 6 else x)}" y="196" text-anchor="{anchor}">{text(label)}</text>'


def _times(moments: Sequence[datetime], offset: float, step_x: float) -> list[str]:
    labels = plot.label_moments(moments)
    return [_tick(offset + index * step_x, label, place) for place, (index, label) in enumerate(labels)]


def _band(band: Band, points: Sequence[Point]) -> str:
    """At least a mark, however short it was."""
    seconds = (points[-1].at - points[0].at).total_seconds() if points else 0.0
    if not seconds:
        return ""
    ends = [100 * (at - points[0].at).total_seconds() / seconds for at in (band.start, band.end)]
    left, right = (min(max(0.0, end), 100.0) for end in ends)
    if ends[1] < 0 or ends[0] > 100:
        return ""
    left = min(left, 100 - LEAST_BAND)
    wide = max(right - left, LEAST_BAND)
    return (
        f'<rect class="band" x="{percent(left)}" width="{percent(wide)}" y="{TOP}" height="{TALL}">'
        f"<title>{text(band.label)}</title></rect>"
    )


def _limit(limit: float | None, axis: _Axis) -> str:
    y = number(axis.y(limit or 0.0))
    return f'<line class="l l-bad l-dash" x1="0" x2="100%" y1="{y}" y2="{y}"/>'


def _dash(x: float, y: float) -> list[tuple[float, float]]:
    """A single point as a line long enough to be seen."""
    left = min(max(0.0, x - SINGLE / 2), 100.0 - SINGLE)
    return [(left, y), (left + SINGLE, y)]


def _line(series: Series, values: Sequence[float | None], step_x: float, axis: _Axis) -> str:
    points = [
        (index * step_x, None if value is None else 100 - 100 * axis.share(value)) for index, value in enumerate(values)
    ]
    parts = []
    for run in plot.runs(points):
        whole = run if len(run) > 1 else _dash(*run[0])
        line = "M" + "L".join(f"{number(x)} {number(y)}" for x, y in whole)
        if series.tone == "accent" and not axis.bottom:
            parts.append(f'<path class="a-accent" d="{line}L{number(whole[-1][0])} 100L{number(whole[0][0])} 100Z"/>')
        parts.append(f'<path class="l l-{text(series.tone)}" d="{line}"/>')
    return "".join(parts)
