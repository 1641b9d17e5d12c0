"""Starting and stopping executions, holding them and running them again."""

import hashlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import UUID

from celery import Celery
from django.db import IntegrityError, transaction

from common import json_boundary
from common.errors import UnstorableValue
from common.repeats import repeated
from orchestration.arguments import (
    check_idempotency_key,
    check_labels,
    check_pipeline_id,
    check_title,
    check_version,
    storable_reason,
)
from orchestration.definition import Pipeline, expand_schema, known_task_types, schema_problems
from orchestration.engine import dispatch, store
from orchestration.engine.blobs import load_value, store_value
from orchestration.engine.outcomes import Hint
from orchestration.engine.versions import pipeline_of, remember_current, remembered_current
from orchestration.exceptions import ExecutionNotFound, IdempotencyConflict, InvalidInput, UnknownModel
from orchestration.models import Blob, Execution, PipelineVersion
from orchestration.providers.catalog import resolve_model
from orchestration.selectors.pipelines import find_version
from orchestration.services.reruns import KEEP, InputChanged, RerunPlan, ValueGone, Version, plan_rerun
from orchestration.services.reviews import close_needless


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
    was used before for the same pipeline and input, the earlier execution is returned (`common.repeats`). `title` says
    what it is about.

    Raises `PipelineNotFound`, `InvalidInput`, `InvalidArgument`, `UnknownModel`, `IdempotencyConflict`.
    """
    check_pipeline_id(pipeline_id)
    check_version(version)
    check_idempotency_key(idempotency_key)
    check_labels(labels)
    check_title(title)
    asked = _Asked(input_data, idempotency_key, labels, title, origin, private_worker)
    if version is None and (remembered := remembered_current(pipeline_id)):
        # Whatever does not fit, or is gone, may fit the version that is current by now.
        with suppress(store.NotCurrent, PipelineVersion.DoesNotExist, InvalidInput, UnknownModel):
            return _start(asked, remembered, celery_app, must_be_current=True)
    pinned = find_version(pipeline_id=pipeline_id, number=version)
    if version is None:
        remember_current(pinned)
    return _start(asked, pinned, celery_app)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked for, whichever version will do it."""

    input_data: Any
    idempotency_key: str | None
    labels: dict[str, str] | None
    title: str
    origin: store.Origin
    private_worker: str


def _start(
    asked: _Asked, pinned: PipelineVersion, celery_app: Celery | None, *, must_be_current: bool = False
) -> Execution:
    pipeline = pipeline_of(pinned.pk)
    stored_input = store_input(asked.input_data)
    digest = _digest(stored_input)
    # Before the schema is asked: the first one of this key was accepted, whatever version is current by now.
    if earlier := _earlier(pinned, asked.idempotency_key, digest):
        return earlier
    check_input(pipeline, stored_input)
    new = store.NewExecution(
        version=pinned,
        pipeline=pipeline,
        stored_input=stored_input,
        models=resolve_models(pipeline),
        private_worker=asked.private_worker,
        idempotency_key=asked.idempotency_key,
        input_digest=digest,
        labels=asked.labels,
        title=asked.title,
        origin=asked.origin,
        must_be_current=must_be_current,
    )
    return _write(new, store.create, celery_app)


def _write(
    new: store.NewExecution,
    create: Callable[[store.NewExecution], tuple[Execution, list[Hint]]],
    celery_app: Celery | None,
) -> Execution:
    """Write a new execution and wake workers for it, unless somebody has used its key since we looked."""
    try:
        execution, hints = create(new)
    except IntegrityError:
        if earlier := _earlier(new.version, new.idempotency_key, new.input_digest):
            return earlier
        raise
    transaction.on_commit(lambda: dispatch.publish(hints, celery_app))
    return execution


def store_input(input_data: Any) -> Any:
    """The input as stored. Raises `InvalidInput`."""
    try:
        return store_value(input_data)
    except UnstorableValue as error:
        raise InvalidInput(f"the input cannot be stored: {error}") from error


def check_input(pipeline: Pipeline, stored: Any) -> None:
    """Whether a stored input fits the pipeline's `inputs` schema. Raises `InvalidInput`."""
    if pipeline.config.inputs is not None:
        problems = schema_problems(load_value(stored), expand_schema(pipeline.config.inputs))
        if problems:
            listed = "; ".join(f"{pointer or '/'}: {message}" for pointer, message in problems[:5])
            more = f" (and {len(problems) - 5} more)" if len(problems) > 5 else ""
            raise InvalidInput(
                f'the input does not fit the `inputs` schema of "{pipeline.name}": {listed}{more}', problems
            )


def resolve_models(pipeline: Pipeline, names: Collection[str] | None = None) -> dict[str, str]:
    """Task name → its model, for every task (of `names`) that names one or whose type has a default.

    Raises `UnknownModel`.
    """
    types = known_task_types()
    resolved: dict[str, str] = {}
    known: dict[tuple[str, str], str] = {}  # a default that moves meanwhile must not give one execution two versions
    for task in pipeline.config.tasks if names is None else map(pipeline.config.task, names):
        spec = types.get(task.type)
        name = task.model or (spec.default_model if spec else None)
        if not name or (spec and spec.model_need(task.parameters) == "none"):
            continue
        try:
            if (name, task.type) not in known:
                known[name, task.type] = resolve_model(name, task.type)
            resolved[task.name] = known[name, task.type]
        except UnknownModel as error:
            raise type(error)(f'task "{task.name}": {error}') from error
    return resolved


def cancel_execution(*, execution_id: UUID, reason: str = "") -> bool:
    """Cancel an execution at once. False when it had already ended. Raises `ExecutionNotFound`."""
    with _known(execution_id):
        cancelled = store.cancel(execution_id, reason=storable_reason(reason))
    if cancelled:
        close_needless(execution_id)
    return cancelled


def pause_execution(*, execution_id: UUID, reason: str = "", by: str = "") -> bool:
    """Let what runs of an execution finish, and start nothing new of it until it is resumed.

    True when it is paused now, also when it was before; False when it had already ended. `by` is who asked, a login's
    name; both texts are kept in its history. Raises `ExecutionNotFound`.
    """
    with _known(execution_id):
        return store.pause(execution_id, reason=storable_reason(reason), by=by)


def resume_execution(*, execution_id: UUID, by: str = "") -> bool:
    """Let a paused execution go on, at once. False when it had already ended. Raises `ExecutionNotFound`."""
    with _known(execution_id):
        goes_on, hints = store.resume(execution_id, by=by)
    transaction.on_commit(lambda: dispatch.publish(hints))
    return goes_on


def rerun_execution(
    *,
    execution_id: UUID,
    from_task: str | None = None,
    input_data: Any = KEEP,
    version: Version = None,
    title: str | None = None,
    idempotency_key: str | None = None,
    origin: store.Origin = store.FROM_PYTHON,
    celery_app: Celery | None = None,
) -> Execution:
    """Start a new execution of what an earlier one ran: by default all of it, with the same input, version and title.

    With `from_task` results of the earlier one are reused, once it has ended: "failed" runs only what has none; a
    task's name runs that task again, all that comes after it, and what has none. Of another version (a number, or
    "current") only the results of tasks are reused that did not change; with another input, none can be.

    Raises what `execute_pipeline` does, `ExecutionNotFound`, and the kinds of `services.reruns.RerunRefused`.
    """
    check_idempotency_key(idempotency_key)
    check_title("" if title is None else title)
    plan = plan_rerun(execution_id=execution_id, from_task=from_task, version=version)
    source, pipeline = plan.source, pipeline_of(plan.version.pk)
    with _known(source.pk), _values_of(source):
        stored_input = _input_of_rerun(plan, input_data)
        digest = _digest([stored_input, str(source.pk), from_task, plan.version.number])
        if earlier := _earlier(plan.version, idempotency_key, digest):
            return earlier
        new = store.NewExecution(
            version=plan.version,
            pipeline=pipeline,
            stored_input=stored_input,
            models=resolve_models(pipeline, plan.to_run),
            idempotency_key=idempotency_key,
            input_digest=digest,
            labels=_given_labels(source),
            title=source.title if title is None else title,
            origin=replace(origin, rerun_of=source.pk),
        )
        create = partial(store.create_rerun, source_id=source.pk, reused=plan.reused)
        return _write(new, create, celery_app)


def _input_of_rerun(plan: RerunPlan, input_data: Any) -> Any:
    """As stored. Raises `InvalidInput`, and `InputChanged` when results made from another one are to be reused."""
    given = load_value(plan.source.input) if input_data is KEEP else input_data
    stored = store_input(given)
    check_input(pipeline_of(plan.version.pk), stored)
    if plan.from_task is not None and _digest(stored) != _digest(plan.source.input):
        raise InputChanged(
            f"the input is not the one of execution {plan.source.pk}, and every task is given all of it, so no result "
            "can be reused; run it again as a whole, without from_task"
        )
    return stored


def _given_labels(source: Execution) -> dict[str, str]:
    """Those given when it was started; the definition's come from the version that runs now."""
    defined = pipeline_of(source.version_id).config.labels
    return {key: text for key, text in source.labels.items() if defined.get(key) != text}


def _digest(stored: Any) -> str:
    return hashlib.sha256(json_boundary.dump(stored)).hexdigest()


@contextmanager
def _known(execution_id: UUID) -> Iterator[None]:
    try:
        yield
    except Execution.DoesNotExist as error:
        raise ExecutionNotFound(f"there is no execution {execution_id}") from error


@contextmanager
def _values_of(source: Execution) -> Iterator[None]:
    try:
        yield
    except Blob.DoesNotExist as error:
        raise ValueGone(
            f"a value of execution {source.pk} was kept in a blob that is gone (manage.py doctor lists such losses); "
            "run it again as a whole, with the input given anew if that is what is lost"
        ) from error


def _earlier(version: PipelineVersion, key: str | None, digest: str) -> Execution | None:
    """What was started with this key before, marked so. Raises `IdempotencyConflict`."""
    if not key:
        return None
    earlier = Execution.objects.filter(pipeline_id=version.pipeline_id, idempotency_key=key).first()
    if earlier is not None and earlier.input_digest != digest:
        raise IdempotencyConflict(
            f'the idempotency key "{key}" was used for execution {earlier.pk} with another input; '
            "use a new key for new work"
        )
    return repeated(earlier) if earlier else None
