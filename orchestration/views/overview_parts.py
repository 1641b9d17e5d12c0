"""Parts of the overview as its template wants them: the sentence and the figures."""

from dataclasses import dataclass
from datetime import datetime

from django.http import QueryDict

from orchestration.selectors.overview_snapshot import Snapshot
from orchestration.states import ExecutionStatus
from orchestration.views.execution_parts import address
from web.charts.states import word
from web.quantities import duration, plural, quantity

RANGES = {"1h": "1\u00a0h", "24h": "24\u00a0h", "7d": "7\u00a0d", "30d": "30\u00a0d"}
BEFORE = {key: f"the {label} before" for key, label in RANGES.items()} | {"1h": "the hour before"}
FAILED = {"state": [ExecutionStatus.FAILED.value, ExecutionStatus.TIMED_OUT.value]}


@dataclass(frozen=True, slots=True)
class Choice:
    label: str
    href: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with its name, a note, and where to look closer."""

    icon: str
    state: str
    label: str
    value: str
    note: str
    href: str = ""


def ranges(chosen: str) -> list[Choice]:
    return [Choice(label, f"?range={key}", key == chosen) for key, label in RANGES.items()]


def listed(**filters: str | list[str]) -> str:
    """The list's address with these filters."""
    query = QueryDict(mutable=True)
    for name, value in filters.items():
        query.setlist(name, value if isinstance(value, list) else [value])
    return address(query.urlencode())


def failures_of(pipeline_id: str, chosen: str) -> str:
    """The list of a pipeline's failures in the time chosen."""
    return listed(pipeline=pipeline_id, range=f"ended-{chosen}", **FAILED)


def since(at: datetime, now: datetime) -> str:
    """How long it has been."""
    return duration((now - at).total_seconds())


# Sentences ------------------------------------------------------------------------------------------------------------


def sentence(found: Snapshot, words: str) -> str:
    """What ended, how well, and whether failures changed; else what is going on."""
    if not found.ended.all:
        return f"Nothing ended in {words}; {_running(found.live.counts.get(ExecutionStatus.RUNNING, 0))}."
    ended = f"{plural(found.ended.all, 'execution', 'executions')} ended in {words}{_success(found)}."
    return " ".join(filter(None, [ended, _change(found)]))


def _success(found: Snapshot) -> str:
    """Of those that were not cancelled, as monitoring counts it."""
    cancelled = found.ended.counts.get(ExecutionStatus.CANCELLED, 0)
    judged = found.ended.all - cancelled
    if not judged:
        return ", all cancelled"
    succeeded = f"{percent(found.ended.completed / judged)} succeeded"
    return f"; {succeeded}, not counting {quantity(cancelled)} cancelled" if cancelled else f"; {succeeded}"


def _running(number: int) -> str:
    return f"{quantity(number)} {'is' if number == 1 else 'are'} running" if number else "nothing is running"


def _change(found: Snapshot) -> str:
    """Said only where it is more than chance: beyond two standard deviations of a count."""
    now, before = found.ended.failed, found.before.failed
    if not before or abs(now - before) <= 2 * max(before, now) ** 0.5:
        return ""
    return (
        f"Failures {'rose' if now > before else 'fell'} to {quantity(now)}, from {quantity(before)} in the time before."
    )


def percent(share: float) -> str:
    """`97.3 %`; whole only where it is exact, so that 99.96 % is not all."""
    shown = min(99.9, 100 * share) if share < 1 else 100.0
    return f"{shown:.1f}".removesuffix(".0") + "\u00a0%"


# Figures --------------------------------------------------------------------------------------------------------------


def figures(found: Snapshot, chosen: str) -> list[Figure]:
    ended, live, span = found.ended, found.live, f"ended-{chosen}"
    return [
        Figure(
            *("completed", "completed", "Completed", quantity(ended.completed)),
            _against(ended.completed, found.before.completed, chosen),
            listed(state=ExecutionStatus.COMPLETED, range=span),
        ),
        Figure(
            *("failed", "failed", "Failed", quantity(ended.failed)),
            _against(ended.failed, found.before.failed, chosen),
            listed(range=span, **FAILED),
        ),
        Figure(
            *("running", "running", "Running now", quantity(live.counts.get("running", 0))),
            _oldest(found, ExecutionStatus.PENDING),
            listed(state=ExecutionStatus.RUNNING),
        ),
        Figure(
            *("waiting", "waiting", "Waiting", quantity(live.counts.get("waiting", 0))),
            _oldest(found, ExecutionStatus.PAUSED),
            listed(state=ExecutionStatus.WAITING),
        ),
        Figure(
            "clock",
            "pending",
            "p50 time taken",
            duration(found.times.p50),
            f"p95 {duration(found.times.p95)}, completed only",
        ),
        Figure("queued", "pending", "Tasks queued", quantity(found.queue.number), _queue_note(found)),
    ]


def _against(now: int, before: int, chosen: str) -> str:
    """Against the same length of time before."""
    if now == before:
        return f"{'as many as' if now else 'none'} in {BEFORE[chosen]}"
    return f"{quantity(abs(now - before))} {'more' if now > before else 'fewer'} than {BEFORE[chosen]}"


def _oldest(found: Snapshot, status: ExecutionStatus) -> str:
    """The neighbour that has no figure of its own."""
    number = found.live.counts.get(status, 0)
    if not number:
        return f"none {word(status)}"
    return f"{quantity(number)} {word(status)}, oldest {since(found.live.oldest[status], found.period.now)}"


def _queue_note(found: Snapshot) -> str:
    queue = found.queue
    there = f"{plural(queue.workers, 'worker', 'workers')}, {plural(queue.places, 'place', 'places')}"
    there = there if queue.workers else "no worker is running"
    return f"oldest {since(queue.oldest, found.period.now)}; {there}" if queue.oldest else there
