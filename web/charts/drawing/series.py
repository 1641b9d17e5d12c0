"""Stacked columns and lines over time: plot, sentence, and the figures as a table."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.utils.safestring import SafeString

from web.charts import plot
from web.charts.drawing.markup import legend, number, percent, safe, swatch, text
from web.charts.series import Bucket, Columns, Lines, Series
from web.quantities import quantity

HEIGHT, TOP, BOTTOM = 200, 8, 176
TALL = BOTTOM - TOP
"""Pixels: of the drawing, and between which y the values stand."""
SINGLE = 3.0
SHARE = 0.76
"""Of a column's room that is filled."""


def draw_columns(chart: Columns) -> SafeString:
    chart = plot.merge_buckets(chart)
    top, step = plot.count_top(plot.highest_column(chart))
    step_x = 100 / max(1, len(chart.buckets))
    marks = [
        *_grid(top, step),
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
    return _figure(chart.title, words, _labels(top, step, ""), "".join(marks), heads, rows)


def draw_lines(chart: Lines) -> SafeString:
    drawn = [chart.points[index] for index in plot.thin([p.values for p in chart.points], plot.MOST_MARKS)]
    values = [value for point in drawn for value in point.values.values() if value is not None]
    highest = max([*values, chart.limit or 0.0], default=0.0)
    top, step = plot.time_top(highest) if chart.unit == "seconds" else plot.round_top(highest)
    step_x = 100 / max(1, len(drawn) - 1)
    marks = [
        *_grid(top, step),
        *(_limit(chart.limit, top) for _ in range(chart.limit is not None)),
        f'<svg x="0" y="{TOP}" width="100%" height="{TALL}" viewBox="0 0 100 100" preserveAspectRatio="none">',
        *(_line(each, [p.values.get(each.key) for p in drawn], step_x, top) for each in chart.series),
        "</svg>",
        *_times([point.at for point in drawn], 0, step_x),
    ]
    heads = ["Time (UTC)", *(each.label for each in chart.series)]
    rows = [
        [
            f"{p.at.astimezone(UTC):%-d %b, %H:%M}",
            *(plot.value_words(p.values.get(s.key), chart.unit) for s in chart.series),
        ]
        for p in drawn
    ]
    return _figure(chart.title, plot.lines_words(chart), _labels(top, step, chart.unit), "".join(marks), heads, rows)


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


def _y(value: float, top: float) -> float:
    return BOTTOM - (TALL) * value / top


def _grid(top: float, step: float) -> list[str]:
    return [
        f'<line class="{"grid" if value else "axis"}" x1="0" x2="100%" y1="{y}" y2="{y}"/>'
        for value in plot.steps(top, step)
        for y in [number(_y(value, top))]
    ]


def _labels(top: float, step: float, unit: str) -> str:
    return "".join(
        f'<text x="100%" y="{number(_y(value, top) + 4)}" text-anchor="end">{_axis_value(value, unit)}</text>'
        for value in plot.steps(top, step)
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


def _times(moments: Sequence[datetime], offset: float, step_x: float) -> list[str]:
    found = []
    for place, (index, label) in enumerate(plot.label_moments(moments)):
        x = offset + index * step_x
        anchor = "start" if x < 6 else "end" if x > 94 else "middle"
        css = ' class="opt"' if place % 2 else ""
        found.append(f'<text{css} x="{percent(0 if x < 6 else x)}" y="196" text-anchor="{anchor}">{text(label)}</text>')
    return found


def _limit(limit: float | None, top: float) -> str:
    y = number(_y(limit or 0.0, top))
    return f'<line class="l l-bad l-dash" x1="0" x2="100%" y1="{y}" y2="{y}"/>'


def _dash(x: float, y: float) -> list[tuple[float, float]]:
    """A single point as a line long enough to be seen."""
    left = min(max(0.0, x - SINGLE / 2), 100.0 - SINGLE)
    return [(left, y), (left + SINGLE, y)]


def _line(series: Series, values: Sequence[float | None], step_x: float, top: float) -> str:
    points = [
        (index * step_x, None if value is None else 100 - 100 * value / top) for index, value in enumerate(values)
    ]
    parts = []
    for run in plot.runs(points):
        whole = run if len(run) > 1 else _dash(*run[0])
        line = "M" + "L".join(f"{number(x)} {number(y)}" for x, y in whole)
        if series.tone == "accent":
            parts.append(f'<path class="a-accent" d="{line}L{number(whole[-1][0])} 100L{number(whole[0][0])} 100Z"/>')
        parts.append(f'<path class="l l-{text(series.tone)}" d="{line}"/>')
    return "".join(parts)
