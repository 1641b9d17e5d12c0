"""The engine's ticker duties: find work from rows that no message, process or signal will bring up any more.

Each duty looks for due rows (a bounded number, oldest first) and calls a verb of the store, which checks again under
the lock; so a duty may run twice, or late, or in two processes. One row that fails stops no other (`sweep`).
"""

from collections.abc import Callable
from datetime import timedelta
from itertools import chain
from uuid import UUID

from django.conf import settings
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.functions import Now

from common.resilience import sweep
from orchestration.engine import capacity, dispatch, store
from orchestration.engine.outcomes import Hint
from orchestration.engine.ticker import register_duty
from orchestration.models import Execution, TaskRun, Worker
from orchestration.states import CLAIMABLE_EXECUTION, LIVE_EXECUTION, TaskRunStatus

BATCH = 200
# Published again only while workers are idle, so soon at first; a worker that is alive but deaf is not flooded.
HINT_PATIENCE_SECONDS = (3, 10, 30, 60, 120, 300, 600)


def register_duties() -> None:
    """Called once, in the app's `ready()`."""
    register_duty("release retries", 0.5, release_retries)
    register_duty("expire leases", 2.0, expire_leases, judges_silence=True)
    register_duty("enforce deadlines", 2.0, enforce_deadlines)
    register_duty("publish hints again", 1.0, republish_hints)
    register_duty("abandon orphaned runs", 5.0, abandon_orphans, judges_silence=True)


def release_retries() -> int:
    """Queue the task runs whose retry is due."""
    due = TaskRun.objects.filter(status=TaskRunStatus.RETRYING, not_before__lte=Now()).order_by("not_before")
    return _for_each(due, store.release_retry)


def expire_leases() -> int:
    """Take back task runs whose worker stopped renewing its lease."""
    expired = TaskRun.objects.filter(status=TaskRunStatus.RUNNING, lease_expires_at__lte=Now()).order_by(
        "lease_expires_at"
    )

    def expire(row: tuple[int, int, str | None]) -> None:
        pk, token, hostname = row
        message = f"its worker on {hostname or 'an unknown host'} stopped renewing the lease"
        dispatch.publish(store.lose_worker(pk, token, message=message, only_if_expired=True))

    rows = list(expired.values_list("pk", "token", "worker__hostname")[:BATCH])
    return len(sweep(rows, expire))


def enforce_deadlines() -> int:
    """End executions past their own timeout, and task runs that no worker took in time."""
    executions = list(
        Execution.objects.filter(finished_at=None, deadline_at__lte=Now())
        .order_by("deadline_at")
        .values_list("pk", flat=True)[:BATCH]
    )
    ended = sweep(executions, store.time_out_execution)
    queued = TaskRun.objects.filter(status=TaskRunStatus.QUEUED, queue_deadline_at__lte=Now()).order_by(
        "queue_deadline_at"
    )
    return len(ended) + _for_each(queued, store.time_out_queued)


def republish_hints() -> int:
    """Publish hints again for task runs that stay queued although workers of their queue are idle.

    Where nobody listens nobody is woken: a worker that comes brings a ticker, which finds these.
    """
    idle = {queue: places for queue, places in capacity.idle().places.items() if places}
    overdue = _overdue_hints() if idle else TaskRun.objects.none()
    return sum(
        _for_each(overdue.filter(queue=queue), store.renew_hint, limit=min(places, BATCH))
        for queue, places in sorted(idle.items())
    )


def _overdue_hints() -> QuerySet[TaskRun]:
    """Queued for longer than the last hint deserves, in an execution with a free slot."""
    patience = Case(
        *(
            When(hints=count, then=Value(timedelta(seconds=seconds)))
            for count, seconds in enumerate(HINT_PATIENCE_SECONDS, start=1)
        ),
        default=Value(timedelta(seconds=HINT_PATIENCE_SECONDS[-1])),
    )
    return (
        TaskRun.objects.filter(
            status=TaskRunStatus.QUEUED,
            execution__status__in=CLAIMABLE_EXECUTION,
            execution__private_worker="",
            execution__running_task_runs__lt=F("execution__max_parallel"),
        )
        .annotate(patience=patience)
        .filter(
            Q(hinted_at=None, queued_at__lte=Now() - timedelta(seconds=1)) | Q(hinted_at__lte=Now() - F("patience"))
        )
        .order_by("queued_at", "pk")
    )


def abandon_orphans() -> int:
    """End executions of `run()` whose process stopped its heartbeat."""
    patience = timedelta(seconds=settings.ORCHESTRATION.lease_seconds)
    gone = Worker.objects.filter(Q(heartbeat_at__lte=Now() - patience) | Q(stopped_at__isnull=False)).values("pk")
    orphans: list[UUID] = list(
        Execution.objects.filter(status__in=LIVE_EXECUTION, private_worker__in=gone).values_list("pk", flat=True)[
            :BATCH
        ]
    )
    return sum(sweep(orphans, store.abandon))


def _for_each(rows: QuerySet[TaskRun], verb: Callable[[int], list[Hint]], *, limit: int = BATCH) -> int:
    """Call a verb for each due row and publish what it asks for, together."""
    keys = list(rows.values_list("pk", flat=True)[:limit])
    hints = sweep(keys, verb)
    dispatch.publish(list(chain.from_iterable(hints)))
    return len(hints)
