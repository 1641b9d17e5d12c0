"""What must be true of the rows at any moment, whatever has been killed: the engine's invariants, in one place.

`broken_invariants()` is asked by `manage.py doctor`, by the fault tests and by an alert. Each check is a query over
sets, so that a hundred thousand task runs take about a second. The definitions:

* A *running* task run holds a lease that has not expired, or expired a moment ago while a ticker leads (it takes such
  leases back within two seconds, and where it has just come or the database was away after `needed_seconds()`).
* A *retrying* one has a due time: the database's own constraint `retrying_task_run_has_a_due_time`.
* A *queued* one can be claimed: it waits for no task and has its place in the queue. (That its execution comes to have
  a free slot follows from the counters.)
* A *pending* one waits for exactly `remaining_dependencies` > 0 tasks, none of which ended without completing.
* A *waiting* one has a review that is open, or one that ended less than `EXPIRY_SECONDS` ago (the ticker brings every
  decision within a second).
* An execution that has ended has no open task runs; one that has not has at least one.
* The counters of an execution equal its rows.
* An execution of `run()` has a live process, or lost it less than a lease and such a moment ago.
* Every blob a row refers to exists.

A paused execution breaks none of these: its task runs stay pending or queued, and nobody claims them.

At most one live lease per task run, terminal rows that never change, and counters that nest are so by construction and
by the database's constraints.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from itertools import groupby, islice
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, F, Q
from django.db.models.functions import Now

from orchestration.engine.patience import needed_seconds
from orchestration.engine.versions import pipeline_of
from orchestration.models import Blob, Execution, TaskRun, TickerLease, Worker
from orchestration.selectors.blobs import blob_references
from orchestration.states import OPEN_TASK_RUN, TERMINAL_TASK_RUN, TaskRunStatus

EXPIRY_SECONDS = 5.0
MAX_PER_INVARIANT = 100

S = TaskRunStatus

# Counter of an execution → the statuses it counts.
COUNTERS: Mapping[str, tuple[TaskRunStatus, ...]] = {
    "open_task_runs": OPEN_TASK_RUN,
    "active_task_runs": (S.QUEUED, S.RUNNING),
    "running_task_runs": (S.RUNNING,),
    "failed_task_runs": (S.FAILED, S.TIMED_OUT),
}


@dataclass(frozen=True, slots=True)
class Violation:
    """A row that breaks an invariant."""

    invariant: str
    message: str
    execution_id: str | None = None
    task_run_id: int | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def broken_invariants(limit: int = MAX_PER_INVARIANT) -> list[Violation]:
    """Every violation, at most `limit` of each invariant."""
    return [violation for check in CHECKS for violation in islice(check(), limit)]


def _running_without_lease() -> Iterator[Violation]:
    leads = TickerLease.objects.filter(expires_at__gt=Now()).exists()
    expired_before = Now() - timedelta(seconds=EXPIRY_SECONDS + needed_seconds() if leads else 0)
    rows = TaskRun.objects.filter(status=S.RUNNING, lease_expires_at__lte=expired_before)
    for row in _few_columns(rows, "lease_expires_at"):
        more = "" if leads else ", and no ticker leads"
        yield _of(row, "running_has_a_lease", f"its lease expired at {row.lease_expires_at:%H:%M:%S} UTC{more}")


def _queued_but_not_claimable() -> Iterator[Violation]:
    rows = TaskRun.objects.filter(Q(remaining_dependencies__gt=0) | Q(queued_at=None), status=S.QUEUED)
    for row in _few_columns(rows, "remaining_dependencies", "queued_at"):
        why = "it is in no place of the queue" if row.queued_at is None else "it still waits for other tasks"
        yield _of(row, "queued_is_claimable", f"it is queued, but {why}")


def _waiting_for_nothing() -> Iterator[Violation]:
    since = Now() - timedelta(seconds=EXPIRY_SECONDS)
    settled = Q(review__closed_at__lt=since) & (Q(review__effective_at=None) | Q(review__effective_at__lt=since))
    for row in _few_columns(TaskRun.objects.filter(settled, status=S.WAITING)):
        yield _of(row, "waiting_has_a_cause", "it waits for a review that has ended")


def _pending_for_wrong_reasons() -> Iterator[Violation]:
    """Reads the task runs of live executions once, execution by execution; the graph is in the definition."""
    rows = (
        TaskRun.objects.filter(execution__finished_at=None)
        .order_by("execution_id")
        .values_list("execution_id", "execution__version_id", "id", "name", "status", "remaining_dependencies")
        .iterator(chunk_size=5_000)
    )
    for execution_id, group in groupby(rows, key=itemgetter(0)):
        yield from _pending_in(execution_id, list(group))


def _pending_in(execution_id: UUID, rows: list[tuple[Any, ...]]) -> Iterator[Violation]:
    if not any(row[4] == S.PENDING for row in rows):
        return
    graph = pipeline_of(rows[0][1]).graph
    statuses = {row[3]: row[4] for row in rows}
    for _, _, key, name, status, remaining in rows:
        if status != S.PENDING:
            continue
        unfinished = [parent for parent in graph.parents(name) if statuses[parent] != S.COMPLETED]
        dead = [parent for parent in unfinished if statuses[parent] in TERMINAL_TASK_RUN]
        said = None
        if dead:
            said = f'it waits for "{dead[0]}", which ended as {statuses[dead[0]]}'
        elif not unfinished or remaining != len(unfinished):
            said = f"it waits for {len(unfinished)} tasks, and its counter says {remaining}"
        if said:
            yield Violation("pending_waits_for_a_task", f"{name}: {said}", str(execution_id), key)


def _open_in_ended_executions() -> Iterator[Violation]:
    rows = TaskRun.objects.filter(status__in=OPEN_TASK_RUN, execution__finished_at__isnull=False)
    for row in _few_columns(rows):
        yield _of(row, "ended_has_nothing_open", f"it is {row.status}, and its execution has ended")


def _live_without_open() -> Iterator[Violation]:
    for key in Execution.objects.filter(finished_at=None, open_task_runs=0).values_list("pk", flat=True):
        yield Violation("live_has_something_open", "nothing is open, and the execution has not ended", str(key))


def _wrong_counters() -> Iterator[Violation]:
    counts = {f"_{name}": Count("task_runs", filter=Q(task_runs__status__in=of)) for name, of in COUNTERS.items()}
    differs = Q()
    for name in COUNTERS:
        differs |= ~Q(**{f"_{name}": F(name)})
    # Only the columns named here are grouped by: never the large ones.
    for row in Execution.objects.order_by().values("pk", *COUNTERS).annotate(**counts).filter(differs):
        wrong = [f"{name} is {row[name]}, rows: {row[f'_{name}']}" for name in COUNTERS if row[name] != row[f"_{name}"]]
        yield Violation("counters_equal_rows", "; ".join(wrong), str(row["pk"]))


def _orphaned_runs() -> Iterator[Violation]:
    patience = timedelta(seconds=settings.ORCHESTRATION.lease_seconds + EXPIRY_SECONDS + needed_seconds())
    alive = Worker.objects.filter(stopped_at=None, heartbeat_at__gt=Now() - patience).values("pk")
    rows = Execution.objects.filter(finished_at=None, created_at__lte=Now() - patience).exclude(private_worker="")
    for key in rows.exclude(private_worker__in=alive).values_list("pk", flat=True):
        yield Violation("run_has_a_process", "the process that called run() is gone", str(key))


def _missing_blobs() -> Iterator[Violation]:
    places: dict[str, tuple[type[Any], Any]] = {}
    for model, key, digest in blob_references():
        places.setdefault(digest, (model, key))
        if len(places) >= 500:
            yield from _missing_among(places)
            places.clear()
    yield from _missing_among(places)


def _missing_among(places: Mapping[str, tuple[type[Any], Any]]) -> Iterator[Violation]:
    there = set(Blob.objects.filter(digest__in=places).values_list("digest", flat=True))
    for digest, (model, key) in places.items():
        if digest not in there:
            said = f"{model.__name__} {key} refers to the blob {digest[:12]}, which is gone"
            is_execution = model is Execution
            yield Violation("blobs_exist", said, str(key) if is_execution else None, None if is_execution else key)


def _few_columns(rows: Any, *more: str) -> Iterator[TaskRun]:
    found: Iterator[TaskRun] = rows.only("execution_id", "name", "status", *more).order_by("pk").iterator()
    return found


def _of(row: TaskRun, invariant: str, said: str) -> Violation:
    return Violation(invariant, f"{row.name}: {said}", str(row.execution_id), row.pk)


CHECKS: tuple[Callable[[], Iterator[Violation]], ...] = (
    _running_without_lease,
    _queued_but_not_claimable,
    _waiting_for_nothing,
    _pending_for_wrong_reasons,
    _open_in_ended_executions,
    _live_without_open,
    _wrong_counters,
    _orphaned_runs,
    _missing_blobs,
)
