"""Whether this installation does its work: workers, ticker, queue, and the rows themselves. Changes nothing."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from django.db.models import Count, Min, Q
from django.db.models.functions import Now

from common.clock import database_now
from common.health import Check, register_check
from common.health import examine as examine
from orchestration.engine.ticker import LEADER_LEASE_SECONDS
from orchestration.models import Execution, TaskRun, TickerLease, Worker
from orchestration.selectors import installation
from orchestration.selectors.invariants import broken_invariants
from orchestration.selectors.workers import live_workers
from orchestration.states import CLAIMABLE_EXECUTION, LIVE_EXECUTION, TaskRunStatus
from registry.models import ModelVersion
from registry.states import VersionState

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
    now, places = database_now(), [(worker.queues, worker.task_types) for worker in workers]
    for queue, task_type, number, oldest in waiting:
        seconds = (now - oldest).total_seconds()
        said = f"{number} × {task_type} waiting in {queue}, the oldest for {max(0.0, seconds):.1f} s"
        if not any(queue in queues and task_type in types for queues, types in places):
            hint = f'no live worker listens to "{queue}" and knows "{task_type}"'
            yield Check("healthy", "queue", "problem", said, hint)
        elif seconds > LONG_WAIT_SECONDS:
            yield Check("healthy", "queue", "warning", said, "start more workers, or raise --concurrency")
        else:
            yield Check("healthy", "queue", "ok", said)
    overdue = TaskRun.objects.filter(
        status=TaskRunStatus.RETRYING, not_before__lt=Now() - timedelta(seconds=LONG_WAIT_SECONDS)
    )
    if late := overdue.count():
        yield Check("healthy", "retries", "warning", f"{late} overdue", "is a worker (and its ticker) running?")


def _correct() -> Iterator[Check]:
    violations = broken_invariants()
    if not violations:
        yield Check("correct", "invariants", "ok", "all hold")
    for violation in violations[:SHOWN_VIOLATIONS]:
        place = f"execution {violation.execution_id}" if violation.execution_id else f"task run {violation.task_run_id}"
        yield Check("correct", violation.invariant, "problem", f"{place}: {violation.message}")
    if len(violations) > SHOWN_VIOLATIONS:
        yield Check("correct", "invariants", "problem", f"and {len(violations) - SHOWN_VIOLATIONS} more violations")
