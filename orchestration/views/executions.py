"""The list of executions: a page of it, kept current while it is open.

Its parts are made in `execution_parts`; what is done to several executions at once is in `executions_bulk`, the rows as
a file in `executions_csv`.
"""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from common.clock import database_now
from orchestration.forms.executions import ExecutionFilterForm
from orchestration.models import Execution
from orchestration.selectors import execution_list
from orchestration.selectors.execution_filters import count_states, filter_executions
from orchestration.selectors.execution_list import Cursor, ExecutionPage
from orchestration.selectors.execution_rows import describe_executions
from orchestration.views import execution_parts as parts
from web import live
from web.access import page

PAGE_SIZE = 50
TEMPLATE = "orchestration/executions.html"


@page("orchestration.view_execution")
def executions(request: HttpRequest) -> HttpResponse:
    """The executions that the filters in the address leave, newest first."""
    version = parts.page_version()
    if not getattr(request, "htmx", False):
        return render(request, TEMPLATE, _context(request) | {"version": version})
    return live.respond(
        request, version, False, lambda: render(request, f"{TEMPLATE}#live", _context(request) | {"version": version})
    )


def _context(request: HttpRequest) -> dict[str, Any]:
    now = database_now()
    form = ExecutionFilterForm(request.GET, request.user.get_username())
    filters, query = form.filters(now), form.query()
    found, counts = filter_executions(filters, now), count_states(filters, now)
    total = sum(number for state, number in counts.items() if not filters.states or state in filters.states)
    shown = _read_page(request, found, total)
    lines = parts.lines(describe_executions(shown.executions, now))
    opened = _opened(request, shown)
    return {
        "form": form,
        "query": query,
        "view": filters.view,
        "tabs": parts.tabs(filters.view),
        "chips": parts.chips(form, counts, filters.states),
        "sentence": parts.sentence(counts, filters.states, is_filtered=bool(query)),
        "lines": lines,
        "bars": parts.strip_bars(lines),
        "fills_strip": len(lines) >= parts.FULL_STRIP,
        "banner": parts.banner(execution_list.count_new(found, opened) if opened else 0),
        "live_address": _live_address(request, query, opened),
        "everything": parts.address(query),
        "pager": parts.pager(query, shown, total),
        "can_cancel": request.user.has_perm("orchestration.change_execution"),
        "can_run": request.user.has_perm("orchestration.add_execution"),
    }


def _read_page(request: HttpRequest, found: QuerySet[Execution], total: int) -> ExecutionPage:
    if not total:
        return ExecutionPage([], None, None)  # the rows need not be searched a second time
    if older := _cursor(request, "older"):
        return execution_list.page_after(found, older, PAGE_SIZE)
    if newer := _cursor(request, "newer"):
        return execution_list.page_before(found, newer, PAGE_SIZE)
    return execution_list.first_page(found, PAGE_SIZE, at=_cursor(request, "at"))


def _opened(request: HttpRequest, shown: ExecutionPage) -> Cursor | None:
    """The newest execution when the page was opened, on the first page: newer ones are announced, not put in."""
    if shown.newer or not shown.executions:
        return None
    return _cursor(request, "at") or Cursor.of(shown.executions[0])


def _live_address(request: HttpRequest, query: str, opened: Cursor | None) -> str:
    """Where this very page is asked for again: the same executions, as they stand then."""
    place = {"at": opened} if opened else {name: _cursor(request, name) for name in ("older", "newer")}
    return parts.address(query, *(f"{name}={cursor}" for name, cursor in place.items() if cursor))


def _cursor(request: HttpRequest, name: str) -> Cursor | None:
    """A place that was never handed out is none."""
    try:
        return Cursor.parse(request.GET.get(name, ""))
    except ValueError:
        return None
