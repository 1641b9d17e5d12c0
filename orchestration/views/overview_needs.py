"""What waits for a person, for the head of the overview: each with why, and where to go. Worst first."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from orchestration.selectors.execution_filters import ATTENTION_DAYS
from orchestration.selectors.health import LONG_WAIT_SECONDS
from orchestration.selectors.overview_snapshot import Snapshot
from orchestration.states import ExecutionStatus
from orchestration.views.overview_parts import FAILED, failures_of, listed, since
from web.panels import Shown
from web.quantities import plural, quantity, relative

MOST = 4
CALM = "Nothing needs you: no failure is open, nothing is paused, and what is queued has workers."
CALM_BEFORE_WORK = (
    "Nothing needs you now. No worker is running, so what is started will wait; start one with: celery -A config worker"
)
# The same above a panel that says what waits, such as a review or an alert.
CALM_HERE = "No failure is open, nothing is paused, and what is queued has workers."
CALM_HERE_BEFORE_WORK = "No worker is running, so what is started will wait; start one with: celery -A config worker"
HOW_TO_START = "Start one: celery -A config worker"


@dataclass(frozen=True, slots=True)
class Need:
    """Something that waits for a person: what, more about it, and where to go."""

    state: str
    icon: str
    title: str
    detail: str
    href: str


def calm(found: Snapshot, panels: Iterable[Shown]) -> str:
    """The sentence where `needs` finds none; `panels` stand below it."""
    if any(panel.needs_somebody for panel in panels):
        return CALM_HERE if found.queue.workers else CALM_HERE_BEFORE_WORK
    return CALM if found.queue.workers else CALM_BEFORE_WORK


def needs(found: Snapshot, chosen: str) -> list[Need]:
    """At most `MOST`, the worst; none when nobody is needed."""
    kinds = (_missing_workers(found), _failing(found, chosen), _unanswered(found), _long_queue(found), _paused(found))
    return [need for kind in kinds for need in kind][:MOST]


def _missing_workers(found: Snapshot) -> Iterator[Need]:
    if not found.queue.missing:
        return
    number = sum(count for _, count in found.queue.missing)
    what = found.queue.missing[0][0]
    detail = HOW_TO_START if not found.queue.workers else "Start one, or see what the workers know: manage.py doctor"
    yield Need(
        "failed", "cpu", f"{plural(number, 'task waits', 'tasks wait')} for {what}", detail, listed(view="attention")
    )


def _failing(found: Snapshot, chosen: str) -> Iterator[Need]:
    worse = [row for row in found.failing if row.is_worse]
    if worse:
        first = worse[0]
        title = f"{plural(len(worse), 'pipeline fails', 'pipelines fail')} more than usual"
        detail = f"First: {first.pipeline_id}, {quantity(first.failed)} of {quantity(first.ended)}"
        yield Need("failed", "critical", title, detail, failures_of(first.pipeline_id, chosen))


def _unanswered(found: Snapshot) -> Iterator[Need]:
    if found.unanswered:
        title = f"{plural(found.unanswered, 'failure', 'failures')} not run again"
        href = listed(view="attention", **FAILED)
        yield Need("failed", "failed", title, f"In the last {ATTENTION_DAYS} days", href)


def _long_queue(found: Snapshot) -> Iterator[Need]:
    queue, now = found.queue, found.period.now
    if queue.missing or not queue.oldest or (now - queue.oldest).total_seconds() < LONG_WAIT_SECONDS:
        return
    title = f"{plural(queue.number, 'task is', 'tasks are')} queued"
    detail = f"The oldest for {since(queue.oldest, now)}; more workers would help"
    yield Need("waiting", "queued", title, detail, listed(state=[ExecutionStatus.PENDING, ExecutionStatus.RUNNING]))


def _paused(found: Snapshot) -> Iterator[Need]:
    if number := found.live.counts.get(ExecutionStatus.PAUSED, 0):
        oldest = found.live.oldest[ExecutionStatus.PAUSED]
        title = f"{plural(number, 'execution is', 'executions are')} paused"
        detail = f"The oldest was started {relative(oldest, found.period.now)}"
        yield Need("paused", "paused", title, detail, listed(state=ExecutionStatus.PAUSED))
