"""What every page of an execution has around its tab: the sentence, why it failed, the facts, the actions, the tabs.

A page and its live part are the same element, `#execution`: `show` renders it with the whole page around it, or alone
when `live.js` asks whether there is anything new.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse

from orchestration import tracing
from orchestration.exceptions import ExecutionNotFound
from orchestration.models import Execution
from orchestration.selectors.execution_links import read_links
from orchestration.selectors.execution_page import (
    History,
    count_statuses,
    find_page_execution,
    read_history,
    read_open_reviews,
    read_reruns,
    seconds_at_work,
)
from orchestration.selectors.headline import read_headline
from orchestration.selectors.spending import spent_in
from orchestration.selectors.typical import Typical, typical_run
from orchestration.states import TaskRunStatus
from web.live import respond
from web.parts import Tab

TICK_SECONDS = 10
"""While something runs its bars grow and its due times come nearer, also when nothing is written to the history."""

WORTH_A_WORD_SECONDS = 1.0

Build = Callable[["Frame"], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Frame:
    """What a tab may use of what the frame has read already."""

    request: HttpRequest
    execution: Execution
    now: datetime
    history: History
    typical: Typical


def show(request: HttpRequest, execution_id: UUID, tab: str, build: Build) -> HttpResponse:
    """The page of a tab, or its live part. `build` gives what the tab's template `{tab}.html` needs."""
    execution = get_execution(execution_id)
    history = read_history(execution.pk)
    version = _version(execution, history)

    def answer() -> HttpResponse:
        frame = Frame(
            request, execution, _now(execution), history, typical_run(execution.pipeline_id, besides=execution.pk)
        )
        context = {
            **_context(frame),
            "tab_template": f"orchestration/execution/{tab}.html",
            "tabs": _tabs(frame, tab),
            "version": version,
            **build(frame),
        }
        page = "frame" if is_part(request) else "page"
        html = render_to_string(f"orchestration/execution/{page}.html", context, request)
        # A task may have returned lone surrogates, which no encoding has.
        return HttpResponse(html.encode("utf-8", "backslashreplace"))

    return respond(request, version, execution.is_terminal, answer) if is_part(request) else answer()


def get_execution(execution_id: UUID) -> Execution:
    """The execution as pages read it. Raises `Http404`."""
    try:
        return find_page_execution(execution_id)
    except ExecutionNotFound as error:
        raise Http404(f"There is no execution {execution_id}. It may have been pruned.") from error


def is_part(request: HttpRequest) -> bool:
    """Whether the live part alone is asked for; htmx takes what it needs from whole pages."""
    return "version" in request.GET and bool(request.htmx)  # type: ignore[attr-defined]  # by django_htmx's middleware


def address(request: HttpRequest, **changes: str) -> str:
    """The page's own address with some of its parameters changed; "" leaves one out."""
    query = request.GET.copy()
    query.pop("version", None)
    for name, value in changes.items():
        query.pop(name, None)
        if value:
            query[name] = value
    return f"?{query.urlencode()}" if query else request.path


def _version(execution: Execution, history: History) -> str:
    tick = 0 if execution.is_terminal else int(_now(execution).timestamp()) // TICK_SECONDS
    return f"{history.last}.{execution.status}.{tick}"


def _now(execution: Execution) -> datetime:
    now: datetime = execution.now  # type: ignore[attr-defined]  # annotated by find_page_execution
    return now


def _context(frame: Frame) -> dict[str, Any]:
    execution, now = frame.execution, frame.now
    counts = count_statuses(execution.pk)
    return {
        "execution": execution,
        "trace_address": tracing.address_of(execution.trace_id),
        "now": now,
        "headline": read_headline(execution, counts, usual_seconds=frame.typical.seconds, now=now),
        "can_reuse": execution.is_terminal and 0 < counts[TaskRunStatus.COMPLETED] < execution.version.task_count,
        "history_number": frame.history.number,
        "spent": spent_in(execution.pk),
        "usual_seconds": frame.typical.seconds,
        "queued_seconds": _queued_seconds(execution, now),
        "at_work_seconds": seconds_at_work(execution.pk, now) if execution.started_at else None,
        "reruns": read_reruns(execution.pk),
        "links": read_links(execution.pk),
        "open_reviews": read_open_reviews(execution.pk) if counts[TaskRunStatus.WAITING] else [],
        "live_address": address(frame.request),
    }


def _queued_seconds(execution: Execution, now: datetime) -> float | None:
    """How long its first task waited for a worker, if that is worth a word."""
    seconds = ((execution.started_at or execution.finished_at or now) - execution.created_at).total_seconds()
    return seconds if seconds >= WORTH_A_WORD_SECONDS else None


def _tabs(frame: Frame, current: str) -> list[Tab]:
    execution, history = frame.execution, frame.history
    shown = [
        ("timeline", "Timeline", "execution", None),
        ("graph", "Graph", "execution-graph", None),
        ("tasks", "Tasks", "execution-tasks", execution.version.task_count),
        ("data", "Input and output", "execution-data", None),
        ("events", "Events", "execution-events", history.number),
        ("definition", "Definition", "execution-definition", None),
    ]
    current = "tasks" if current == "task" else current
    return [Tab(label, reverse(url, args=[execution.pk]), name == current, n) for name, label, url, n in shown]
