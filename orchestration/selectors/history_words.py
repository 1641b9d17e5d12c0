"""An execution's history for people: a page of events, each as a sentence."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from orchestration.models import ExecutionEvent
from web.quantities import duration

PAGE = 100


@dataclass(frozen=True, slots=True)
class EventLine:
    """One event. `words` follow the task's name when there is one; `more` is the error or reason."""

    id: int
    at: datetime
    icon: str
    task: str
    words: str
    more: str
    link: str
    """The id of the execution it is about, if it is another one."""


@dataclass(frozen=True, slots=True)
class EventPage:
    """Newest first. `newer` and `older` are the ids to go on from, None at the ends."""

    lines: tuple[EventLine, ...]
    newer: int | None
    older: int | None


def read_events(
    execution_id: UUID, *, task: str = "", before: int | None = None, after: int | None = None, limit: int = PAGE
) -> EventPage:
    """The newest events, those older than `before`, or those next newer than `after`; of one task with `task`."""
    rows = ExecutionEvent.objects.filter(execution_id=execution_id)
    if task:
        rows = rows.filter(task_name=task)
    if after is not None:
        found = list(rows.filter(pk__gt=after).order_by("pk")[: limit + 1])
        shown, has_newer, has_older = list(reversed(found[:limit])), len(found) > limit, True
    else:
        older = rows.filter(pk__lt=before) if before is not None else rows
        found = list(older.order_by("-pk")[: limit + 1])
        shown, has_newer, has_older = found[:limit], before is not None, len(found) > limit
    lines = tuple(line_of(event) for event in shown)
    return EventPage(
        lines,
        newer=lines[0].id if lines and has_newer else None,
        older=lines[-1].id if lines and has_older else None,
    )


def line_of(event: ExecutionEvent) -> EventLine:
    """The sentence of an event; one of a kind nobody described shows the kind itself."""
    details: Mapping[str, Any] = event.details if isinstance(event.details, Mapping) else {}
    icon, say = _KINDS.get(event.kind, ("note", lambda _: event.kind))
    error = details.get("error")
    more = (
        error.get("message")
        if isinstance(error, Mapping)
        else details.get("message") or details.get("reason") or details.get("comment")
    )
    if event.kind == "task.skipped":
        more = ""
    link = str(details.get("execution_id") or "")
    return EventLine(event.pk, event.at, icon, event.task_name, say(details), str(more or ""), link)


def _started(details: Mapping[str, Any]) -> str:
    worker, attempt = details.get("worker"), details.get("attempt", 1)
    where = f" on {worker}" if worker else ""
    return f"was started{where}" if attempt == 1 else f"was started again, attempt {attempt}{where}"


def _retrying(details: Mapping[str, Any]) -> str:
    delay = details.get("delay_seconds")
    when = f" in {duration(float(delay))}" if isinstance(delay, int | float) and delay > 0 else ""
    return f"failed for the {_ordinal(details.get('failures', 1))} time and is tried again{when}"


def _waiting(details: Mapping[str, Any]) -> str:
    reasons = details.get("reasons") or ()
    return f"waits for a person: {'; '.join(map(str, reasons))}" if reasons else "waits for a person"


_DECIDED = {
    "approve": "was approved",
    "approve_with_edits": "was corrected and approved",
    "reject": "was rejected",
    "expire": "was not decided in time",
    "closed": "had its review closed",
}


def _decided(details: Mapping[str, Any]) -> str:
    words = _DECIDED.get(str(details.get("decision")), "was decided")
    return f"{words} by {details['by']}" if details.get("by") else words


def _created(details: Mapping[str, Any]) -> str:
    return f"Submitted, to run version {details['version']}" if "version" in details else "Submitted"


def _by(words: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda details: f"{words} by {details['by']}" if details.get("by") else words


def _just(words: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda _: words


def _ordinal(number: int) -> str:
    return {1: "first", 2: "second", 3: "third"}.get(number, f"{number}th")


_KINDS: Mapping[str, tuple[str, Callable[[Mapping[str, Any]], str]]] = {
    "execution.created": ("plus", _created),
    "execution.started": ("running", _just("The first task was started")),
    "execution.completed": ("completed", _just("Completed")),
    "execution.failed": ("failed", _just("Failed")),
    "execution.timed_out": ("timed_out", _just("Timed out")),
    "execution.cancelled": ("cancelled", _just("Cancelled")),
    "execution.paused": ("paused", _by("Paused")),
    "execution.resumed": ("running", _by("Resumed")),
    "task.started": ("running", _started),
    "task.completed": ("completed", _just("completed")),
    "task.failed": ("failed", _just("failed for good")),
    "task.timed_out": ("timed_out", _just("timed out for good")),
    "task.retrying": ("retrying", _retrying),
    "task.skipped": (
        "skipped",
        lambda details: f"was skipped because {details.get('upstream', 'a task before it')} did not complete",
    ),
    "task.cancelled": ("cancelled", _just("was cancelled")),
    "task.handed_back": ("undo", _just("was handed back by a worker that stops, and is queued again")),
    "task.crashed": ("critical", _just("lost its worker and is queued again")),
    "task.waiting": ("waiting", _waiting),
    "task.decided": ("mine", _decided),
    "task.reused": ("same", _just("was not run: an earlier result is reused")),
}
