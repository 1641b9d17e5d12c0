"""What placeholders see: the input, the global parameters, and outputs of tasks upstream, loaded as far as needed."""

from collections.abc import Iterable, Sequence
from copy import deepcopy
from typing import Any
from uuid import UUID

from orchestration.definition import Pipeline, references
from orchestration.engine.blobs import load_value
from orchestration.models import Execution, TaskRun
from orchestration.states import TaskRunStatus

SUFFIX = "_output"


class StoredValues:
    """An execution's input and its tasks' outputs as stored, each fetched once: they never change once written."""

    def __init__(self, execution_id: UUID, stored_input: Sequence[Any] = ()) -> None:
        """`stored_input` holds the input where it is known already."""
        self.execution_id = execution_id
        self._input = list(stored_input)
        self._outputs: dict[str, Any] = {}

    def input(self) -> Any:
        """The input, decoded; a new object at each call, which the caller may change."""
        if not self._input:
            self._input = [Execution.objects.values_list("input", flat=True).get(pk=self.execution_id)]
        return load_value(self._input[0])

    def outputs(self, names: Iterable[str]) -> dict[str, Any]:
        """The outputs of those of the named tasks that have completed, decoded, by name."""
        wanted = set(names)
        if missing := wanted - self._outputs.keys():
            rows = TaskRun.objects.filter(execution=self.execution_id, name__in=missing, status=TaskRunStatus.COMPLETED)
            self._outputs |= rows.values_list("name", "output")
        return {name: load_value(self._outputs[name]) for name in wanted & self._outputs.keys()}

    def keep(self, name: str, stored_output: Any) -> None:
        """Remember an output this process has just recorded."""
        self._outputs[name] = stored_output


def build_scope(
    values: StoredValues, pipeline: Pipeline, *, needed: object, tasks: Iterable[str] = ()
) -> dict[str, Any]:
    """Values by root name (`input`, `global`, `<task>_output`): what the templates in `needed` use, and `tasks`."""
    roots = {reference.root for reference in references(needed)}
    names = set(tasks) | {root.removesuffix(SUFFIX) for root in roots if root.endswith(SUFFIX)}
    outputs = {name + SUFFIX: output for name, output in values.outputs(names).items()}
    # A copy, since the pipeline is kept for other executions, and handlers may change what they are given.
    given = deepcopy(dict(pipeline.config.globals)) if "global" in roots else {}
    return {"input": values.input(), "global": given, **outputs}
