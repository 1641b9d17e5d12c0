"""Tags that draw charts. `{% load charts %}`; what they draw is filled and laid out by `web.charts`."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import template
from django.utils.safestring import SafeString

from web.charts.drawing.graph import draw_graph
from web.charts.drawing.series import draw_columns, draw_lines, draw_series_legend
from web.charts.drawing.strips import draw_bar, draw_meter, draw_spark, draw_strip
from web.charts.drawing.timeline import draw_timeline
from web.charts.graph import Graph
from web.charts.series import Columns, Lines
from web.charts.strips import Part, StripBar
from web.charts.timeline import Timeline

register = template.Library()


@register.simple_tag(takes_context=True)
def timeline(
    context: Mapping[str, Any],
    chart: Timeline,
    caption: str = "Tasks with their duration and timeline",
    ident: str = "",
) -> SafeString:
    """`{% timeline chart %}`: summary, table of tasks and bars, legend. Links keep the rest of the address."""
    return draw_timeline(chart, _query(context), caption, ident)


@register.simple_tag(takes_context=True)
def graph(context: Mapping[str, Any], chart: Graph, outline: bool = True) -> SafeString:
    """`{% graph chart %}`: the drawing, its legend and the same as a table (left out by `outline=False`)."""
    return draw_graph(chart, _query(context), outline)


@register.simple_tag
def strip(bars: Sequence[StripBar], label: str = "", wide: bool = False) -> SafeString:
    """`{% strip bars "The last 25 runs" %}`: runs as small bars, oldest first."""
    return draw_strip(bars, label, wide)


@register.simple_tag
def meter(parts: Sequence[Part], total: int | None = None, label: str = "", unit: str = "tasks") -> SafeString:
    """`{% meter parts 9 %}`: `5/9` and a bar with the shares."""
    return draw_meter(parts, total, label, unit)


@register.simple_tag
def bar(
    seconds: float | None, longest: float | None = None, median: float | None = None, status: str = ""
) -> SafeString:
    """`{% bar seconds longest median status %}`: a duration as text and bar, with the median as a mark."""
    return draw_bar(seconds, longest, median, status)


@register.simple_tag
def spark(values: Sequence[float], label: str = "", tone: str = "accent") -> SafeString:
    """`{% spark values "Rising from 2 to 9" %}`: a line without axes."""
    return draw_spark(values, label, tone)


@register.simple_tag
def columns(chart: Columns) -> SafeString:
    """`{% columns chart %}`: stacked columns over time with their sentence and the figures as a table."""
    return draw_columns(chart)


@register.simple_tag
def lines(chart: Lines) -> SafeString:
    """`{% lines chart %}`: lines over time with their sentence and the figures as a table."""
    return draw_lines(chart)


@register.simple_tag
def series_legend(chart: Columns | Lines) -> SafeString:
    """`{% series_legend chart %}`: what the colours stand for, for the head of the card."""
    return draw_series_legend(chart.series, isinstance(chart, Lines))


def _query(context: Mapping[str, Any]) -> Mapping[str, str]:
    request = context.get("request")
    return request.GET if request is not None else {}
