"""The tabs that list: task runs with their attempts, and what happened."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from orchestration.selectors.cache_notes import CacheNote, notes_of
from orchestration.selectors.execution_page import TaskRow, Work, count_statuses, page_of_tasks, read_work
from orchestration.selectors.history_words import EventPage, read_events
from orchestration.selectors.spending import Spent, spent_by_task
from orchestration.selectors.timeline import short_model
from orchestration.states import TaskRunStatus
from orchestration.views.execution.frame import Frame, address, show
from web.access import page
from web.paging import Pager
from web.quantities import plural, quantity

ROWS = 100
LONGEST_TEXT = 100
LARGEST_ID = 2**63 - 1
NONE = Work(0, 0.0)


@page("orchestration.view_execution")
def execution_tasks(request: HttpRequest, execution_id: UUID) -> HttpResponse:
    """Every task run, in the order of execution."""
    return show(request, execution_id, "tasks", _tasks)


@page("orchestration.view_execution")
def execution_events(request: HttpRequest, execution_id: UUID) -> HttpResponse:
    """What happened, newest first."""
    return show(request, execution_id, "events", _events)


def _tasks(frame: Frame) -> Mapping[str, Any]:
    asked = frame.request.GET
    statuses = [status for status in asked.getlist("state") if status in set(TaskRunStatus)]
    text = asked.get("q", "").replace("\x00", "").strip()[:LONGEST_TEXT]
    after = _number(asked.get("from")) or 0
    rows = page_of_tasks(frame.execution.pk, statuses=statuses, text=text, after=after, limit=ROWS + 1)
    shown, keys = rows[:ROWS], [row.pk for row in rows[:ROWS]]
    work, spent = read_work(frame.execution.pk, keys), spent_by_task(keys)
    counts = count_statuses(frame.execution.pk)
    asked_cache = [row.pk for row in shown if row.cached]
    cache = notes_of(asked_cache) if asked_cache else {}
    return {
        "lines": [_line(row, work.get(row.pk, NONE), spent.get(row.pk), cache.get(row.pk)) for row in shown],
        "has_cache": bool(cache),
        "has_spent": any(one.is_anything for one in spent.values()),
        "has_models": any(row.model for row in shown),
        "has_errors": any(row.code for row in shown),
        "chips": _chips(frame, counts, statuses),
        "text": text,
        "statuses": statuses,
        "is_filtered": bool(statuses or text),
        "pager": _task_pager(frame, rows, after),
    }


def _line(row: TaskRow, work: Work, spent: Spent | None, cache: CacheNote | None) -> dict[str, Any]:
    is_reused = row.status == TaskRunStatus.COMPLETED and row.started_at is None
    return {
        "row": row,
        "model": short_model(row.model),
        "attempts": work.attempts + (row.status == TaskRunStatus.RUNNING),
        "spent": spent,
        "cache": cache,
        "is_reused": is_reused,
        "worked": work.seconds if work.attempts else None,
        "waited": (row.started_at - row.queued_at).total_seconds()
        if row.started_at and row.queued_at and row.started_at >= row.queued_at
        else None,
    }


def _chips(frame: Frame, counts: Mapping[str, int], chosen: list[str]) -> list[dict[str, Any]]:
    """A state to choose, alone; the first one takes the choice back."""
    chips = [
        {"state": "", "label": "All", "number": sum(counts.values()), "url": address(frame.request, state="", **_TOP)}
    ]
    for status in TaskRunStatus:
        if counts.get(status) or status in chosen:
            url = address(frame.request, state=str(status), **_TOP)
            label = status.replace("_", " ").capitalize()
            chips.append({"state": str(status), "label": label, "number": counts.get(status, 0), "url": url})
    return chips


_TOP = {"from": ""}


def _task_pager(frame: Frame, rows: list[TaskRow], after: int) -> Pager | None:
    if not after and len(rows) <= ROWS:
        return None
    first, last = rows[0].position + 1 if rows else 0, rows[min(len(rows), ROWS) - 1].position + 1 if rows else 0
    total = frame.execution.version.task_count
    return Pager(
        summary=f"Tasks {quantity(first)} to {quantity(last)} of {quantity(total)}",
        newer=address(frame.request, **_TOP) if after else "",
        older=address(frame.request, **{"from": str(rows[ROWS].position)}) if len(rows) > ROWS else "",
        newer_label="First",
        older_label="Next",
    )


def _events(frame: Frame) -> Mapping[str, Any]:
    asked = frame.request.GET
    task = asked.get("task", "").replace("\x00", "")[:LONGEST_TEXT]
    found = read_events(
        frame.execution.pk, task=task, before=_number(asked.get("before")), after=_number(asked.get("after"))
    )
    return {"events": found, "task_name": task, "pager": _event_pager(frame, found)}


def _event_pager(frame: Frame, found: EventPage) -> Pager | None:
    if not (found.newer or found.older):
        return None
    newer, older = found.newer, found.older
    return Pager(
        summary=f"{plural(len(found.lines), 'event', 'events')}, newest first",
        newer=address(frame.request, after=str(newer), before="") if newer else "",
        older=address(frame.request, before=str(older), after="") if older else "",
    )


def _number(text: str | None) -> int | None:
    """What an address says; anything else counts as not given."""
    number = int(text) if text and text.isascii() and text.isdigit() and len(text) < 20 else None
    return number if number is not None and number <= LARGEST_ID else None
