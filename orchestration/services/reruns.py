"""What a rerun would do: the version it runs, the results it reuses, the tasks that run. Asks, changes nothing.

`services.executions.rerun_execution` does it; pages show it before. Which results may be reused is decided in
`engine.reuse`.
"""

import enum
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from common.errors import Conflict, Invalid, OrchestrationError
from common.wording import closest
from orchestration.arguments import check_version
from orchestration.definition import Pipeline
from orchestration.engine.reuse import reusable_tasks
from orchestration.engine.versions import pipeline_of
from orchestration.models import Execution, PipelineVersion, TaskRun
from orchestration.selectors.executions import find_execution
from orchestration.selectors.pipelines import find_version
from orchestration.states import ExecutionStatus, TaskRunStatus

FAILED: Final = "failed"
"""`from_task`: run what has no result, reuse the rest. It never means a task of that name."""
CURRENT: Final = "current"
Version = int | Literal["current"] | None
"""A number, the current one, or (None) the one the earlier execution ran."""


class Keep(enum.Enum):
    """The type of `KEEP`: any JSON value, None too, could be a new input."""

    INPUT = enum.auto()


KEEP: Final = Keep.INPUT


class RerunRefused(OrchestrationError):
    """Root of the reasons why an execution is not run again as asked."""

    code = "rerun_refused"


class StillRunning(RerunRefused, Conflict):
    code = "still_running"


class UnknownTask(RerunRefused, Invalid):
    code = "unknown_task"


class NothingToReuse(RerunRefused, Invalid):
    code = "nothing_to_reuse"


class NothingToRun(RerunRefused, Invalid):
    code = "nothing_to_run"


class InputChanged(RerunRefused, Invalid):
    """Results are asked to be reused with another input than they were made from."""

    code = "input_changed"


class ValueGone(RerunRefused, Conflict):
    """A large value of the earlier execution is lost."""

    code = "value_gone"


@dataclass(frozen=True, slots=True)
class RerunPlan:
    """`reused` and `to_run` are all tasks of the version, each in the order of execution."""

    source: Execution
    version: PipelineVersion
    from_task: str | None
    reused: tuple[str, ...]
    to_run: tuple[str, ...]


def plan_rerun(*, execution_id: UUID, from_task: str | None = None, version: Version = None) -> RerunPlan:
    """What `rerun_execution` would do with the same arguments, as long as the input stays as it was.

    Raises `ExecutionNotFound`, `PipelineNotFound`, and the kinds of `RerunRefused`.
    """
    source = find_execution(execution_id)
    pinned = _find_version(source, version)
    pipeline = pipeline_of(pinned.pk)
    reused = () if from_task is None else _reused(source, pinned, pipeline, from_task)
    to_run = tuple(name for name in pipeline.graph.order if name not in set(reused))
    if not to_run and pinned.pk == source.version_id:
        raise NothingToRun(_nothing_to_run(source))
    return RerunPlan(source, pinned, from_task, reused, to_run)


def _find_version(source: Execution, version: Version) -> PipelineVersion:
    if version is None:
        return source.version
    if version != CURRENT:
        check_version(version)
    return find_version(pipeline_id=source.pipeline_id, number=None if version == CURRENT else version)


def _reused(source: Execution, version: PipelineVersion, pipeline: Pipeline, from_task: str) -> tuple[str, ...]:
    if not source.is_terminal:
        raise StillRunning(
            f"execution {source.pk} is {source.status}: its results can be reused once it has ended; cancel it or wait"
        )
    again = None if from_task == FAILED else from_task
    if again is not None and again not in pipeline.config.tasks_by_name:
        raise UnknownTask(_unknown_task(version, pipeline, again))
    rows = TaskRun.objects.filter(execution=source, status=TaskRunStatus.COMPLETED)
    completed = set(rows.order_by().values_list("name", flat=True))
    reused = reusable_tasks(pipeline_of(source.version_id), pipeline, completed=completed, again=again)
    if not reused:
        why = _why_nothing(source, version, pipeline, completed, again)
        raise NothingToReuse(f"{why}, so no result can be reused; run it again as a whole, without from_task")
    return reused


def _unknown_task(version: PipelineVersion, pipeline: Pipeline, name: str) -> str:
    near = closest(name, pipeline.graph.names)
    hint = f'; did you mean "{near}"?' if near else f'; name one of its tasks, or "{FAILED}"'
    return f'version {version.number} of "{version.pipeline_id}" has no task "{name[:100]}"{hint}'


def _why_nothing(
    source: Execution, version: PipelineVersion, pipeline: Pipeline, completed: Collection[str], again: str | None
) -> str:
    if not completed:
        return f"no task of execution {source.pk} completed"
    if again is not None and {again, *pipeline.graph.descendants(again)}.issuperset(completed):
        return f'all that completed in execution {source.pk} is "{again}" or comes after it'
    return f"every task that completed in execution {source.pk} changed in version {version.number}, or one before it"


def _nothing_to_run(source: Execution) -> str:
    said = f"every task of execution {source.pk} completed, and the same results would give the same again"
    if source.status == ExecutionStatus.COMPLETED:
        return f"{said}; name a task to start from, or run it again as a whole"
    return f"{said}; register a version that mends the output and rerun with that one, or name a task to start from"
