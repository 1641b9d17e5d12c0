"""The admin's first page: the figures of the product's overview for the last day, each a link to its rows."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.admin.models import LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from orchestration.models import Execution, TaskRun, TickerLease, Worker
from orchestration.selectors.overview import Ended, Live, Queue, count_ended, count_live, read_queue
from orchestration.selectors.overview_failures import failing_pipelines
from orchestration.states import LIVE_EXECUTION
from web.admin.display import list_address
from web.quantities import plural, quantity, relative

DAY = timedelta(days=1)
SHOWN_PIPELINES = 6
SHOWN_ENTRIES = 8
FAILED = "failed,timed_out"


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with its word, what it is made of, and where its rows are."""

    number: str
    word: str
    detail: str
    address: str
    state: str = ""


def show(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's hook: adds the figures for those who may see executions."""
    if not request.user.has_perm("orchestration.view_execution"):
        return context
    now = timezone.now()
    live, ended, queue = count_live(), count_ended(now - DAY, now), read_queue()
    return context | {
        "figures": [_live(live), _failed(ended), _completed(ended), _queued(queue), _workers(queue), _ticker()],
        "sentence": _sentence(live, ended, queue),
        "overview": reverse("overview"),
        "failing": [(row, _failures_of(row.pipeline_id)) for row in failing_pipelines(now - DAY, SHOWN_PIPELINES)],
        "entries": _entries(request),
    }


def _sentence(live: Live, ended: Ended, queue: Queue) -> str:
    """What is so, and what needs somebody."""
    if queue.missing:
        reason, number = queue.missing[0]
        return f"{plural(number, 'task waits', 'tasks wait')} for {reason}."
    running = sum(live.counts.values())
    if ended.failed:
        return f"{plural(ended.failed, 'execution', 'executions')} failed within the last day; {running} live."
    return f"Nothing failed within the last day; {plural(running, 'execution is', 'executions are')} live."


def _failures_of(pipeline_id: str) -> str:
    return list_address(Execution, pipeline=pipeline_id, status__in=FAILED)


def _entries(request: HttpRequest) -> QuerySet[LogEntry]:
    """What was done in the admin: everybody's for those who may see that, else one's own."""
    entries = LogEntry.objects.select_related("user").order_by("-action_time")
    sees_all = request.user.has_perm("admin.view_logentry")
    return (entries if sees_all else entries.filter(user__pk=request.user.pk or 0))[:SHOWN_ENTRIES]


def _live(live: Live) -> Figure:
    parts = [f"{live.counts[status]} {status}" for status in LIVE_EXECUTION if status in live.counts]
    address = list_address(Execution, status__in=",".join(LIVE_EXECUTION))
    return Figure(quantity(sum(live.counts.values())), "live executions", ", ".join(parts) or "none is open", address)


def _failed(ended: Ended) -> Figure:
    address = list_address(Execution, status__in=FAILED)
    state = "failed" if ended.failed else ""
    return Figure(quantity(ended.failed), "failed in a day", f"of {quantity(ended.all)} that ended", address, state)


def _completed(ended: Ended) -> Figure:
    share = f"{ended.completed / ended.all:.0%} of those that ended" if ended.all else "none ended"
    return Figure(quantity(ended.completed), "completed in a day", share, list_address(Execution, status="completed"))


def _queued(queue: Queue) -> Figure:
    detail = f"the oldest {relative(queue.oldest, timezone.now())}" if queue.oldest else "nothing waits"
    address = list_address(TaskRun, status__exact="queued")
    return Figure(quantity(queue.number), "queued tasks", detail, address, "warning" if queue.missing else "")


def _workers(queue: Queue) -> Figure:
    detail = f"{plural(queue.places, 'task', 'tasks')} at once" if queue.workers else "celery -A config worker"
    return Figure(
        quantity(queue.workers),
        "workers alive",
        detail,
        list_address(Worker, state="alive"),
        "" if queue.workers else "warning",
    )


def _ticker() -> Figure:
    lease = TickerLease.objects.filter(name="leader").first()
    address = list_address(TickerLease)
    if lease is None or lease.expires_at < timezone.now():
        return Figure("0", "tickers lead", "a worker brings its own", address, "warning")
    return Figure("1", "ticker leads", f"last tick {relative(lease.ticked_at, timezone.now())}", address)
