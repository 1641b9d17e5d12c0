"""Start: an execution and its task runs, written at once."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import JSONField, Value
from django.db.models.functions import Now

from orchestration.definition import Pipeline
from orchestration.engine.outcomes import Hint
from orchestration.engine.resilience import retried
from orchestration.engine.store.ledger import locked
from orchestration.engine.store.moves import queue_and_hint
from orchestration.models import Execution, PipelineVersion, TaskRun
from orchestration.models.executions import new_execution_id


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
    id: UUID = field(default_factory=new_execution_id)


@retried
def create(new: NewExecution) -> tuple[Execution, list[Hint]]:
    """Write an execution and its task runs, the roots queued; the hints are to be published after the commit."""
    if written := Execution.objects.filter(pk=new.id).first():
        return written, []  # by a call that could not tell; the ticker wakes the workers
    config = new.pipeline.config
    with transaction.atomic():
        execution = Execution(
            id=new.id,
            pipeline_id=new.version.pipeline_id,
            version=new.version,
            # Django writes a plain None as SQL NULL, and an input of JSON null is an input.
            input=Value(None, JSONField()) if new.stored_input is None else new.stored_input,
            labels={**config.labels, **(new.labels or {})},
            private_worker=new.private_worker,
            max_parallel=config.max_parallel or settings.ORCHESTRATION.max_parallel_tasks,
            open_task_runs=len(config.tasks),
            active_task_runs=0,
            idempotency_key=new.idempotency_key,
            input_digest=new.input_digest,
            created_at=Now(),
            deadline_at=None if config.timeout is None else Now() + timedelta(seconds=config.timeout),
        )
        execution.save(force_insert=True)
        TaskRun.objects.bulk_create(_new_task_runs(execution, new))
        with locked(execution.pk) as ledger:
            ledger.say("execution.created", version=new.version.number)
            queue_and_hint(ledger, list(execution.task_runs.filter(remaining_dependencies=0)))
    return ledger.execution, ledger.hints


def _new_task_runs(execution: Execution, new: NewExecution) -> Iterable[TaskRun]:
    graph, default_timeout = new.pipeline.graph, settings.ORCHESTRATION.default_task_timeout
    for position, name in enumerate(graph.order):
        task = new.pipeline.config.task(name)
        yield TaskRun(
            execution=execution,
            name=name,
            task_type=task.type,
            position=position,
            model=new.models.get(name, ""),
            remaining_dependencies=len(graph.parents(name)),
            timeout_seconds=task.timeout or default_timeout,
            queue_timeout_seconds=task.queue_timeout,
            max_attempts=task.retry.max_attempts,
            max_crashes=task.max_crashes,
        )
