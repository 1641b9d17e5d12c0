"""Which text or value a task works on: one rule for every task type, described in docs/task-types.md.

1. The parameter `text` (`input` in text_generation). Null counts as an empty text: whoever wrote a placeholder there
   meant that value and no other.
2. The output of the only dependency.
3. The execution's input, where a single string under any name will do as well.

In an output or an input the text stands under one of `TEXT_KEYS`, in that order, or one level deeper
(`document.content`). An empty text is passed over as long as there is another one.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from common.wording import kind_of
from orchestration.definition import TaskConfig
from orchestration.definition.templates import OUTPUT_SUFFIX
from orchestration.exceptions import InvalidParameters

PARAMETERS = ("text", "input")
TEXT_KEYS = ("text", "content", "document", "body", "message", "summary", "value")
MAX_LISTED = 20


def find_text(task_config: TaskConfig, input_data: Mapping[str, Any]) -> str:
    """The text to work on. Raises `InvalidParameters` that says what was found instead."""
    for name in PARAMETERS:
        if name in task_config.parameters:
            return task_config.parameters[name] or ""
    found = list(_candidates(task_config, input_data))
    if not found:
        raise InvalidParameters(_nothing_found(task_config, input_data))
    return next((text for text in found if text and not text.isspace()), "")


def find_features(task_config: TaskConfig, input_data: Mapping[str, Any]) -> Any:
    """What stands under `features` in the only dependency's output, else in the execution's input; else None."""
    outputs = outputs_of_dependencies(task_config, input_data)
    found = next(iter(outputs.values())) if len(outputs) == 1 else None
    features = found.get("features") if isinstance(found, Mapping) else None
    return execution_input(task_config, input_data).get("features") if features is None else features


def find_value(task_config: TaskConfig, input_data: Mapping[str, Any]) -> Any:
    """The parameter `value`; else the only dependency's output, all outputs under their names, or the input."""
    if "value" in task_config.parameters:
        return task_config.parameters["value"]
    outputs = outputs_of_dependencies(task_config, input_data)
    if len(outputs) == 1:
        return next(iter(outputs.values()))
    return outputs or execution_input(task_config, input_data)


def outputs_of_dependencies(task_config: TaskConfig, input_data: Mapping[str, Any]) -> dict[str, Any]:
    """`<task>_output` → output, in the order of the task's dependencies."""
    names = [name + OUTPUT_SUFFIX for name in task_config.dependencies]
    return {name: input_data[name] for name in names if name in input_data}


def execution_input(task_config: TaskConfig, input_data: Mapping[str, Any]) -> dict[str, Any]:
    """What the execution was started with."""
    outputs = outputs_of_dependencies(task_config, input_data)
    return {name: value for name, value in input_data.items() if name not in outputs}


def _candidates(task_config: TaskConfig, input_data: Mapping[str, Any]) -> Iterator[str]:
    outputs = outputs_of_dependencies(task_config, input_data)
    if len(outputs) == 1:
        yield from _texts(next(iter(outputs.values())))
    given = execution_input(task_config, input_data)
    yield from _texts(given)
    strings = [value for value in given.values() if isinstance(value, str)]
    if len(strings) == 1:
        yield strings[0]


def _texts(value: Any, *, deeper: bool = True) -> Iterator[str]:
    if not isinstance(value, Mapping):
        return
    for member in (value.get(key) for key in TEXT_KEYS):
        if isinstance(member, str):
            yield member
        elif deeper:
            yield from _texts(member, deeper=False)


def _nothing_found(task_config: TaskConfig, input_data: Mapping[str, Any]) -> str:
    """Names and kinds only: the values may be anybody's."""
    given = [f"{name} ({_outline(value)})" for name, value in input_data.items()]
    listed = ", ".join(given[:MAX_LISTED]) + (", …" if len(given) > MAX_LISTED else "")
    parameter = "input" if task_config.type == "text_generation" else "text"
    return (
        f"no text to work on: looked for {', '.join(TEXT_KEYS)} in the output of the only dependency and in the "
        f"execution's input, and found {listed or 'nothing'}; say where it is with the parameter {parameter}, "
        f'such as {parameter}: "{{input.article.paragraphs}}"'
    )


def _outline(value: Any) -> str:
    if not isinstance(value, Mapping):
        return kind_of(value)
    names = [str(name) for name in value]
    return f"mapping of {', '.join(names[:MAX_LISTED])}" if names else "empty mapping"
