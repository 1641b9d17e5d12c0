"""An execution's task runs as the rows of a timeline: what each was doing when.

Task runs say where they stand, attempts when they ran. What lies between is worked out here: a task was queued from
the end of the last task it needs, and between two attempts it waited for the next one. Pure, but for `paused_spans`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from orchestration.definition import Graph
from orchestration.models import ExecutionEvent
from orchestration.selectors.execution_page import AttemptRow, TaskRow, Work
from orchestration.states import AttemptStatus, TaskRunStatus
from web.charts.paths import critical_path
from web.charts.timeline import Kind, Options, Segment, TimelineRow
from web.charts.timeline.rows import PAGE_SIZE

S = TaskRunStatus
Span = tuple[datetime, datetime | None]

# How an ended attempt stands in a row of its own: with the icon of the nearest state of task runs.
_ATTEMPT_LOOKS = {
    AttemptStatus.CRASHED: S.FAILED,
    AttemptStatus.HANDED_BACK: S.QUEUED,
    AttemptStatus.DISCARDED: S.CANCELLED,
}
_UNFINISHED = {S.RUNNING: Kind.RUNNING, S.CANCELLED: Kind.CANCELLED, S.TIMED_OUT: Kind.TIMED_OUT}
_LAST = {S.COMPLETED: Kind.COMPLETED, S.FAILED: Kind.FAILED, **_UNFINISHED}
NOTABLE = 60


@dataclass(frozen=True, slots=True)
class Story:
    """Everything the rows are made from."""

    tasks: Sequence[TaskRow]
    attempts: Mapping[int, Sequence[AttemptRow]]
    work: Mapping[int, Work]
    graph: Graph
    created_at: datetime
    now: datetime
    paused: Sequence[Span] = ()
    medians: Mapping[str, float] = field(default_factory=dict)
    selected: str = ""
    with_attempts: bool = False
    """Every attempt of a task tried more than once gets a row of its own."""
    with_path: bool = False
    """The critical path is marked."""
    detailed: frozenset[str] | None = None
    """Of these tasks `attempts` has all there are; the others show their last attempt alone. None: all."""
    href: Callable[[str], str] = "?task={}".format


def timeline_rows(story: Story) -> list[TimelineRow]:
    """The rows, in the order of execution."""
    ends = {task.name: task.finished_at for task in story.tasks if task.finished_at}
    path = _path(story) if story.with_path else frozenset()
    rows: list[TimelineRow] = []
    for task in story.tasks:
        ready = max((ends[name] for name in story.graph.parents(task.name) if name in ends), default=story.created_at)
        rows.append(_row(story, task, ready, is_critical=task.name in path))
        if story.with_attempts and len(tried := story.attempts.get(task.pk, ())) > 1:
            rows += [_attempt_row(story, task, number, attempt) for number, attempt in enumerate(tried, 1)]
    return rows


def notable_tasks(tasks: Sequence[TaskRow], options: Options) -> list[str]:
    """The tasks that will be drawn one by one: all of a few, the page asked for, else the unfinished and slow."""
    if options.show_all:
        first = (options.page - 1) * PAGE_SIZE
        return [task.name for task in tasks[first : first + PAGE_SIZE]]
    if len(tasks) <= NOTABLE:
        return [task.name for task in tasks]
    started = [task for task in tasks if task.started_at]
    started.sort(key=lambda task: (task.status == S.COMPLETED, -(task.seconds or 0.0)))
    return [task.name for task in started[:NOTABLE]]


def paused_spans(execution_id: UUID) -> list[Span]:
    """When the execution was paused, from its history; the last one may go on."""
    kinds = ("execution.paused", "execution.resumed")
    events = ExecutionEvent.objects.filter(execution_id=execution_id, kind__in=kinds).order_by("pk")
    spans: list[Span] = []
    for kind, at in events.values_list("kind", "at"):
        if kind == kinds[0]:
            spans.append((at, None))
        elif spans and spans[-1][1] is None:
            spans[-1] = (spans[-1][0], at)
    return spans


def short_model(model: str) -> str:
    """`gpt-4` of `openai/gpt-4`, `scorer:v2` of `registry/scorer:v2#1f0e…`: what fits beside a name."""
    return model.rpartition("/")[2].partition("#")[0]


def _row(story: Story, task: TaskRow, ready: datetime, *, is_critical: bool) -> TimelineRow:
    tried = story.attempts.get(task.pk, ())
    is_reused = task.status == S.COMPLETED and task.started_at is None
    is_detailed = story.detailed is None or task.name in story.detailed
    return TimelineRow(
        key=task.name,
        label=task.name,
        href=story.href(task.name),
        status=task.status,
        tag=short_model(task.model),
        took_seconds=_worked(story, task),
        took="reused" if is_reused else "",
        note=_note(task, tried),
        segments=tuple(_segments(story, task, tried, ready) if is_detailed else _last_segment(task)),
        median_seconds=story.medians.get(task.name),
        is_selected=task.name == story.selected,
        is_critical=is_critical,
    )


def _attempt_row(story: Story, task: TaskRow, number: int, attempt: AttemptRow) -> TimelineRow:
    return TimelineRow(
        key=f"{task.name}/{number}",
        label=f"attempt {number}",
        href=story.href(task.name),
        status=_ATTEMPT_LOOKS.get(AttemptStatus(attempt.status), attempt.status),
        depth=1,
        took_seconds=attempt.seconds,
        note=attempt.code or attempt.status.replace("_", " "),
        segments=(_ran(attempt),),
    )


def _path(story: Story) -> frozenset[str]:
    ends = {task.name: task.finished_at or story.now for task in story.tasks if task.started_at}
    return frozenset(critical_path(ends, {name: story.graph.parents(name) for name in ends}))


def _worked(story: Story, task: TaskRow) -> float | None:
    """Seconds of all attempts together, the one in flight counted up to now; None when there was none."""
    ended = story.work.get(task.pk)
    if task.status == S.RUNNING and task.started_at:
        return (ended.seconds if ended else 0.0) + (story.now - task.started_at).total_seconds()
    return ended.seconds if ended else None


def _note(task: TaskRow, tried: Sequence[AttemptRow]) -> str:
    if task.status in (S.FAILED, S.TIMED_OUT):
        several = f", {len(tried)} attempts" if len(tried) > 1 else ""
        return f"{task.code or task.status}{several}"
    if task.status == S.RETRYING:
        return f"attempt {task.failures + 1} of {task.max_attempts} is due"
    if task.status == S.RUNNING and tried:
        return f"attempt {len(tried) + 1}"
    if task.is_from_cache:
        return "from the cache"
    return f"{len(tried)} attempts" if len(tried) > 1 else ""


def _last_segment(task: TaskRow) -> Iterator[Segment]:
    if task.started_at and task.status in _LAST:
        yield Segment(_LAST[S(task.status)], task.started_at, task.finished_at)


def _segments(story: Story, task: TaskRow, tried: Sequence[AttemptRow], ready: datetime) -> Iterator[Segment]:
    before: AttemptRow | None = None
    for attempt in tried:
        yield from _wait(story, task, before, ready, attempt.started_at)
        yield _ran(attempt)
        before = attempt
    is_covered = any(attempt.started_at == task.started_at for attempt in tried)
    if task.started_at and not is_covered:
        yield from _wait(story, task, before, ready, task.started_at)
        yield Segment(_UNFINISHED.get(S(task.status), Kind.DISCARDED), task.started_at, task.finished_at)
    elif task.status == S.QUEUED or (task.finished_at and not tried and task.queued_at):
        yield from _wait(story, task, before, ready, task.finished_at)
    elif task.status == S.RETRYING and before:
        due = max(task.not_before or story.now, story.now)
        yield Segment(Kind.BACK_OFF, before.finished_at, due, f"attempt {task.failures + 1} of {task.max_attempts}")
    elif task.status == S.WAITING:
        yield Segment(Kind.WAITING, before.finished_at if before else ready)


def _ran(attempt: AttemptRow) -> Segment:
    return Segment(Kind(attempt.status), attempt.started_at, attempt.finished_at, attempt.code or "")


def _wait(
    story: Story, task: TaskRow, before: AttemptRow | None, ready: datetime, until: datetime | None
) -> Iterator[Segment]:
    """Before an attempt: queued at first; after a failure the back-off, then the queue as far as its time is kept."""
    queued = task.queued_at
    if before is None:
        since = queued if queued and (until is None or queued <= until) else ready
        yield from _queued(story, since, until)
        return
    since = before.finished_at
    if before.status not in (AttemptStatus.FAILED, AttemptStatus.TIMED_OUT):
        yield from _queued(story, since, until)
    elif queued and since <= queued and (until is None or queued <= until):
        yield Segment(Kind.BACK_OFF, since, queued)
        yield from _queued(story, queued, until)
    else:
        yield Segment(Kind.BACK_OFF, since, until)


def _queued(story: Story, since: datetime, until: datetime | None) -> Iterable[Segment]:
    """In the queue, without the times in which the execution was paused."""
    for start, end in story.paused:
        if (until is not None and start >= until) or (end is not None and end <= since):
            continue
        if start > since:
            yield Segment(Kind.QUEUED, since, start)
        stop = _earlier(end, until)
        yield Segment(Kind.PAUSED, max(start, since), stop)
        if stop is None:
            return
        since = stop
    if until is None or until > since:
        yield Segment(Kind.QUEUED, since, until)


def _earlier(first: datetime | None, second: datetime | None) -> datetime | None:
    given = [at for at in (first, second) if at is not None]
    return min(given, default=None)
