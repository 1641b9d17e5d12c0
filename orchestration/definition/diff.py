"""What differs between two canonical definitions, in the terms of the language, and what callers will notice of it.

Compares what definitions mean: nothing differs exactly when their digests are equal. How the texts differ line by line
is `text_diff`'s.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from common.short_schema import expand_schema
from common.wording import Path, label
from orchestration.definition.graph import Graph

Change = Literal["added", "removed", "changed"]
Definition = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class KeyChange:
    """A key that is not as it was, such as `retry.max_attempts`. `before` is None when added, `after` when removed."""

    path: str
    change: Change
    before: Any = None
    after: Any = None


@dataclass(frozen=True, slots=True)
class TaskChange:
    """A task that is new, gone, or changed in `keys`."""

    name: str
    change: Change
    keys: tuple[KeyChange, ...] = ()


@dataclass(frozen=True, slots=True)
class DefinitionDiff:
    """`settings` are the keys outside of `tasks`; `is_reordered` says that tasks are listed in another order."""

    settings: tuple[KeyChange, ...]
    tasks: tuple[TaskChange, ...]
    is_reordered: bool

    @property
    def is_same(self) -> bool:
        return not (self.settings or self.tasks or self.is_reordered)

    def tasks_that(self, change: Change) -> tuple[TaskChange, ...]:
        return tuple(task for task in self.tasks if task.change == change)

    @property
    def changes(self) -> dict[str, Change]:
        """Task name → its change."""
        return {task.name: task.change for task in self.tasks}


def compare_definitions(before: Definition, after: Definition) -> DefinitionDiff:
    """Both as `Pipeline.to_dict()` gives them. Tasks stand in the order of `after`, those that are gone at the end."""
    old, new = _tasks(before), _tasks(after)
    return DefinitionDiff(
        settings=tuple(_key_changes(_without(before, "tasks"), _without(after, "tasks"), ())),
        tasks=tuple(_task_changes(old, new)),
        is_reordered=[name for name in old if name in new] != [name for name in new if name in old],
    )


def caller_notes(before: Definition, after: Definition) -> tuple[str, ...]:
    """What those who start executions or read their outputs must know; empty when nothing can break for them."""
    given = _field_notes(_input_schema(before), _input_schema(after), "")
    kept = _output_names(after)
    return (*given, *(f'the output no longer has "{name}"' for name in _output_names(before) if name not in kept))


def _tasks(definition: Definition) -> dict[str, Definition]:
    return {task["name"]: task for task in definition["tasks"]}


def _without(mapping: Definition, key: str) -> Definition:
    return {name: value for name, value in mapping.items() if name != key}


def _task_changes(old: Mapping[str, Definition], new: Mapping[str, Definition]) -> Iterator[TaskChange]:
    for name, task in new.items():
        if name not in old:
            yield TaskChange(name, "added")
        elif keys := tuple(_key_changes(old[name], task, ())):
            yield TaskChange(name, "changed", keys)
    yield from (TaskChange(name, "removed") for name in old if name not in new)


def _key_changes(before: Definition, after: Definition, path: Path) -> Iterator[KeyChange]:
    for key in dict.fromkeys((*before, *after)):
        here = (*path, key)
        if key not in before:
            yield KeyChange(label(here), "added", after=after[key])
        elif key not in after:
            yield KeyChange(label(here), "removed", before=before[key])
        elif isinstance(before[key], Mapping) and isinstance(after[key], Mapping):
            yield from _key_changes(before[key], after[key], here)
        elif _canonical(before[key]) != _canonical(after[key]):
            yield KeyChange(label(here), "changed", before[key], after[key])


def _canonical(value: Any) -> str:
    """As the digest sees it: 1, 1.0 and true differ, the order of keys does not matter."""
    return json.dumps(value, sort_keys=True)


def _input_schema(definition: Definition) -> Definition:
    inputs = definition.get("inputs")
    return {} if inputs is None else expand_schema(inputs)


def _field_notes(old: Definition, new: Definition, place: str) -> Iterator[str]:
    """What a caller must do otherwise. Followed through the fields of objects; any other change is only named."""
    if _canonical(old) == _canonical(new):
        return
    if not (_is_plain_object(old) and _is_plain_object(new)):
        what = f'"{place}"' if place else "the input"
        yield f"{what} is checked differently" if old else f"{what} is checked now; it could be anything"
        return
    fields, required = old["properties"], set(old.get("required", ()))
    for name, schema in new["properties"].items():
        where = f"{place}.{name}" if place else name
        if name in new.get("required", ()) and name not in required:
            yield f'"{where}" must be given now'
        if name in fields:
            yield from _field_notes(fields[name], schema, where)
    if new.get("additionalProperties") is False:
        gone = [name for name in fields if name not in new["properties"]]
        yield from (
            f'"{place}.{name}" is no longer taken' if place else f'"{name}" is no longer taken' for name in gone
        )


def _is_plain_object(schema: Definition) -> bool:
    plain = {"type", "properties", "required", "additionalProperties", "title", "description", "$schema", "$defs"}
    return (
        schema.get("type") == "object"
        and isinstance(schema.get("properties"), Mapping)
        and all(isinstance(field, Mapping) for field in schema["properties"].values())
        and schema.get("additionalProperties") in (None, True, False)
        and plain.issuperset(schema)
    )


def _output_names(definition: Definition) -> tuple[str, ...]:
    """The names in an execution's output: of the mapping, or else the tasks that nobody depends on."""
    mapping = definition.get("global_parameters", {}).get("output_mapping")
    if mapping:
        return tuple(mapping)
    return Graph({task["name"]: task.get("dependencies", ()) for task in definition["tasks"]}).sinks
