"""What can be read of a definition, whatever else is wrong with it: its tasks, their graph, what placeholders reach.

From the plain value, so that a task with a bad timeout still counts as a task. What is wrong with it is `checks`'.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from common.short_schema import SchemaError, expand_schema
from common.wording import Path
from orchestration.definition.graph import Graph


@dataclass(frozen=True, slots=True)
class ReadableTask:
    """A task as far as it can be read. `value` is its mapping."""

    index: int
    name: str | None
    value: Mapping[str, Any]

    @property
    def path(self) -> Path:
        return ("tasks", self.index)

    @property
    def dependencies(self) -> list[tuple[int, str]]:
        """(index, name) of those that are text."""
        found = self.value.get("dependencies")
        return [(at, name) for at, name in enumerate(found) if isinstance(name, str)] if isinstance(found, list) else []


class Readable:
    """A mapping that is meant to be a definition."""

    def __init__(self, value: Mapping[str, Any]) -> None:
        self.value = value

    @cached_property
    def tasks(self) -> list[ReadableTask]:
        found = self.value.get("tasks")
        return [
            ReadableTask(index, name if isinstance(name := task.get("name"), str) else None, task)
            for index, task in enumerate(found if isinstance(found, list) else ())
            if isinstance(task, dict)
        ]

    @cached_property
    def by_name(self) -> dict[str, ReadableTask]:
        """The first task of each name."""
        found: dict[str, ReadableTask] = {}
        for task in self.tasks:
            if task.name is not None:
                found.setdefault(task.name, task)
        return found

    @cached_property
    def graph(self) -> Graph:
        parents = {
            name: [parent for _, parent in task.dependencies if parent in self.by_name and parent != name]
            for name, task in self.by_name.items()
        }
        return Graph(parents)

    @cached_property
    def globals(self) -> Mapping[str, Any]:
        found = self.value.get("global_parameters")
        return (
            {key: value for key, value in found.items() if key != "output_mapping"} if isinstance(found, dict) else {}
        )

    @cached_property
    def inputs(self) -> Any:
        """The expanded schema of the input; None when there is none that can be used."""
        found = self.value.get("inputs")
        try:
            return None if found is None else expand_schema(found)
        except SchemaError:
            return None
