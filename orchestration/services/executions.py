"""Starting and stopping executions."""

import hashlib
from typing import Any
from uuid import UUID

from celery import Celery
from django.db import IntegrityError, transaction

from orchestration.definition import Pipeline, expand_schema, known_task_types, schema_problems
from orchestration.engine import dispatch, json_boundary, store
from orchestration.engine.blobs import load_value, store_value
from orchestration.engine.versions import pipeline_of
from orchestration.exceptions import ExecutionNotFound, IdempotencyConflict, InvalidInput, UnknownModel, UnstorableValue
from orchestration.models import Execution, PipelineVersion
from orchestration.providers.catalog import resolve_model
from orchestration.selectors.pipelines import find_version


def execute_pipeline(
    *,
    pipeline_id: str,
    input_data: Any,
    version: int | None = None,
    idempotency_key: str | None = None,
    labels: dict[str, str] | None = None,
    title: str = "",
    origin: store.Origin = store.FROM_PYTHON,
    private_worker: str = "",
    celery_app: Celery | None = None,
) -> Execution:
    """Start an execution of a registered pipeline; returns as soon as its rows are written.

    The broker may be away: workers are woken after the commit, or by the ticker later. With an `idempotency_key` that
    was used before for the same pipeline and input, the earlier execution is returned. `title` says what it is about.

    Raises `PipelineNotFound`, `InvalidInput`, `UnknownModel`, `IdempotencyConflict`.
    """
    pinned = find_version(pipeline_id=pipeline_id, number=version)
    pipeline = pipeline_of(pinned.pk)
    stored_input = store_input(pipeline, input_data)
    digest = hashlib.sha256(json_boundary.dump(stored_input)).hexdigest()
    if idempotency_key and (earlier := _earlier(pinned, idempotency_key, digest)):
        return earlier
    new = store.NewExecution(
        version=pinned,
        pipeline=pipeline,
        stored_input=stored_input,
        models=resolve_models(pipeline),
        private_worker=private_worker,
        idempotency_key=idempotency_key,
        input_digest=digest,
        labels=labels,
        title=title,
        origin=origin,
    )
    try:
        execution, hints = store.create(new)
    except IntegrityError:
        # Somebody used the same key between our look and our write.
        if idempotency_key and (earlier := _earlier(pinned, idempotency_key, digest)):
            return earlier
        raise
    transaction.on_commit(lambda: dispatch.publish(hints, celery_app))
    return execution


def store_input(pipeline: Pipeline, input_data: Any) -> Any:
    """The input as stored, once it fits the pipeline's `inputs` schema. Raises `InvalidInput`."""
    try:
        stored = store_value(input_data)
    except UnstorableValue as error:
        raise InvalidInput(f"the input cannot be stored: {error}") from error
    if pipeline.config.inputs is not None:
        problems = schema_problems(load_value(stored), expand_schema(pipeline.config.inputs))
        if problems:
            listed = "; ".join(f"{pointer or '/'}: {message}" for pointer, message in problems[:5])
            more = f" (and {len(problems) - 5} more)" if len(problems) > 5 else ""
            raise InvalidInput(
                f'the input does not fit the `inputs` schema of "{pipeline.name}": {listed}{more}', problems
            )
    return stored


def resolve_models(pipeline: Pipeline) -> dict[str, str]:
    """Task name → its model, for every task that names one or whose type has a default. Raises `UnknownModel`."""
    types = known_task_types()
    resolved = {}
    for task in pipeline.config.tasks:
        spec = types.get(task.type)
        name = task.model or (spec.default_model if spec else None)
        if not name or (spec and spec.model_need(task.parameters) == "none"):
            continue
        try:
            resolved[task.name] = resolve_model(name, task.type)
        except UnknownModel as error:
            raise type(error)(f'task "{task.name}": {error}') from error
    return resolved


def cancel_execution(*, execution_id: UUID, reason: str = "") -> bool:
    """Cancel an execution at once. False when it had already ended. Raises `ExecutionNotFound`."""
    try:
        return store.cancel(execution_id, reason=reason)
    except Execution.DoesNotExist as error:
        raise ExecutionNotFound(f"there is no execution {execution_id}") from error


def _earlier(version: PipelineVersion, key: str, digest: str) -> Execution | None:
    earlier = Execution.objects.filter(pipeline_id=version.pipeline_id, idempotency_key=key).first()
    if earlier is not None and earlier.input_digest != digest:
        raise IdempotencyConflict(
            f'the idempotency key "{key}" was used for execution {earlier.pk} with another input; '
            "use a new key for new work"
        )
    return earlier
