"""Throwing away what is no longer needed: old finished executions, blobs nobody refers to, workers long gone.

In batches, each a short transaction of its own, so that nobody waits long for a lock. What is live is never touched.
"""

from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from orchestration.models import Blob, Execution, TaskRun, Worker
from orchestration.selectors.blobs import referenced_digests
from orchestration.states import LIVE_EXECUTION

BATCH = 200
BLOB_BATCH = 500
# A blob is written before the row that refers to it; an hour is far more than any such gap.
BLOB_AGE = timedelta(hours=1)
WORKER_AGE = timedelta(days=1)


_holds: list[Callable[[], datetime | None]] = []


def register_hold(needed_from: Callable[[], datetime | None]) -> None:
    """Keep executions that ended at or after the time `needed_from` gives (None: none) out of every pruning."""
    _holds.append(needed_from)


def finished_before(older_than_days: float | None = None) -> QuerySet[Execution]:
    """The executions that ended more than so many days ago (default: FINISHED_RETENTION_DAYS) and nobody holds."""
    days = settings.ORCHESTRATION.finished_retention_days if older_than_days is None else older_than_days
    rows = Execution.objects.filter(finished_at__lt=Now() - timedelta(days=days))
    held = [since for hold in _holds if (since := hold()) is not None]
    return rows.filter(finished_at__lt=min(held)) if held else rows


def prune_executions(*, older_than_days: float | None = None, batch: int = BATCH) -> Iterator[int]:
    """Delete finished executions with their task runs, attempts and history; yields how many after each batch.

    Oldest first. A generator: nothing happens until it is read, and it may be left at any point.
    """
    while keys := list(finished_before(older_than_days).order_by("created_at").values_list("pk", flat=True)[:batch]):
        delete_executions(execution_ids=keys)
        yield len(keys)


@transaction.atomic
def delete_executions(*, execution_ids: Collection[UUID]) -> int:
    """Delete those of them that have ended, with their task runs, attempts and history; returns how many."""
    ended = Execution.objects.filter(pk__in=execution_ids).exclude(status__in=LIVE_EXECUTION)
    # Locked before Django looks for what refers to them: a rerun of one, written meanwhile, would be overlooked.
    locked = list(ended.order_by("pk").select_for_update().values_list("pk", flat=True))
    Execution.objects.filter(pk__in=locked).delete()
    return len(locked)


def prune_orphaned_blobs() -> int:
    """Delete blobs that no row refers to and nobody wrote within the last hour. Returns how many. A ticker duty."""
    old = Blob.objects.filter(touched_at__lt=Now() - BLOB_AGE)
    # Listed before the references are read: a blob written meanwhile is not among them.
    digests = list(old.values_list("digest", flat=True))
    if not digests:
        return 0
    orphans = sorted(set(digests) - referenced_digests())
    deleted = 0
    for start in range(0, len(orphans), BLOB_BATCH):
        # The age is asked again: somebody may have come to rely on the blob since, and touched it.
        count, _ = old.filter(digest__in=orphans[start : start + BLOB_BATCH]).delete()
        deleted += count
    return deleted


def prune_gone_workers() -> int:
    """Delete the rows of workers that gave no sign of life for a day. Returns how many. A ticker duty.

    A process of `run()` whose execution is still open stays: the engine finds that execution by it.
    """
    needed = Execution.objects.filter(status__in=LIVE_EXECUTION).exclude(private_worker="").values("private_worker")
    holding = TaskRun.objects.filter(status="running", worker__isnull=False).values("worker")
    gone = Worker.objects.filter(heartbeat_at__lt=Now() - WORKER_AGE).exclude(pk__in=needed).exclude(pk__in=holding)
    _, by_model = gone.delete()
    return by_model.get(Worker._meta.label, 0)
