"""What the pages of one pipeline show: its versions with their runs, its executions, what its tasks usually take."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from orchestration.definition import Pipeline
from orchestration.engine.versions import pipeline_of
from orchestration.exceptions import PipelineNotFound
from orchestration.models import Execution, PipelineVersion
from orchestration.selectors.listing import list_executions
from orchestration.selectors.pipelines import find_version
from orchestration.selectors.recent_runs import MEDIAN_OF, recent_runs
from orchestration.selectors.typical import typical_tasks
from orchestration.states import LIVE_EXECUTION, ExecutionStatus

RECENT = 10
LARGEST_NUMBER = 2**31 - 1  # that the column can hold
NEAR = 0.95


@dataclass(frozen=True, slots=True)
class ShownVersion:
    """A version with its definition. `current` is the number of the version that new executions run."""

    version: PipelineVersion
    pipeline: Pipeline
    current: int
    newest: int

    @property
    def is_current(self) -> bool:
        return self.version.number == self.current


@dataclass(frozen=True, slots=True)
class Usual:
    """What executions usually take, in seconds, of the last completed ones; and each task in them."""

    count: int = 0
    median: float | None = None
    near_longest: float | None = None
    """95 of 100 take less."""
    tasks: dict[str, float] = field(default_factory=dict)


def show_version(pipeline_id: str, number: int | None = None) -> ShownVersion:
    """A version, by default the current one. Raises `PipelineNotFound`."""
    if number is not None and number > LARGEST_NUMBER:
        raise PipelineNotFound(f'the pipeline "{pipeline_id}" has no version with a number like this')
    versions = PipelineVersion.objects.filter(pipeline_id=pipeline_id).defer("definition")
    newest = PipelineVersion.objects.filter(pipeline_id=OuterRef("pipeline_id")).order_by("-number").values("number")
    known = versions.annotate(current=F("pipeline__current_version__number"), newest=Subquery(newest[:1]))
    found = known.filter(number=F("current") if number is None else number).first()
    if found is None:
        find_version(pipeline_id=pipeline_id, number=number)  # says what there is instead
        raise PipelineNotFound(f'the pipeline "{pipeline_id}" has no current version')
    return ShownVersion(found, pipeline_of(found.pk), found.current or 0, found.newest)


def versions_of(pipeline_id: str) -> QuerySet[PipelineVersion]:
    """Versions, newest first, without definitions."""
    return PipelineVersion.objects.filter(pipeline_id=pipeline_id).defer("definition").order_by("-number")


def number_of(pipeline_id: str, digest: str) -> int | None:
    """The version that has this very definition, if there is one."""
    return versions_of(pipeline_id).filter(digest=digest).values_list("number", flat=True).first()


def versions_with_runs(pipeline_id: str) -> QuerySet[PipelineVersion]:
    """The same, each with `runs`: how many executions it had."""
    runs = Execution.objects.filter(version=OuterRef("pk")).order_by().values("version").annotate(number=Count("pk"))
    return versions_of(pipeline_id).annotate(runs=Coalesce(Subquery(runs.values("number")), 0))


def live_by_version(pipeline_id: str) -> dict[int, int]:
    """Version number → how many executions of it are under way."""
    live = Execution.objects.filter(pipeline_id=pipeline_id, status__in=LIVE_EXECUTION, finished_at=None)
    return dict(live.order_by("version__number").values_list("version__number").annotate(number=Count("pk")))


def recent_executions_of(pipeline_id: str) -> list[Execution]:
    """The newest executions, with their versions' numbers."""
    return list(list_executions().filter(pipeline_id=pipeline_id).order_by("-created_at")[:RECENT])


def usual_times(pipeline_id: str, task_names: Sequence[str]) -> Usual:
    """Bounded whatever there is in the tables: the last runs count, fewer of them for many tasks."""
    runs = recent_runs([pipeline_id], MEDIAN_OF).get(pipeline_id, [])
    completed = [run for run in runs if run.status == ExecutionStatus.COMPLETED and run.seconds is not None]
    took = sorted(run.seconds for run in completed if run.seconds is not None)
    if not took:
        return Usual()
    return Usual(
        count=len(took),
        median=median(took),
        near_longest=took[min(len(took) - 1, int(NEAR * len(took)))],
        tasks=typical_tasks([run.id for run in completed], task_names, tasks=len(task_names)),
    )
