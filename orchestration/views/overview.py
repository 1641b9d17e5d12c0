"""The first page: what needs somebody, how the work went in a stretch of time, and how it stands now.

`selectors.overview_snapshot` reads the figures, `overview_parts` puts them into words and charts.
"""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from common.clock import database_now
from orchestration.forms.executions import SPANS
from orchestration.models import RegisteredPipeline
from orchestration.selectors.execution_list import first_page
from orchestration.selectors.listing import list_executions
from orchestration.selectors.overview import Period
from orchestration.selectors.overview_snapshot import read_snapshot
from orchestration.views import overview_charts, overview_failing, overview_needs, overview_parts
from orchestration.views.execution_parts import page_version
from web import live
from web.access import page
from web.navigation import or_first_page
from web.panels import panels_of, render_panels

TEMPLATE = "orchestration/overview.html"
DEFAULT_RANGE = "24h"
# The stretch of time that one column of a chart stands for: 31 to 61 columns in all.
STEPS = {
    "1h": timedelta(minutes=1),
    "24h": timedelta(minutes=30),
    "7d": timedelta(hours=4),
    "30d": timedelta(days=1),
}
RECENT = 8


@or_first_page
@page("orchestration.view_execution")
def overview(request: HttpRequest) -> HttpResponse:
    """`range` is one of `STEPS`; anything else is the last day."""
    chosen = request.GET.get("range", "")
    chosen = chosen if chosen in STEPS else DEFAULT_RANGE
    version = page_version()
    if not getattr(request, "htmx", False):
        return render(request, TEMPLATE, _context(request, chosen, version))
    return live.respond(
        request, version, False, lambda: render(request, f"{TEMPLATE}#overview", _context(request, chosen, version))
    )


def _context(request: HttpRequest, chosen: str, version: str) -> dict[str, Any]:
    shared = {"ranges": overview_parts.ranges(chosen), "range": chosen, "words": SPANS[chosen][0], "version": version}
    recent = first_page(list_executions(), RECENT).executions
    if not recent:
        can_run = request.user.has_perm("orchestration.add_execution")
        return {**shared, "is_new": True, "can_run": can_run, "has_pipelines": RegisteredPipeline.objects.exists()}
    found = read_snapshot(Period(database_now(), SPANS[chosen][1], STEPS[chosen]), recent)
    panels = panels_of("overview", request, chosen)
    return {
        **shared,
        "sentence": overview_parts.sentence(found, SPANS[chosen][0]),
        "needs": overview_needs.needs(found, chosen),
        "calm": overview_needs.calm(found, panels),
        "panels": render_panels(panels, request),
        "figures": overview_parts.figures(found, chosen),
        "columns": overview_charts.ended_columns(found, chosen),
        "lines": overview_charts.time_lines(found),
        "failing": overview_failing.failing_rows(found, chosen),
        "causes": overview_failing.cause_rows(found),
        "recent": found.recent,
        "waiting": found.waiting,
    }
