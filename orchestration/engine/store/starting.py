"""Start: an execution and its task runs, written at once."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import JSONField, Value

from common.clock import database_now
from common.resilience import DATABASE_TROUBLE, drop_broken_connection, retried
from orchestration import tracing
from orchestration.definition import Pipeline
from orchestration.engine import capacity
from orchestration.engine.outcomes import Hint
from orchestration.engine.store import statements
from orchestration.models import Execution, ExecutionEvent, PipelineVersion, RegisteredPipeline, TaskRun
from orchestration.models.executions import new_execution_id
from orchestration.queues import DEFAULT_QUEUE, choose_queue
from orchestration.states import TaskRunStatus, Trigger


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an execution comes from: what started it, who (a login's name), and which one it repeats."""

    trigger: Trigger = Trigger.PYTHON
    started_by: str = ""
    rerun_of: UUID | None = None


FROM_PYTHON = Origin()


class NotCurrent(Exception):
    """Another version is the pipeline's current one by now."""


@dataclass(frozen=True, slots=True)
class NewExecution:
    """What `create` needs to know beyond the definition."""

    version: PipelineVersion
    pipeline: Pipeline
    stored_input: Any
    models: dict[str, str]
    """Task name → resolved model."""
    private_worker: str = ""
    idempotency_key: str | None = None
    input_digest: str = ""
    labels: dict[str, str] | None = None
    title: str = ""
    origin: Origin = FROM_PYTHON
    must_be_current: bool = False
    """The version is the current one as far as the caller remembers; `create` makes sure."""
    id: UUID = field(default_factory=new_execution_id)


def create(new: NewExecution) -> tuple[Execution, list[Hint]]:
    """Write an execution and its task runs, the roots queued; the hints are to be published after the commit.

    Raises `IntegrityError` when the idempotency key was used before, `NotCurrent` when the version should be its
    pipeline's current one and is not.
    """
    try:
        return (statements.are_usable() and _create_at_once(new)) or _create(new)
    except DATABASE_TROUBLE:
        if connection.in_atomic_block:
            raise
        drop_broken_connection()
        return _create_unless_written(new)


@retried
def _create_unless_written(new: NewExecution) -> tuple[Execution, list[Hint]]:
    written = Execution.objects.filter(pk=new.id).first()  # by a call that could not tell; the ticker wakes the workers
    return (written, []) if written else _create(new)


def _create_at_once(new: NewExecution) -> tuple[Execution, list[Hint]] | None:
    """None when it cannot be: the general way finds out why."""
    columns, task_runs = _execution_columns(new), _task_run_columns(new)
    parameters = columns | {
        "input": json.dumps(new.stored_input),
        "labels": json.dumps(columns["labels"]),
        "timeout": new.pipeline.config.timeout,
        "version_number": new.version.number,
        "task_runs": json.dumps(task_runs),
        "must_be_current": new.must_be_current,
        "wakeable": 0 if new.private_worker else min(columns["max_parallel"], capacity.idle_of({}).most),
    }
    row = statements.fetch(statements.CREATE, parameters)
    if row is None:
        return None
    execution = Execution(**columns, created_at=row["created_at"], deadline_at=_deadline(new, row["created_at"]))
    execution._state.adding = False
    hints = [Hint(*each) for each in json.loads(row["queued"] or "[]")]
    if not hints:
        return execution, []
    idle = capacity.idle_of(json.loads(row["running"] or "{}"))
    return execution, idle.among(hints, execution.max_parallel)


def _create(new: NewExecution) -> tuple[Execution, list[Hint]]:
    """Nobody else can see the rows before the commit, so nothing has to be locked."""
    with transaction.atomic():
        registered = RegisteredPipeline.objects.filter(pk=new.version.pipeline_id, current_version=new.version)
        if new.must_be_current and not registered.exists():
            raise NotCurrent(new.version)
        now = database_now()
        execution = Execution(**_execution_columns(new), created_at=now, deadline_at=_deadline(new, now))
        if new.stored_input is None:  # an input, which Django would write as SQL NULL
            execution.input = Value(None, JSONField())
        execution.save(force_insert=True)
        task_runs = TaskRun.objects.bulk_create(_new_task_run(execution, columns) for columns in _task_run_columns(new))
        details = {"version": new.version.number}
        ExecutionEvent.objects.create(execution=execution, kind="execution.created", details=details, at=now)
    if new.private_worker:
        return execution, []
    roots = [Hint(row.pk, row.token, row.queue) for row in task_runs if row.status == TaskRunStatus.QUEUED]
    return execution, capacity.idle().among(roots, execution.max_parallel)


def _execution_columns(new: NewExecution) -> dict[str, Any]:
    """All columns but the times."""
    config, graph = new.pipeline.config, new.pipeline.graph
    return {
        "id": new.id,
        "pipeline_id": new.version.pipeline_id,
        "version_id": new.version.pk,
        "input": new.stored_input,
        "labels": {**config.labels, **(new.labels or {})},
        "title": new.title,
        "trigger": new.origin.trigger,
        "started_by": new.origin.started_by,
        "rerun_of_id": new.origin.rerun_of,
        "private_worker": new.private_worker,
        "max_parallel": config.max_parallel or settings.ORCHESTRATION.max_parallel_tasks,
        "open_task_runs": len(config.tasks),
        "active_task_runs": sum(not graph.parents(name) for name in graph.order),
        "idempotency_key": new.idempotency_key,
        "input_digest": new.input_digest,
        "traceparent": tracing.context_of_new(new.id, new.version.pipeline_id),
    }


def _deadline(new: NewExecution, now: datetime) -> datetime | None:
    seconds = new.pipeline.config.timeout
    return None if seconds is None else now + timedelta(seconds=seconds)


def _task_run_columns(new: NewExecution) -> list[dict[str, Any]]:
    """What differs between the task runs, as JSON values; times not. What `run()` carries itself has one queue."""
    graph, default_timeout = new.pipeline.graph, settings.ORCHESTRATION.default_task_timeout
    by_type = settings.ORCHESTRATION.task_queues
    rows = []
    for position, name in enumerate(graph.order):
        task, parents = new.pipeline.config.task(name), graph.parents(name)
        rows.append(
            {
                "name": name,
                "task_type": task.type,
                "position": position,
                "model": new.models.get(name, ""),
                "queue": DEFAULT_QUEUE if new.private_worker else choose_queue(task.queue, task.type, by_type),
                "status": TaskRunStatus.PENDING if parents else TaskRunStatus.QUEUED,
                "remaining_dependencies": len(parents),
                "timeout_seconds": task.timeout or default_timeout,
                "queue_timeout_seconds": task.queue_timeout,
                "max_attempts": task.retry.max_attempts,
                "max_crashes": task.max_crashes,
            }
        )
    return rows


def _new_task_run(execution: Execution, columns: dict[str, Any]) -> TaskRun:
    task_run = TaskRun(execution=execution, **columns)
    if task_run.status == TaskRunStatus.QUEUED:
        seconds, now = task_run.queue_timeout_seconds, execution.created_at
        task_run.queued_at = now
        task_run.queue_deadline_at = None if seconds is None else now + timedelta(seconds=seconds)
    return task_run
