"""The list of pipelines: what each is, and how its last runs went. A few queries for a page of any size."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from typing import Literal, NamedTuple
from uuid import UUID

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import RowNumber

from orchestration.models import Execution, RegisteredPipeline
from orchestration.selectors.listing import list_pipelines
from orchestration.selectors.recent_runs import RecentRun, recent_runs
from orchestration.states import LIVE_EXECUTION, ExecutionStatus

Order = Literal["name", "failing", "recent"]

STRIP_OF = 25
UNSUCCESSFUL = (ExecutionStatus.FAILED, ExecutionStatus.TIMED_OUT)


class LiveRun(NamedTuple):
    """An execution under way."""

    id: UUID
    status: str


@dataclass(frozen=True, slots=True)
class Runs:
    """The last ended runs of a pipeline, newest first; how many are under way, and the newest of these."""

    ended: Sequence[RecentRun] = ()
    live: int = 0
    newest_live: LiveRun | None = None

    @property
    def completed(self) -> int:
        return sum(run.status == ExecutionStatus.COMPLETED for run in self.ended)

    @property
    def success_percent(self) -> int | None:
        """100 only when every one completed."""
        return self.completed * 100 // len(self.ended) if self.ended else None

    @property
    def median_seconds(self) -> float | None:
        took = [
            run.seconds for run in self.ended if run.status == ExecutionStatus.COMPLETED and run.seconds is not None
        ]
        return median(took) if took else None

    @property
    def last_ended_at(self) -> datetime | None:
        """SQLite gives times of a raw query without their zone."""
        if not self.ended:
            return None
        at = self.ended[0].ended_at
        return at if at.tzinfo else at.replace(tzinfo=UTC)

    @property
    def is_failing(self) -> bool:
        """Whether the last one that ended did not succeed."""
        return bool(self.ended) and self.ended[0].status in UNSUCCESSFUL


@dataclass(frozen=True, slots=True)
class ListedPipeline:
    """One line of the list."""

    pipeline: RegisteredPipeline
    description: str
    runs: Runs


@dataclass(frozen=True, slots=True)
class PipelineCounts:
    """How many there are in all, and how many of them failed in their last ended run."""

    total: int
    failing: int


def find_pipelines(text: str = "", order: Order = "name") -> QuerySet[RegisteredPipeline]:
    """Pipelines whose id or description contains the text, with their current versions."""
    found = list_pipelines()
    if text:
        found = found.filter(Q(id__icontains=text) | Q(description__icontains=text))
    if order == "name":
        return found.order_by("id")
    if order == "recent":
        newest = Execution.objects.filter(pipeline=OuterRef("pk")).order_by("-created_at").values("created_at")[:1]
        return found.annotate(last_start=Subquery(newest)).order_by(F("last_start").desc(nulls_last=True), "id")
    return found.annotate(last_failed=_last_failed()).order_by(F("last_failed").desc(nulls_last=True), "id")


def _last_failed() -> Subquery:
    """When the last ended run started, if it failed: then the pipeline fails now, and the newest trouble is first."""
    pipeline = OuterRef(OuterRef("pk"))
    ended = Execution.objects.filter(pipeline=pipeline, finished_at__isnull=False).order_by("-created_at")
    last = Subquery(ended.values("pk")[:1])
    failed = Execution.objects.filter(pipeline=OuterRef("pk"), pk=last, status__in=UNSUCCESSFUL)
    return Subquery(failed.values("created_at")[:1])


def count_pipelines() -> PipelineCounts:
    """Over all pipelines, in one query."""
    found = RegisteredPipeline.objects.filter(current_version__isnull=False).annotate(last_failed=_last_failed())
    counts = found.aggregate(total=Count("pk"), failing=Count("last_failed"))
    return PipelineCounts(counts["total"], counts["failing"])


def describe_pipelines(pipelines: Sequence[RegisteredPipeline]) -> list[ListedPipeline]:
    """Lines for these pipelines of `find_pipelines`, in their order, in two queries."""
    runs = runs_of([pipeline.pk for pipeline in pipelines])
    return [
        ListedPipeline(pipeline, getattr(pipeline, "description", None) or "", runs.get(pipeline.pk, Runs()))
        for pipeline in pipelines
    ]


def runs_of(pipeline_ids: Sequence[str]) -> dict[str, Runs]:
    """Pipeline → its last runs, and what is under way."""
    ended, live = recent_runs(pipeline_ids, STRIP_OF), _live_runs(pipeline_ids)
    return {key: Runs(ended.get(key, ()), *live.get(key, ())) for key in {*ended, *live}}


def _live_runs(pipeline_ids: Sequence[str]) -> dict[str, tuple[int, LiveRun]]:
    """Pipeline → how many are under way, and the newest; in one query."""
    rows = Execution.objects.filter(pipeline__in=pipeline_ids, status__in=LIVE_EXECUTION, finished_at=None).order_by()
    placed = rows.annotate(
        number=Window(Count("pk"), partition_by="pipeline"),
        place=Window(RowNumber(), partition_by="pipeline", order_by=["-created_at", "-pk"]),
    )
    newest = placed.filter(place=1).values_list("pipeline", "number", "pk", "status")
    return {pipeline: (number, LiveRun(key, status)) for pipeline, number, key, status in newest}
