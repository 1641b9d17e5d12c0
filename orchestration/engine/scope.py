"""What placeholders see: the input, the global parameters, and outputs of tasks upstream, loaded as far as needed."""

from collections.abc import Iterable
from typing import Any

from orchestration.definition import Pipeline, references
from orchestration.engine.blobs import load_value
from orchestration.models import Execution, TaskRun

SUFFIX = "_output"


def build_scope(
    execution: Execution, pipeline: Pipeline, *, needed: object, tasks: Iterable[str] = ()
) -> dict[str, Any]:
    """Values by root name (`input`, `global`, `<task>_output`): what the templates in `needed` use, and `tasks`."""
    roots = {reference.root for reference in references(needed)}
    names = set(tasks) | {root.removesuffix(SUFFIX) for root in roots if root.endswith(SUFFIX)}
    scope = {"input": load_value(execution.input), "global": dict(pipeline.config.globals)}
    if names:
        rows = TaskRun.objects.filter(execution=execution, name__in=names, status="completed").values_list(
            "name", "output"
        )
        scope |= {name + SUFFIX: load_value(output) for name, output in rows}
    return scope
