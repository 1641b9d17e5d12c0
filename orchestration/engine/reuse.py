"""Which results of an execution another one may start with: those its tasks would work from again, unchanged. Pure.

A task sees its own definition, the pipeline's name, the global parameters it refers to, the execution's *whole* input
(a handler is given all of it, whatever placeholders it has), and the outputs of tasks before it. A result is reused
only when all of that is the same. So the input must be the same for any result to be reused, which callers see to; and
of another version only those tasks' results are, whose definitions and whose ancestors' are equal.
"""

import json
from collections.abc import Collection

from orchestration.definition import Pipeline, references


def reusable_tasks(
    source: Pipeline, target: Pipeline, *, completed: Collection[str], again: str | None = None
) -> tuple[str, ...]:
    """The tasks of `target` that need not run when `completed` have results in an execution of `source`.

    In the order of execution. `again` names a task that is to run whatever it has, and with it all that comes after.
    """
    reused: dict[str, None] = {}
    for name in target.graph.order:
        may_be = name in completed and name != again and all(parent in reused for parent in target.graph.parents(name))
        if may_be and (source is target or _meaning(source, name) == _meaning(target, name)):
            reused[name] = None
    return tuple(reused)


def _meaning(pipeline: Pipeline, name: str) -> str:
    """All that a task is told by its pipeline, as canonical JSON: in Python true would equal 1."""
    task = pipeline.config.task(name)
    is_told = any(reference.root == "global" for reference in references(task.parameters))
    told = pipeline.config.globals if is_told else None
    return json.dumps([pipeline.name, task.model_dump(mode="json", exclude_defaults=True), told], sort_keys=True)
