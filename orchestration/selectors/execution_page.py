"""What the pages about one execution are made of: its own row, its task runs and attempts, without large values.

Each function is one query and reads no input, output or traceback. `Execution.now` is the database's clock at the
moment of reading: the only one that stored times are compared with.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, F, Max, Min, Q, QuerySet, RowRange, Sum, Value, Window
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, Greatest, Least, Left, Now

from orchestration.engine.versions import pipeline_of
from orchestration.exceptions import ExecutionNotFound
from orchestration.models import Execution, ExecutionEvent, TaskRun
from orchestration.selectors.attempts import attempts_of
from orchestration.selectors.elapsed import Seconds
from orchestration.selectors.moments import as_text, parsed, parsed_or_none
from orchestration.states import OPEN_TASK_RUN, AttemptStatus, TaskRunStatus

MESSAGE_LIMIT = 300
RERUNS_SHOWN = 5


class TaskRow(NamedTuple):
    """A task run without its values; `code` and the beginning of `message` are its error's."""

    pk: int
    name: str
    position: int
    task_type: str
    model: str
    status: str
    failures: int
    crashes: int
    max_attempts: int
    code: str | None
    message: str | None
    queued_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    not_before: datetime | None
    cached: str | None = None
    """What the cache did: hit, miss, bypass; None where it was not asked for."""

    @property
    def is_from_cache(self) -> bool:
        """Whether its result was kept from an earlier run of the same question."""
        return self.cached == "hit" and self.status == TaskRunStatus.COMPLETED

    @property
    def seconds(self) -> float | None:
        """Of the attempt that ended it."""
        return (self.finished_at - self.started_at).total_seconds() if self.started_at and self.finished_at else None


class AttemptRow(NamedTuple):
    """An attempt that ended: when, how, and its error's code."""

    task_run_id: int
    token: int
    status: str
    code: str | None
    started_at: datetime
    finished_at: datetime

    @property
    def seconds(self) -> float:
        return (self.finished_at - self.started_at).total_seconds()


class Work(NamedTuple):
    """Attempts that ended, without those that were discarded, and how long they took together."""

    attempts: int
    seconds: float


@dataclass(frozen=True, slots=True)
class History:
    """How long an execution's history is; `last` is the id of its newest event."""

    last: int
    number: int


def find_page_execution(execution_id: UUID) -> Execution:
    """The execution with its version and the database's time as `now`. Raises `ExecutionNotFound`."""
    rows = Execution.objects.select_related("version").defer("input", "output", "version__definition")
    found = rows.annotate(now=Now()).filter(pk=execution_id).first()
    if found is None:
        raise ExecutionNotFound(f"there is no execution {execution_id}")
    return found


def read_tasks(execution_id: UUID) -> list[TaskRow]:
    """Every task run of the execution, in the order of execution."""
    return _task_rows(TaskRun.objects.filter(execution_id=execution_id).order_by("position"))


def find_task(execution: Execution, name: str) -> TaskRun | None:
    """One task run with its error, its output left unread."""
    position = pipeline_of(execution.version_id).graph.positions.get(name)
    if position is None:
        return None
    rows = TaskRun.objects.select_related("worker").defer("output")
    return rows.filter(execution_id=execution.pk, position=position).first()


def page_of_tasks(
    execution_id: UUID, *, statuses: Iterable[str] = (), text: str = "", after: int = 0, limit: int
) -> list[TaskRow]:
    """At most `limit` task runs from position `after` on, of these statuses, with `text` in their name or type."""
    rows = TaskRun.objects.filter(execution_id=execution_id, position__gte=after).order_by("position")
    if wanted := list(statuses):
        rows = rows.filter(status__in=wanted)
    if text:
        rows = rows.filter(Q(name__icontains=text) | Q(task_type__icontains=text) | Q(model__icontains=text))
    return _task_rows(rows[:limit])


def _task_rows(rows: QuerySet[TaskRun]) -> list[TaskRow]:
    code, message = KeyTextTransform("code", "error"), Left(KeyTextTransform("message", "error"), MESSAGE_LIMIT)
    cached = KeyTextTransform("outcome", "cache")
    read = rows.values_list(*TaskRow._fields[:9], code, message, *map(as_text, TaskRow._fields[11:15]), cached)
    return [TaskRow._make((*row[:11], *map(parsed_or_none, row[11:15]), row[15])) for row in read]


def read_attempts(execution_id: UUID, task_run_ids: Iterable[int] | None = None) -> dict[int, list[AttemptRow]]:
    """Task run → its ended attempts in order; of the whole execution, or of some of its task runs."""
    rows = attempts_of(execution_id).order_by("task_run_id", "token")
    if task_run_ids is not None:
        rows = rows.filter(task_run_id__in=list(task_run_ids))
    found: dict[int, list[AttemptRow]] = {}
    read = rows.values_list(
        "task_run_id",
        "token",
        "status",
        KeyTextTransform("code", "error"),
        as_text("started_at"),
        as_text("finished_at"),
    )
    for task_run_id, token, status, code, start, end in read:
        attempt = AttemptRow(task_run_id, token, status, code, parsed(start), parsed(end))
        found.setdefault(task_run_id, []).append(attempt)
    return found


def read_work(execution_id: UUID, task_run_ids: Iterable[int] | None = None) -> dict[int, Work]:
    """Task run → its ended attempts together; of the whole execution, or of some of its task runs."""
    rows = attempts_of(execution_id).exclude(status=AttemptStatus.DISCARDED)
    if task_run_ids is not None:
        rows = rows.filter(task_run_id__in=list(task_run_ids))
    found = rows.order_by().values_list("task_run_id")
    sums = found.annotate(number=Count("pk"), seconds=Sum(Seconds("finished_at", "started_at")))
    return {key: Work(number, seconds) for key, number, seconds in sums}


def count_statuses(execution_id: UUID) -> Counter[str]:
    """How many task runs there are in each status."""
    rows = TaskRun.objects.filter(execution_id=execution_id).order_by().values_list("status")
    return Counter(dict(rows.annotate(number=Count("pk"))))


def read_history(execution_id: UUID) -> History:
    found = ExecutionEvent.objects.filter(execution_id=execution_id).aggregate(last=Max("pk"), number=Count("pk"))
    return History(found["last"] or 0, found["number"])


def read_reruns(execution_id: UUID) -> list[Execution]:
    """The newest executions that repeat this one."""
    rows = Execution.objects.filter(rerun_of=execution_id).only("id", "status", "title", "created_at")
    return list(rows.order_by("-created_at")[:RERUNS_SHOWN])


def waiting_task_runs(execution_id: UUID) -> list[TaskRun]:
    """What is queued, running, to be tried again or to be decided, as `explain_waiting` wants it."""
    live = [status for status in OPEN_TASK_RUN if status != TaskRunStatus.PENDING]
    rows = TaskRun.objects.filter(execution_id=execution_id, status__in=live)
    return list(rows.defer("output", "usage").order_by("position"))


def seconds_at_work(execution_id: UUID, now: datetime) -> float:
    """How long at least one task was being worked on: overlapping attempts count once."""
    running = TaskRun.objects.filter(execution_id=execution_id, status=TaskRunStatus.RUNNING)
    since: datetime | None = running.aggregate(since=Min("started_at"))["since"]
    ended = attempts_of(execution_id)
    if since is not None:
        ended = ended.filter(started_at__lt=since)
    ended = ended.annotate(end=F("finished_at") if since is None else Least("finished_at", Value(since)))
    earlier = Window(Max("end"), order_by=["started_at", "pk"], frame=RowRange(None, -1))
    start = Coalesce(Greatest("started_at", "earlier"), "started_at")
    spans = ended.annotate(earlier=earlier).annotate(seconds=Seconds("end", start))
    total = spans.aggregate(total=Sum("seconds", filter=Q(seconds__gt=0)))["total"] or 0.0
    return float(total) + ((now - since).total_seconds() if since else 0.0)


def read_open_reviews(execution_id: UUID, most: int = 3) -> list[tuple[str, UUID]]:
    """The first task runs that wait for a person, each with its review."""
    rows = TaskRun.objects.filter(execution=execution_id, status=TaskRunStatus.WAITING, review__isnull=False)
    return list(rows.order_by("position").values_list("name", "review_id")[:most])
