"""The list of pipelines: a page of it, by name, with the failing or with the busiest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log1p
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from orchestration.models import RegisteredPipeline
from orchestration.selectors.pipeline_list import (
    ListedPipeline,
    Order,
    PipelineCounts,
    count_pipelines,
    describe_pipelines,
    find_pipelines,
)
from orchestration.selectors.recent_runs import RecentRun
from web.access import page
from web.charts.states import word
from web.charts.strips import StripBar
from web.paging import Pager
from web.quantities import duration, plural, quantity

PAGE_SIZE = 25
LONGEST_TEXT = 200
_ANY = UUID(int=0)
ORDERS: dict[Order, str] = {"name": "By name", "failing": "Failing first", "recent": "Last run first"}


@dataclass(frozen=True, slots=True)
class Line:
    """A pipeline with the marks of its cells."""

    row: ListedPipeline
    bars: list[StripBar]


@page("orchestration.view_registeredpipeline")
def pipelines(request: HttpRequest) -> HttpResponse:
    """Every pipeline with how its last runs went."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_TEXT]
    order: Order = next((key for key in ORDERS if key == request.GET.get("order")), "name")
    counts = count_pipelines()
    shown = Paginator(find_pipelines(text, order), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "text": text,
        "order": order,
        "orders": ORDERS.items(),
        "counts": counts,
        "sentence": _sentence(counts, shown.paginator.count, text),
        "lines": [Line(row, strip_bars(row.runs.ended)) for row in describe_pipelines(list(shown))],
        "pager": _pager(shown, text, order),
        "can_register": request.user.has_perm("orchestration.add_pipelineversion"),
        "can_run": request.user.has_perm("orchestration.add_execution"),
    }
    return render(request, "orchestration/pipelines/list.html", context)


def _sentence(counts: PipelineCounts, found: int, text: str) -> str:
    if not counts.total:
        return "None is registered yet."
    all_of_them = plural(counts.total, "pipeline", "pipelines")
    if text:
        return f"{quantity(found)} of {all_of_them} {'has' if found == 1 else 'have'} this text."
    if not counts.failing:
        return f"{all_of_them}; none failed in its last run."
    return f"{all_of_them}; {quantity(counts.failing)} failed in the last run."


def strip_bars(newest_first: Sequence[RecentRun]) -> list[StripBar]:
    """Runs, oldest first; tall ones took long, on a logarithmic scale so that one cannot hide all."""
    longest = max((run.seconds or 0.0 for run in newest_first), default=0.0)
    # Asked for once: the strips of a page have hundreds of bars.
    address = reverse("execution", kwargs={"execution_id": _ANY}) if newest_first else ""
    return [
        StripBar(
            status=run.status,
            title=f"{word(run.status).capitalize()}, {duration(run.seconds)}",
            href=address.replace(str(_ANY), str(run.id)),
            share=log1p(max(0.0, run.seconds or 0.0)) / log1p(longest) if longest > 0 else 0.0,
        )
        for run in reversed(newest_first)
    ]


def _pager(shown: Page[RegisteredPipeline], text: str, order: str) -> Pager:
    def link(number: int) -> str:
        asked = {"q": text, "order": order if order != "name" else "", "page": str(number) if number > 1 else ""}
        query = urlencode({key: value for key, value in asked.items() if value})
        return reverse("pipelines") + (f"?{query}" if query else "")

    return Pager(
        summary=f"{shown.start_index()} to {shown.end_index()} of {quantity(shown.paginator.count)}",
        newer=link(shown.previous_page_number()) if shown.has_previous() else "",
        older=link(shown.next_page_number()) if shown.has_next() else "",
        newer_label="Back",
        older_label="Next",
    )
