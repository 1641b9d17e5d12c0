"""What is usual for a pipeline: how long its last completed executions and their tasks took.

Bounded whatever there is in the tables: of many tasks, fewer runs are looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from uuid import UUID

from orchestration.models import TaskRun
from orchestration.selectors.elapsed import Seconds
from orchestration.selectors.recent_runs import MEDIAN_OF, recent_runs
from orchestration.states import ExecutionStatus, TaskRunStatus

FEWEST_RUNS = 3
MOST_READ = 1_500
MOST_SCANNED = 6_000
"""Task runs of an execution are found by its id, so all of them are looked at for a few names."""


@dataclass(frozen=True, slots=True)
class Typical:
    """The completed ones among a pipeline's last executions, newest first, and the median of what they took."""

    executions: tuple[UUID, ...] = ()
    seconds: float | None = None


def typical_run(pipeline_id: str, *, besides: UUID) -> Typical:
    """What executions of the pipeline besides this one usually take, from their start to their end."""
    runs = recent_runs([pipeline_id], MEDIAN_OF).get(pipeline_id, [])
    completed = [run for run in runs if run.status == ExecutionStatus.COMPLETED and run.id != besides]
    took = [run.seconds for run in completed if run.seconds is not None]
    return Typical(tuple(run.id for run in completed), median(took) if took else None)


def typical_tasks(executions: Sequence[UUID], names: Sequence[str], *, tasks: int) -> dict[str, float]:
    """Task name → median seconds of the attempt that completed it in these executions, of so many tasks each."""
    if not executions or not names:
        return {}
    runs = max(FEWEST_RUNS, min(MOST_READ // len(names), MOST_SCANNED // max(1, tasks)))
    rows = TaskRun.objects.filter(execution__in=executions[:runs], name__in=names, status=TaskRunStatus.COMPLETED)
    took: dict[str, list[float]] = {}
    for name, seconds in rows.order_by().values_list("name", Seconds("finished_at", "started_at")):
        if seconds is not None:
            took.setdefault(name, []).append(seconds)
    return {name: median(seconds) for name, seconds in took.items()}
