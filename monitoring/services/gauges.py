"""Looking at what can only be seen as it is: queues, open executions, workers. Each look is added to its minute."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Min, Q, Sum

from common.clock import database_now
from monitoring.metrics.families import Labels
from monitoring.metrics.ranges import floor
from monitoring.metrics.summary import Summary
from monitoring.models import Rollup, WorkerSample
from monitoring.services.rollups import lock_watermark
from monitoring.services.storing import SUMMARY_COLUMNS, Entry, read_summary, replace_rollups, series_ids
from monitoring.services.switch import is_active
from monitoring.states import Level
from orchestration.models import Execution, TaskRun
from orchestration.selectors.workers import live_workers
from orchestration.states import CLAIMABLE_EXECUTION, ExecutionStatus, TaskRunStatus
from reviews.models import ReviewRequest

Look = tuple[str, Labels, float]
EVERYTHING = Labels()
SAMPLE_LIFE = timedelta(seconds=60)


def look_around() -> int:
    """Add one look to the current minute; returns how many gauges were seen. A ticker duty."""
    if not is_active():
        return 0
    now = database_now()
    looks = [*_queues(now), *_executions(now), *_reviews(now), *_workers(), *_resources(now)]
    minute, end = floor(now, Level.MINUTE), floor(now, Level.MINUTE) + timedelta(seconds=Level.MINUTE)
    with transaction.atomic():
        lock_watermark()
        ids = series_ids({labels for _, labels, _ in looks})
        seen = [Entry(family, ids[labels], minute, _one_look(value)) for family, labels, value in looks]
        families = {family for family, _, _ in looks}
        stored = Rollup.objects.filter(level=Level.MINUTE, at__gte=minute, at__lt=end, family__in=families)
        before = [
            Entry(row["family"], row["series_id"], row["at"], read_summary(row))
            for row in stored.values("family", "series_id", "at", *SUMMARY_COLUMNS)
        ]
        stored.delete()
        replace_rollups(Level.MINUTE, minute, minute, [*before, *seen], derived=True)
    return len(looks)


def _one_look(value: float) -> Summary:
    """Gauges have no distribution: the looks, their sum, and the extremes."""
    return Summary(count=1, total=value, minimum=value, maximum=value)


def _queues(now: datetime) -> Iterator[Look]:
    """What waits for a worker, and how long the oldest of it has."""
    waiting = Q(status=TaskRunStatus.QUEUED, execution__status__in=CLAIMABLE_EXECUTION, execution__private_worker="")
    rows = TaskRun.objects.filter(waiting).order_by().values_list("queue")
    found = {queue: (number, oldest) for queue, number, oldest in rows.annotate(n=Count("pk"), o=Min("queued_at"))}
    ages = {queue: max(0.0, (now - oldest).total_seconds()) for queue, (_, oldest) in found.items()}
    for queue, (number, _) in found.items():
        yield "queue_depth", Labels(detail=queue), number
        yield "queue_age", Labels(detail=queue), ages[queue]
    yield "queue_depth", EVERYTHING, sum(number for number, _ in found.values())
    yield "queue_age", EVERYTHING, max(ages.values(), default=0.0)


def _executions(now: datetime) -> Iterator[Look]:
    rows = Execution.objects.filter(finished_at=None).order_by().values_list("pipeline_id", "status")
    counts: dict[Labels, int] = {EVERYTHING: 0}
    oldest: dict[Labels, float] = {EVERYTHING: 0.0}
    for pipeline, status, number, started in rows.annotate(n=Count("pk"), first=Min("started_at")):
        for labels in (EVERYTHING, Labels(pipeline), Labels(detail=status), Labels(pipeline, detail=status)):
            counts[labels] = counts.get(labels, 0) + number
        if status == ExecutionStatus.RUNNING and started is not None:
            for labels in (EVERYTHING, Labels(pipeline)):
                oldest[labels] = max(oldest.get(labels, 0.0), (now - started).total_seconds())
    for labels, number in counts.items():
        yield "open_executions", labels, number
    for labels, seconds in oldest.items():
        yield "oldest_running", labels, seconds


def _reviews(now: datetime) -> Iterator[Look]:
    """The workload of each reviewer; what nobody has yet is in the sum alone."""
    rows = ReviewRequest.objects.filter(closed_at=None, decided_at=None).order_by()
    counts = {name or "": number for name, number in rows.values_list("assignee").annotate(n=Count("pk"))}
    for reviewer, number in counts.items():
        if reviewer:
            yield "open_reviews", Labels(detail=reviewer), number
    yield "open_reviews", EVERYTHING, sum(counts.values())
    yield "overdue_reviews", EVERYTHING, rows.filter(due_at__lt=now).count()


def _workers() -> Iterator[Look]:
    found = live_workers().order_by().aggregate(workers=Count("pk"), places=Sum("concurrency"))
    yield "workers", EVERYTHING, found["workers"]
    yield "places", EVERYTHING, found["places"] or 0
    busy = TaskRun.objects.filter(status=TaskRunStatus.RUNNING, worker__in=live_workers().order_by())
    yield "busy_places", EVERYTHING, busy.count()


def _resources(now: datetime) -> Iterator[Look]:
    totals = dict.fromkeys(("worker_cpu", "worker_memory", "worker_reads", "worker_writes"), 0.0)
    for row in WorkerSample.objects.filter(at__gte=now - SAMPLE_LIFE):
        seen = {
            "worker_cpu": row.cpu_share,
            "worker_memory": float(row.memory_bytes),
            "worker_reads": row.read_bytes_per_second,
            "worker_writes": row.written_bytes_per_second,
        }
        for family, value in seen.items():
            if value is not None:
                totals[family] += value
                yield family, Labels(detail=str(row)), value
    for family, value in totals.items():
        yield family, EVERYTHING, value
