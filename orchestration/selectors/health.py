"""Whether this installation does its work: workers, ticker, queue, and the rows themselves. Changes nothing."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from django.conf import settings
from django.db.models import Count, Min, Q
from django.db.models.functions import Now

from common.clock import database_now
from common.health import Check, register_check
from common.health import examine as examine
from common.wording import closest
from orchestration.definition import known_task_types
from orchestration.engine.ticker import LEADER_LEASE_SECONDS
from orchestration.models import Execution, TaskRun, TickerLease, Worker
from orchestration.queues import OTHER_TYPES
from orchestration.selectors import installation
from orchestration.selectors.invariants import broken_invariants
from orchestration.selectors.workers import live_workers, nobody_listens, why_nobody_takes
from orchestration.states import CLAIMABLE_EXECUTION, LIVE_EXECUTION, TaskRunStatus
from registry.models import ModelVersion
from registry.states import VersionState
from web.quantities import duration

LONG_WAIT_SECONDS = 60.0
SHOWN_VIOLATIONS = 10
SHOWN_MODELS = 20


def register_checks() -> None:
    """Called once, in the app's `ready()`."""
    register_check("configured", "configuration", installation.configured, needs_database=False)
    register_check("configured", "data folder", installation.data_dir, needs_database=False, is_needed_to_serve=True)
    register_check("reachable", "database", installation.database, needs_database=False, is_needed_to_serve=True)
    register_check("reachable", "broker", installation.broker, needs_database=False, is_needed_to_serve=True)
    register_check("reachable", "redis", installation.redis, needs_database=False)
    register_check("healthy", "workers", lambda: _workers(list(live_workers())))
    register_check("healthy", "ticker", _ticker)
    register_check("healthy", "executions", _executions)
    register_check("healthy", "queue", lambda: _queue(list(live_workers())))
    register_check("healthy", "registered models", _registered_models)
    register_check("correct", "invariants", _correct)


def _workers(workers: list[Worker]) -> Iterator[Check]:
    if not workers:
        # A system without work needs no worker; with work, `_queue` says that it waits.
        yield Check("healthy", "workers", "warning", "none is running", "celery -A config worker")
    for worker in workers:
        queues, types = ", ".join(worker.queues), len(worker.task_types)
        said = f"{worker.pool} × {worker.concurrency}, queues {queues}, {types} task types"
        yield Check("healthy", f"worker {worker}", "ok", said)


def _ticker() -> Iterator[Check]:
    lease = TickerLease.objects.filter(name="leader").first()
    if lease is None:
        yield Check("healthy", "ticker", "note", "has never led: no worker has run yet")
        return
    lag = (database_now() - lease.expires_at).total_seconds()
    if lag > LEADER_LEASE_SECONDS:
        yield Check(
            "healthy", "ticker", "warning", f"nobody leads for {lag:.0f} s", "start a worker; it brings its ticker"
        )
    else:
        ticked = (database_now() - lease.ticked_at).total_seconds()
        yield Check("healthy", "ticker", "ok", f"leads; its lease was renewed {max(0.0, ticked):.1f} s ago")
    for name, report in lease.duties.items():
        if error := report.get("last_error"):
            yield Check(
                "healthy", f'duty "{name}"', "problem", error, "manage.py recover runs it once, and shows the error"
            )


def _registered_models() -> Iterator[Check]:
    """What `model:` may name of the registry; a default that must not be used stops what names its model."""
    defaults = ModelVersion.objects.filter(is_default=True).order_by("model__name").values_list("model__name", "state")
    usable = [name for name, state in defaults if VersionState(state).is_usable]
    if usable:
        more = f" and {len(usable) - SHOWN_MODELS} more" if len(usable) > SHOWN_MODELS else ""
        yield Check("healthy", "registered models", "ok", ", ".join(usable[:SHOWN_MODELS]) + more)
    for name, state in defaults:
        if not VersionState(state).is_usable:
            hint = f"register its files again, or go back: manage.py rollback_model {name}"
            yield Check("healthy", f"model {name}", "problem", f"its default version is {state}", hint)


def _executions() -> Iterator[Check]:
    rows = Execution.objects.filter(finished_at=None).order_by().values_list("status").annotate(number=Count("pk"))
    counts = dict(rows)
    said = ", ".join(f"{counts[status]} {status}" for status in LIVE_EXECUTION if status in counts)
    yield Check("healthy", "executions", "note", said or "none is open")


def _queue(workers: Iterable[Worker]) -> Iterator[Check]:
    """What waits for a worker, by queue and task type, and how long the oldest has."""
    claimable = Q(status=TaskRunStatus.QUEUED, execution__status__in=CLAIMABLE_EXECUTION, execution__private_worker="")
    rows = TaskRun.objects.filter(claimable).order_by().values_list("queue", "task_type")
    waiting = rows.annotate(number=Count("pk"), oldest=Min("queued_at"))
    now, there = database_now(), list(workers)
    for queue, task_type, number, oldest in waiting:
        seconds = (now - oldest).total_seconds()
        said = f"{number} × {task_type} waiting in {queue}, the oldest for {duration(max(0.0, seconds))}"
        if reason := why_nobody_takes(queue, task_type, there):
            yield Check("healthy", "queue", "problem", said, reason)
        elif seconds > LONG_WAIT_SECONDS:
            yield Check("healthy", "queue", "warning", said, "start more workers, or raise --concurrency")
        else:
            yield Check("healthy", "queue", "ok", said)
    overdue = TaskRun.objects.filter(
        status=TaskRunStatus.RETRYING, not_before__lt=Now() - timedelta(seconds=LONG_WAIT_SECONDS)
    )
    if late := overdue.count():
        yield Check("healthy", "retries", "warning", f"{late} overdue", "is a worker (and its ticker) running?")
    yield from _task_queues(there)


def _task_queues(workers: Sequence[Worker]) -> Iterator[Check]:
    """Before anything waits in vain: what TASK_QUEUES sends where nobody listens, and types that nobody knows."""
    listened = {queue for worker in workers for queue in worker.queues}
    known = {*known_task_types(), *(kind for worker in workers for kind in worker.task_types)}
    for task_type, queue in settings.ORCHESTRATION.task_queues.items():
        said = f"TASK_QUEUES sends {task_type} to {queue}"
        if task_type not in known and task_type != OTHER_TYPES:
            near = closest(task_type, known)
            hint = f"no such task type is known here{f'; did you mean {near}?' if near else ''}"
            yield Check("healthy", "task queues", "warning", said, hint)
        elif workers and queue not in listened:
            yield Check("healthy", "task queues", "warning", said, nobody_listens(queue))


def _correct() -> Iterator[Check]:
    violations = broken_invariants()
    if not violations:
        yield Check("correct", "invariants", "ok", "all hold")
    for violation in violations[:SHOWN_VIOLATIONS]:
        place = f"execution {violation.execution_id}" if violation.execution_id else f"task run {violation.task_run_id}"
        yield Check("correct", violation.invariant, "problem", f"{place}: {violation.message}")
    if len(violations) > SHOWN_VIOLATIONS:
        yield Check("correct", "invariants", "problem", f"and {len(violations) - SHOWN_VIOLATIONS} more violations")
