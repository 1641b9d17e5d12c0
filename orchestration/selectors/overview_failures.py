"""What failed in a stretch of time: which pipelines more than usual, and of what causes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import CharField, Count, Max, Q
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from orchestration.models import Execution
from orchestration.selectors.execution_filters import UNSUCCESSFUL, unanswered_failure
from orchestration.selectors.overview import Ended

USUAL_DAYS = 30
MOST_CAUSES = 200


@dataclass(frozen=True, slots=True)
class FailingPipeline:
    """How often a pipeline failed, and how often it did in the 30 days before."""

    pipeline_id: str
    ended: int
    failed: int
    ended_before: int
    failed_before: int

    @property
    def share(self) -> float:
        return self.failed / self.ended

    @property
    def usual_share(self) -> float | None:
        return self.failed_before / self.ended_before if self.ended_before else None

    @property
    def expected(self) -> float:
        """Failures of as many executions, were it as usual."""
        return (self.usual_share or 0.0) * self.ended

    @property
    def excess(self) -> float:
        return self.failed - self.expected

    @property
    def is_worse(self) -> bool:
        """More than usual by more than chance: two standard deviations of a count. One failure is no trend."""
        return self.failed > 1 and self.excess > 2 * self.expected**0.5


@dataclass(frozen=True, slots=True)
class Cause:
    """Failures of one pipeline with the same code at the same task; `last` is the newest of these executions."""

    pipeline_id: str
    code: str
    task: str
    number: int
    last: UUID


def failing_pipelines(since: datetime, limit: int) -> list[FailingPipeline]:
    """Those that failed after `since`, the greatest change first. Cancelled executions count neither way."""
    recent = _count_by_pipeline(Q(finished_at__gte=since))
    failing = {key: counts for key, counts in recent.items() if counts.failed}
    before = _count_by_pipeline(
        Q(finished_at__gte=since - timedelta(days=USUAL_DAYS), finished_at__lt=since, pipeline__in=failing)
    )
    found = [
        FailingPipeline(key, now.judged, now.failed, usual.judged, usual.failed)
        for key, now in failing.items()
        for usual in [before.get(key, Ended({}))]
    ]
    return sorted(found, key=lambda row: (-row.excess, row.pipeline_id))[:limit]


def _count_by_pipeline(condition: Q) -> dict[str, Ended]:
    counts: dict[str, dict[str, int]] = {}
    rows = Execution.objects.filter(condition).order_by().values_list("pipeline_id", "status")
    for key, status, number in rows.annotate(number=Count("*")):
        counts.setdefault(key, {})[status] = number
    return {key: Ended(found) for key, found in counts.items()}


def find_causes(since: datetime) -> list[Cause]:
    """What executions failed of after `since`, the most frequent first; of very many, the first `MOST_CAUSES`."""
    rows = Execution.objects.filter(status__in=UNSUCCESSFUL, finished_at__gte=since).order_by()
    code, task = KeyTextTransform("code", "error"), KeyTextTransform("task", "error")
    # Ids grow with time (UUIDv7), and PostgreSQL before 18 has no MAX of them.
    counted = rows.annotate(code=code, task=task).values_list("pipeline_id", "code", "task")
    found = counted.annotate(number=Count("*"), last=Max(Cast("pk", CharField()))).order_by("-number")[:MOST_CAUSES]
    return [Cause(key, code or "", _name(task), number, UUID(last)) for key, code, task, number, last in found]


def _name(task: str | None) -> str:
    """SQLite gives a JSON null as a word, which may be the name of a task too; then it is left out."""
    return "" if task is None or task == "null" else task


def read_errors(execution_ids: Iterable[UUID]) -> Mapping[UUID, Execution]:
    """The executions with their errors and ends, without anything large."""
    return Execution.objects.only("id", "error", "title", "finished_at").in_bulk(list(execution_ids))


def count_unanswered(since: datetime) -> int:
    """Failures after `since` that nobody ran again."""
    return Execution.objects.filter(unanswered_failure(since)).count()


def main_causes(causes: Sequence[Cause]) -> dict[str, Cause]:
    """Pipeline → its most frequent cause."""
    found: dict[str, Cause] = {}
    for cause in causes:
        found.setdefault(cause.pipeline_id, cause)
    return found
