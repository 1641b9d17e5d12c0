"""How the work went in a stretch of time, and how it stands now: figures for the overview, added up by the database.

Everything about the past counts by the end of executions. What failed, and why, is in `overview_failures`.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil

from django.db.models import Count, F, Min, Q, Value

from orchestration.models import Execution, TaskRun
from orchestration.selectors.elapsed import Bucket, Seconds
from orchestration.selectors.execution_filters import UNSUCCESSFUL
from orchestration.selectors.execution_rows import missing_worker
from orchestration.selectors.workers import live_workers
from orchestration.states import CLAIMABLE_EXECUTION, ExecutionStatus, TaskRunStatus

MOST_TIMES = 20_000


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` to `now`, in steps that begin at whole hours, days …: the first and the last are cut."""

    now: datetime
    length: timedelta
    step: timedelta

    @property
    def start(self) -> datetime:
        return self.now - self.length

    @property
    def first_step(self) -> datetime:
        seconds = int(self.step.total_seconds())
        return datetime.fromtimestamp(int(self.start.timestamp()) // seconds * seconds, UTC)

    @property
    def steps(self) -> list[datetime]:
        """When each step begins, oldest first."""
        number = (self.now - self.first_step) // self.step + 1
        return [self.first_step + index * self.step for index in range(number)]


@dataclass(frozen=True, slots=True)
class Ended:
    """How many executions ended in a time, by their status."""

    counts: Mapping[str, int]

    @property
    def completed(self) -> int:
        return self.counts.get(ExecutionStatus.COMPLETED, 0)

    @property
    def failed(self) -> int:
        """Timed out counts as failed."""
        return sum(self.counts.get(status, 0) for status in UNSUCCESSFUL)

    @property
    def judged(self) -> int:
        """Those that came to an end of their own: not the cancelled ones."""
        return self.completed + self.failed

    @property
    def all(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds that completed executions took from start to end: half of them less than `p50`, and so on."""

    p50: float | None = None
    p95: float | None = None


@dataclass(frozen=True, slots=True)
class Live:
    """What has not ended, by status, and the first submission among each."""

    counts: Mapping[str, int]
    oldest: Mapping[str, datetime]


@dataclass(frozen=True, slots=True)
class Queue:
    """Task runs that wait for a worker. `missing` says which worker is not there, with how many wait for it."""

    number: int
    oldest: datetime | None
    missing: tuple[tuple[str, int], ...]
    workers: int
    places: int
    """How many tasks these workers do at once."""


def count_ended(since: datetime, until: datetime) -> Ended:
    rows = Execution.objects.filter(finished_at__gte=since, finished_at__lt=until).order_by().values_list("status")
    return Ended(dict(rows.annotate(number=Count("*"))))


def count_ended_by_step(period: Period) -> dict[int, Ended]:
    """Place of a step in `period.steps` → what ended in it."""
    step = Bucket(F("finished_at"), Value(period.first_step), width=int(period.step.total_seconds()))
    rows = Execution.objects.filter(finished_at__gte=period.start).order_by().annotate(step=step)
    counts: dict[int, dict[str, int]] = {}
    for place, status, number in rows.values_list("step", "status").annotate(number=Count("*")):
        counts.setdefault(place, {})[status] = number
    return {place: Ended(found) for place, found in counts.items()}


def total(parts: Mapping[int, Ended]) -> Ended:
    """Of all steps together."""
    counts: Counter[str] = Counter()
    for part in parts.values():
        counts.update(part.counts)
    return Ended(counts)


def measure_times(period: Period) -> tuple[Times, dict[int, Times]]:
    """Of the whole period, and of each of its steps; of very many executions, the last `MOST_TIMES` to end."""
    step = Bucket(F("finished_at"), Value(period.first_step), width=int(period.step.total_seconds()))
    took = Seconds(F("finished_at"), F("started_at"))
    ended = Execution.objects.filter(status=ExecutionStatus.COMPLETED, finished_at__gte=period.start)
    rows = ended.filter(started_at__isnull=False).order_by("-finished_at").values_list(step, took)[:MOST_TIMES]
    by_step: dict[int, list[float]] = {}
    for place, seconds in rows:
        by_step.setdefault(place, []).append(seconds)
    everything = [seconds for found in by_step.values() for seconds in found]
    return _percentiles(everything), {place: _percentiles(found) for place, found in by_step.items()}


def _percentiles(seconds: list[float]) -> Times:
    """By nearest rank: values that occurred."""
    if not seconds:
        return Times()
    ordered = sorted(seconds)
    return Times(*(ordered[ceil(len(ordered) * share) - 1] for share in (0.5, 0.95)))


def count_live() -> Live:
    rows = Execution.objects.filter(finished_at=None).order_by().values_list("status")
    found = list(rows.annotate(number=Count("*"), oldest=Min("created_at")))
    return Live({status: number for status, number, _ in found}, {status: oldest for status, _, oldest in found})


def read_queue() -> Queue:
    """What waits for workers now, and who is there."""
    workers = list(live_workers())
    claimable = Q(status=TaskRunStatus.QUEUED, execution__status__in=CLAIMABLE_EXECUTION, execution__private_worker="")
    rows = TaskRun.objects.filter(claimable).order_by().values_list("queue", "task_type")
    groups = list(rows.annotate(number=Count("*"), oldest=Min("queued_at")))
    missing: dict[str, int] = {}
    for queue, task_type, number, _ in groups:
        if phrase := missing_worker(queue, task_type, workers):
            missing[phrase] = missing.get(phrase, 0) + number
    return Queue(
        number=sum(number for _, _, number, _ in groups),
        oldest=min((oldest for *_, oldest in groups), default=None),
        missing=tuple(sorted(missing.items(), key=lambda item: -item[1])),
        workers=len(workers),
        places=sum(worker.concurrency for worker in workers),
    )
