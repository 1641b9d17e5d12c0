"""Rows of a simulated execution: the execution, its task runs, their attempts and its events; written in batches."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Any
from uuid import UUID

from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Model
from uuid_utils.compat import uuid7

from benchmarks.pages import values
from benchmarks.pages.simulation import TRIES, Attempt, End, Graph, Task, moment, simulate
from orchestration.definition import Pipeline
from orchestration.engine.blobs import store_value
from orchestration.models import Execution, ExecutionEvent, PipelineVersion, TaskAttempt, TaskRun

MODELS: tuple[type[Model], ...] = (Execution, TaskRun, TaskAttempt, ExecutionEvent)
BATCH = 1000
FLUSH_AT = 20_000
LEASE = timedelta(days=1)
HARD_TRIES = (1, 1, 1, 1, 2, 3)
LARGE_WORDS = 30_000
OPEN = ("pending", "queued", "running", "retrying")


class Writer:
    """Turns simulated executions into rows with keys of ours."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._ids = {model: count(1) for model in MODELS}
        self._rows: dict[type[Model], list[Model]] = {model: [] for model in MODELS}
        self._number = 0

    def write(
        self,
        version: PipelineVersion,
        pipeline: Pipeline,
        graph: Graph,
        end: End,
        created: datetime,
        *,
        is_large: bool = False,
    ) -> UUID:
        """An execution that was created then and now stands as `end` says; its id."""
        self._number += 1
        tasks = simulate(graph, end, self._random, tries=HARD_TRIES if is_large else TRIES)
        execution = self._execution(version, graph, end, created, tasks)
        if is_large:
            execution.output = store_value({"index": values.text(self._random, LARGE_WORDS)})
        events = [(0.0, "execution.created", "", {"version": version.number})]
        runs = [self._task_run(execution, pipeline, task) for task in tasks]
        victim = next(((run.name, run.error) for run in runs if run.status == "failed"), None)
        execution.error = values.why(end, victim)
        for task, run in zip(tasks, runs, strict=True):
            attempts = [self._attempt(run, *numbered, created) for numbered in enumerate(task.attempts, start=1)]
            for row in (run, *filter(_has_ended, attempts)):
                self._add(row)
            events += _task_events(task, attempts)
        self._add(execution)
        self._add_events(execution, [*events, *_execution_events(execution, tasks)])
        if sum(map(len, self._rows.values())) > FLUSH_AT:
            self._flush()
        return execution.pk

    def close(self) -> None:
        """Write what is left, and let the database's own keys go on after ours."""
        self._flush()
        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), list(MODELS)):
                cursor.execute(statement)

    def _flush(self) -> None:
        with transaction.atomic():
            for model, rows in self._rows.items():
                model._default_manager.bulk_create(rows, batch_size=BATCH)
                rows.clear()

    def _add(self, row: Model) -> None:
        if not isinstance(row, Execution):
            row.pk = next(self._ids[type(row)])
        self._rows[type(row)].append(row)

    def _execution(
        self, version: PipelineVersion, graph: Graph, end: End, created: datetime, tasks: list[Task]
    ) -> Execution:
        random, has_ended = self._random, end in ("completed", "failed", "timed_out", "cancelled")
        started = min((attempt.start for task in tasks for attempt in task.attempts), default=None)
        active = sum(task.status in ("queued", "running") for task in tasks)
        return Execution(
            id=uuid7(nanoseconds=int(created.timestamp() * 1e9)),
            pipeline_id=version.pipeline_id,
            version=version,
            status="waiting" if end == "running" and not active else end,
            input=values.document(random),
            output=values.output(random, "text_generation") if end == "completed" else None,
            labels={"team": random.choice(("intake", "legal", "finance")), "source": "import"},
            title=values.title(random, self._number),
            trigger=random.choice(("api", "page", "command", "python")),
            started_by=random.choice(values.PEOPLE),
            max_parallel=graph.places,
            open_task_runs=sum(task.status in OPEN for task in tasks),
            active_task_runs=active,
            running_task_runs=sum(task.status == "running" for task in tasks),
            failed_task_runs=sum(task.status in ("failed", "timed_out") for task in tasks),
            created_at=created,
            started_at=None if started is None else created + timedelta(seconds=started),
            finished_at=created + timedelta(seconds=moment(tasks)) if has_ended else None,
        )

    def _task_run(self, execution: Execution, pipeline: Pipeline, task: Task) -> TaskRun:
        config, random = pipeline.config.task(task.name), self._random
        is_running = task.status == "running"
        failed = sum(attempt.status in ("failed", "timed_out") for attempt in task.attempts)
        at = _clock(execution.created_at)
        return TaskRun(
            execution=execution,
            name=task.name,
            task_type=config.type,
            position=task.position,
            model=config.model or "",
            status=task.status,
            remaining_dependencies=task.waits_for,
            token=len(task.attempts) + (task.status in ("cancelled", "timed_out") and task.queued is not None),
            failures=failed,
            timeout_seconds=300,
            max_attempts=3,
            max_crashes=3,
            queued_at=at(task.queued),
            not_before=at(task.due),
            worker_id=f"worker-{random.randrange(4)}" if is_running else None,
            worker_pid=random.randint(2000, 9000) if is_running else None,
            lease_expires_at=execution.created_at + LEASE + timedelta(days=30) if is_running else None,
            deadline_at=execution.created_at + LEASE + timedelta(days=30) if is_running else None,
            started_at=at(task.attempts[-1].start if task.attempts else None),
            finished_at=at(task.finished),
            output=values.output(random, config.type) if task.status == "completed" else None,
            error=_error(task, random, config.model or ""),
            usage=values.usage(random, config.model or "") if task.status == "completed" else None,
        )

    def _attempt(self, run: TaskRun, number: int, attempt: Attempt, created: datetime) -> TaskAttempt:
        at, went_wrong = _clock(created), attempt.status in ("failed", "timed_out")
        return TaskAttempt(
            task_run=run,
            token=number,
            status=attempt.status,
            worker=f"host-{number % 4}:{2000 + number}",
            model=run.model,
            error=values.error(self._random, attempt.status, run.model) if went_wrong else None,
            usage=run.usage,
            started_at=at(attempt.start),
            finished_at=at(attempt.end),
        )

    def _add_events(self, execution: Execution, events: list[tuple[float, str, str, dict[str, Any]]]) -> None:
        at = _clock(execution.created_at)
        for when, kind, task, details in sorted(events, key=lambda event: event[0]):
            self._add(ExecutionEvent(execution=execution, kind=kind, task_name=task, details=details, at=at(when)))


def _clock(created: datetime) -> Any:
    """Seconds from the creation → the time."""
    return lambda seconds: None if seconds is None else created + timedelta(seconds=seconds)


def _error(task: Task, random: Random, model: str) -> dict[str, Any] | None:
    if task.status == "skipped":
        message = f'task "{task.blamed}" before it did not complete'
        return {"code": "upstream_failed", "message": message, "task": task.blamed}
    if task.status == "cancelled":
        return {"code": "cancelled", "message": "cancelled on request"}
    is_wrong = task.status in ("failed", "retrying", "timed_out")
    return values.error(random, task.status, model) if is_wrong else None


def _has_ended(attempt: TaskAttempt) -> bool:
    return attempt.status != "running"


def _task_events(task: Task, rows: list[TaskAttempt]) -> Iterator[tuple[float, str, str, dict[str, Any]]]:
    for attempt, row in zip(task.attempts, rows, strict=True):
        yield attempt.start, "task.started", task.name, {"attempt": row.token, "worker": row.worker}
        if row.error and (attempt is not task.attempts[-1] or task.due is not None):
            details = {"error": row.error, "failures": row.token, "delay_seconds": 2.0}
            yield attempt.end, "task.retrying", task.name, details
    if task.finished is not None:
        details = {"reason": "upstream_failed", "upstream": task.blamed} if task.blamed else {}
        yield task.finished, f"task.{task.status}", task.name, details


def _execution_events(execution: Execution, tasks: list[Task]) -> Iterator[tuple[float, str, str, dict[str, Any]]]:
    if execution.started_at is not None:
        yield (execution.started_at - execution.created_at).total_seconds(), "execution.started", "", {}
    if execution.finished_at is not None:
        details = {"error": execution.error} if execution.error else {}
        yield moment(tasks) + 0.001, f"execution.{execution.status}", "", details
