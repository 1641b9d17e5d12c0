"""`type: custom`: runs the registered handler that `parameters.handler` names.

`type: <name of the handler>` does the same with fewer words; this form keeps the type when the handler is chosen by a
placeholder.
"""

from collections.abc import Awaitable
from typing import Any

from common.wording import did_you_mean
from orchestration.definition import TaskConfig
from orchestration.exceptions import InvalidParameters
from orchestration.handlers.base import Answer, TaskContext
from orchestration.handlers.catalog import BUILT_IN, find_handler, runnable_task_types


def run_custom(task_config: TaskConfig, input_data: dict[str, Any], context: TaskContext) -> Answer | Awaitable[Answer]:
    """What the named handler returns. It is given the task as it stands, `parameters.handler` included."""
    name = task_config.parameters.get("handler")
    if not isinstance(name, str) or not name:
        raise InvalidParameters(
            "custom: name the handler to run, parameters: {handler: my_handler}", code="missing_handler"
        )
    if name in BUILT_IN:
        raise InvalidParameters(f'custom: "{name}" is a task type of its own; write type: {name}')
    handler = find_handler(name)
    if handler is None:
        raise InvalidParameters(_unknown(name), code="no_handler")
    return handler(task_config, input_data, context)


def _unknown(name: str) -> str:
    known = sorted(runnable_task_types() - BUILT_IN.keys())
    hint = did_you_mean(name, known)
    return (
        f'custom: this worker knows no handler "{name}"{hint}; it knows {", ".join(known) or "none"}. '
        "Register it with @task_handler in an app's handlers module or in a module named in TASK_HANDLER_MODULES."
    )
