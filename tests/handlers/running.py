"""Running one handler the way an attempt does, without an execution around it."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from orchestration.definition import TaskConfig
from orchestration.handlers.base import TaskContext
from orchestration.handlers.catalog import find_handler


def make_task(task_type: str, parameters: Mapping[str, Any], dependencies: Sequence[str] = ()) -> TaskConfig:
    return TaskConfig(name="it", type=task_type, parameters=dict(parameters), dependencies=tuple(dependencies))


def make_context(model: str = "") -> TaskContext:
    return TaskContext("1", "pipeline", "it", attempt=1, deadline=time.monotonic() + 60, model=model)


def run(
    task_type: str,
    parameters: Mapping[str, Any],
    input_data: Mapping[str, Any] | None = None,
    *,
    model: str = "",
    outputs: Mapping[str, Any] | None = None,
    context: TaskContext | None = None,
) -> dict[str, Any]:
    """The output of a task; `outputs` are those of its dependencies by task name."""
    handler = find_handler(task_type)
    assert handler is not None
    outputs = outputs or {}
    given = {**(input_data or {}), **{f"{name}_output": output for name, output in outputs.items()}}
    result = handler(make_task(task_type, parameters, list(outputs)), given, context or make_context(model))
    assert isinstance(result, dict)
    return result
