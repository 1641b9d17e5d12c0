"""Start: an execution and its task runs, written at once."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import JSONField, Value

from orchestration.definition import Pipeline
from orchestration.engine.capacity import idle_places
from orchestration.engine.clock import database_now
from orchestration.engine.outcomes import Hint
from orchestration.engine.resilience import DATABASE_TROUBLE, drop_broken_connection, retried
from orchestration.models import Execution, ExecutionEvent, PipelineVersion, TaskRun
from orchestration.models.executions import new_execution_id
from orchestration.states import TaskRunStatus, Trigger


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an execution comes from: what started it, who (a login's name), and which one it repeats."""

    trigger: Trigger = Trigger.PYTHON
    started_by: str = ""
    rerun_of: UUID | None = None


FROM_PYTHON = Origin()


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
    id: UUID = field(default_factory=new_execution_id)


def create(new: NewExecution) -> tuple[Execution, list[Hint]]:
    """Write an execution and its task runs, the roots queued; the hints are to be published after the commit."""
    try:
        return _create(new)
    except DATABASE_TROUBLE:
        if connection.in_atomic_block:
            raise
        drop_broken_connection()
        return _create_unless_written(new)


@retried
def _create_unless_written(new: NewExecution) -> tuple[Execution, list[Hint]]:
    written = Execution.objects.filter(pk=new.id).first()  # by a call that could not tell; the ticker wakes the workers
    return (written, []) if written else _create(new)


def _create(new: NewExecution) -> tuple[Execution, list[Hint]]:
    """Nobody else can see the rows before the commit, so nothing has to be locked."""
    with transaction.atomic():
        now = database_now()
        execution = _new_execution(new, now)
        task_runs = list(_new_task_runs(execution, new, now))
        roots = [task_run for task_run in task_runs if task_run.status == TaskRunStatus.QUEUED]
        execution.active_task_runs = len(roots)
        execution.save(force_insert=True)
        TaskRun.objects.bulk_create(task_runs)
        details = {"version": new.version.number}
        ExecutionEvent.objects.create(execution=execution, kind="execution.created", details=details, at=now)
    hinted = [] if new.private_worker else roots[: min(execution.max_parallel, idle_places())]
    return execution, [Hint(root.pk, root.token, root.queue) for root in hinted]


def _new_execution(new: NewExecution, now: datetime) -> Execution:
    config = new.pipeline.config
    return Execution(
        id=new.id,
        pipeline_id=new.version.pipeline_id,
        version=new.version,
        # Django writes a plain None as SQL NULL, and an input of JSON null is an input.
        input=Value(None, JSONField()) if new.stored_input is None else new.stored_input,
        labels={**config.labels, **(new.labels or {})},
        title=new.title,
        trigger=new.origin.trigger,
        started_by=new.origin.started_by,
        rerun_of_id=new.origin.rerun_of,
        private_worker=new.private_worker,
        max_parallel=config.max_parallel or settings.ORCHESTRATION.max_parallel_tasks,
        open_task_runs=len(config.tasks),
        idempotency_key=new.idempotency_key,
        input_digest=new.input_digest,
        created_at=now,
        deadline_at=None if config.timeout is None else now + timedelta(seconds=config.timeout),
    )


def _new_task_runs(execution: Execution, new: NewExecution, now: datetime) -> Iterator[TaskRun]:
    graph, default_timeout = new.pipeline.graph, settings.ORCHESTRATION.default_task_timeout
    for position, name in enumerate(graph.order):
        task, parents = new.pipeline.config.task(name), graph.parents(name)
        is_root = not parents
        yield TaskRun(
            execution=execution,
            name=name,
            task_type=task.type,
            position=position,
            model=new.models.get(name, ""),
            status=TaskRunStatus.QUEUED if is_root else TaskRunStatus.PENDING,
            remaining_dependencies=len(parents),
            timeout_seconds=task.timeout or default_timeout,
            queue_timeout_seconds=task.queue_timeout,
            max_attempts=task.retry.max_attempts,
            max_crashes=task.max_crashes,
            queued_at=now if is_root else None,
            queue_deadline_at=now + timedelta(seconds=task.queue_timeout) if is_root and task.queue_timeout else None,
        )
