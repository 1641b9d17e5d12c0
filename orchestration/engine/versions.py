"""Pipeline definitions as the engine needs them: parsed once per process, since a version never changes."""

from functools import lru_cache

from orchestration.definition import Pipeline
from orchestration.models import PipelineVersion


@lru_cache(maxsize=64)
def pipeline_of(version_id: int) -> Pipeline:
    """The definition of a registered version. Raises `PipelineVersion.DoesNotExist`."""
    return Pipeline.load(PipelineVersion.objects.values_list("definition", flat=True).get(pk=version_id))


# Which version was current when last looked up. Only a guess: whoever uses it has `store.create` check it.
_current: dict[str, PipelineVersion] = {}
MOST_REMEMBERED = 1_000


def remember_current(version: PipelineVersion) -> None:
    """Keep a version that was found to be its pipeline's current one."""
    if len(_current) >= MOST_REMEMBERED:
        _current.clear()
    _current[version.pipeline_id] = version


def remembered_current(pipeline_id: str) -> PipelineVersion | None:
    return _current.get(pipeline_id)


def child_positions(version_id: int, task: str) -> list[int]:
    """Where the tasks that depend on `task` stand in the topological order."""
    graph = pipeline_of(version_id).graph
    return [graph.positions[child] for child in graph.children(task)]


def result_task(version_id: int) -> str | None:
    """The task whose output alone makes the execution's output, if there is one."""
    pipeline = pipeline_of(version_id)
    if pipeline.config.output_mapping or pipeline.config.outputs is not None or len(pipeline.graph.sinks) != 1:
        return None
    return pipeline.graph.sinks[0]
