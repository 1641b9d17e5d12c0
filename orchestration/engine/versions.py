"""Pipeline definitions as the engine needs them: parsed once per process, since a version never changes."""

from functools import lru_cache

from orchestration.definition import Pipeline
from orchestration.models import PipelineVersion


@lru_cache(maxsize=64)
def pipeline_of(version_id: int) -> Pipeline:
    """The definition of a registered version. Raises `PipelineVersion.DoesNotExist`."""
    return Pipeline.load(PipelineVersion.objects.values_list("definition", flat=True).get(pk=version_id))


@lru_cache(maxsize=4096)
def child_positions(version_id: int, task: str) -> list[int]:
    """Where the tasks that depend on `task` stand in the topological order."""
    graph = pipeline_of(version_id).graph
    children = set(graph.children(task))
    return [position for position, name in enumerate(graph.order) if name in children]
