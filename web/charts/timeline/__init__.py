"""The timeline (Gantt) of one execution: task tree and bars as one table, so that they cannot drift apart.

Fill `TimelineRow`s in task order, call `layout(rows, now, …)`, draw with `{% timeline layout %}`::

    rows = [TimelineRow(key="a", label="extract", href="?task=a", status="completed", took_seconds=8.4, segments=(
        Segment(Kind.QUEUED, queued_at, started_at), Segment(Kind.COMPLETED, started_at, ended_at)))]
    chart = layout(rows, now, is_live=False, start=execution.started_at, end=execution.ended_at,
                   options=Options.read(request.GET))
"""

from web.charts.timeline.build import layout
from web.charts.timeline.model import Kind, Options, Segment, Timeline, TimelineRow

__all__ = ["Kind", "Options", "Segment", "Timeline", "TimelineRow", "layout"]
