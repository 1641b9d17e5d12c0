"""The page of the result cache: what it saved, where it answered, why it did not, what could be better.

Range, grouping, the key to explain and the pages of both lists are in the address. `cache_parts` has the words,
`cache_tags` what can be done.
"""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.paginator import Page
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from common.clock import database_now
from orchestration.cache.facade import ResultCache
from orchestration.cache.installed import get_installed
from orchestration.cache.statistics import summarise
from orchestration.forms.cache import LONGEST
from orchestration.models import RegisteredPipeline
from orchestration.selectors.cache_page import (
    GROUPS,
    Period,
    counts_by_step,
    page_of_changes,
    page_of_groups,
    reasons_of_groups,
)
from orchestration.views import cache_parts as parts
from orchestration.views.cache_tags import DELETE
from web.access import page
from web.paging import Pager
from web.quantities import quantity

READ = "orchestration.view_cacheentry"
ROWS = 15
CHANGES = 8
LONGEST_NAME = 200
BY = {"pipeline": "Pipelines", "task": "Tasks", "model": "Models"}


@page(READ)
def cache(request: HttpRequest) -> HttpResponse:
    """What an address cannot mean counts as not given."""
    span = parts.SPANS.get(request.GET.get("range", ""), parts.SPANS[parts.DEFAULT_SPAN])
    period = Period(database_now(), span.hours, span.step)
    found = summarise(get_installed(), span.hours)
    context = {
        "found": found,
        "span": span,
        "ranges": _choices(request, "range", {key: one.label for key, one in parts.SPANS.items()}, span.key),
        "sentence": parts.sentence(found, span),
        "is_used": bool(found["hits"] + found["misses"] + found["bypassed"]),
        "figures": parts.figures(found),
        "levels": parts.levels(found, settings.ORCHESTRATION.cache_stored_max_size),
        "columns": parts.columns(counts_by_step(period), period, span),
        "reasons": parts.reasons(found),
        "applies": settings.ORCHESTRATION.cache_optimise == "apply",
        "may_delete": request.user.has_perm(DELETE),
        **_groups(request, period),
        **_changes(request),
        **_explained(request),
    }
    return render(request, "orchestration/cache.html", context)


def _groups(request: HttpRequest, period: Period) -> Mapping[str, Any]:
    by = request.GET.get("by", "")
    by = by if by in GROUPS else "pipeline"
    pipeline = _text(request, "pipeline", LONGEST_NAME) if by == "task" else ""
    shown = page_of_groups(by, period, pipeline, request.GET.get("page"), ROWS)
    why = reasons_of_groups(by, period, list(shown))
    names = {row["pipeline"] for row in shown} if by != "model" else set()
    known = set(RegisteredPipeline.objects.filter(pk__in=names).values_list("pk", flat=True)) if names else set()
    return {
        "by": by,
        "pipeline": pipeline,
        "kinds": _choices(request, "by", BY, by, page="", pipeline=""),
        "rows": [_row(request, by, row, why, known) for row in shown],
        "pager": _pager(request, "page", shown, BY[by].lower(), "the busiest first"),
        "without_pipeline": _address(request, pipeline="", page=""),
    }


def _row(request: HttpRequest, by: str, row: dict[str, Any], why: Mapping[Any, Any], known: set[str]) -> dict[str, Any]:
    found = why.get(tuple(row[name] for name in GROUPS[by]), {})
    asked = row["hits"] + row["misses"]
    rate = row["hits"] / asked if asked else None
    return {
        **row,
        "rate": parts.percent(rate),
        "width": f"{100 * (rate or 0):.1f}%",
        "saved": None if row["hits"] and row["unknown_prices"] == row["hits"] else row["saved_microusd"],
        "why_missed": parts.miss_words(found["miss"]) if "miss" in found else "",
        "why_not_asked": found.get("bypass", ""),
        "is_known": row.get("pipeline") in known,
        "tasks_url": _address(request, by="task", pipeline=row["pipeline"], page="") if by == "pipeline" else "",
    }


def _changes(request: HttpRequest) -> Mapping[str, Any]:
    shown = page_of_changes(request.GET.get("log"), CHANGES)
    return {
        "changes": [parts.change_line(change) for change in shown],
        "log_pager": _pager(request, "log", shown, "entries", "newest first"),
    }


def _explained(request: HttpRequest) -> Mapping[str, Any]:
    key = _text(request, "key", LONGEST)
    if not key:
        return {"key": ""}
    said = ResultCache().explain(key)
    return {"key": key, "explained": said, "why_not": "" if said["found"] else parts.miss_words(said["reason"])}


def _text(request: HttpRequest, name: str, longest: int) -> str:
    return request.GET.get(name, "").replace("\x00", "")[:longest]


def _choices(
    request: HttpRequest, name: str, labels: Mapping[str, str], current: str, **changes: str
) -> list[dict[str, Any]]:
    """Links that each set one parameter."""
    return [
        {"label": label, "url": _address(request, **{name: key, **changes}), "is_current": key == current}
        for key, label in labels.items()
    ]


def _pager(request: HttpRequest, name: str, shown: Page[Any], what: str, order: str) -> Pager | None:
    """None where all is shown."""
    if shown.paginator.num_pages < 2:
        return None
    place = f"{shown.start_index()} to {shown.end_index()} of {quantity(shown.paginator.count)} {what}, {order}"
    back, on = shown.number - 1, shown.number + 1
    return Pager(
        summary=place,
        newer=_address(request, **{name: str(back) if back > 1 else ""}) if shown.has_previous() else "",
        older=_address(request, **{name: str(on)}) if shown.has_next() else "",
        newer_label="Back",
        older_label="Next",
    )


def _address(request: HttpRequest, **changes: str) -> str:
    query = request.GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value:
            query[name] = value
    return f"?{query.urlencode()}" if query else request.path
