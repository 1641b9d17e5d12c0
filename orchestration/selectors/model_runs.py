"""What executions said of a version of a model: how often it was asked, how that went, what it took and cost.

By the pin that an execution wrote down when it started, over the last task runs that had it. Three queries.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from django.db.models import Count, QuerySet

from orchestration.models import Execution, TaskAttempt, TaskRun
from orchestration.selectors.spending import Number
from orchestration.states import AttemptStatus

MOST_RUNS = 1_000
MOST_PIPELINES = 6
UNSUCCESSFUL = frozenset({AttemptStatus.FAILED, AttemptStatus.TIMED_OUT})
JUDGED = (AttemptStatus.COMPLETED, *UNSUCCESSFUL)
FROM_CACHE = "hit"


@dataclass(frozen=True, slots=True)
class Asked:
    """One try of a task that asked the version."""

    execution_id: object
    status: str
    seconds: float
    cost_microusd: int | None
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class ModelRuns:
    """The last tries, newest first, and the pipelines they belong to with how many task runs each had."""

    asked: Sequence[Asked]
    pipelines: Sequence[tuple[str, int]]
    is_cut: bool
    """Whether there are more than were looked at."""

    @property
    def failed(self) -> int:
        return sum(one.status in UNSUCCESSFUL for one in self.asked)

    @property
    def success_percent(self) -> float | None:
        """100 only when every one completed."""
        if not self.asked:
            return None
        share = 1 - self.failed / len(self.asked)
        return min(round(100 * share, 1), 99.9) if self.failed else 100.0

    def seconds_at(self, share: float) -> float | None:
        """The time that so many of those that completed took at most (nearest rank)."""
        took = sorted(one.seconds for one in self.asked if one.status == AttemptStatus.COMPLETED)
        return took[max(0, ceil(share * len(took)) - 1)] if took else None

    @property
    def cost_microusd(self) -> int | None:
        """Of the tries whose price is known; None when none is."""
        known = [one.cost_microusd for one in self.asked if one.cost_microusd is not None]
        return sum(known) if known else None

    @property
    def cost_each(self) -> int | None:
        known = [one.cost_microusd for one in self.asked if one.cost_microusd is not None]
        return round(sum(known) / len(known)) if known else None


def runs_of_model(pin: str) -> ModelRuns:
    """What the last `MOST_RUNS` task runs with this pin said; results that came out of the cache asked nobody."""
    runs = _last_runs(pin)
    rows = (
        TaskAttempt.objects.filter(task_run__in=runs, status__in=JUDGED)
        .exclude(cache__outcome=FROM_CACHE)
        .order_by("-pk")
        .values_list("task_run__execution_id", "status", "started_at", "finished_at", Number("usage", "cost_microusd"))
    )[: MOST_RUNS + 1]
    asked = [
        Asked(execution, status, (end - start).total_seconds(), None if cost is None else int(cost), end)
        for execution, status, start, end, cost in rows
    ]
    pipelines = (
        Execution.objects.filter(task_runs__in=_last_runs(pin))
        .order_by()
        .values_list("pipeline_id")
        .annotate(number=Count("task_runs"))
        .order_by("-number", "pipeline_id")[:MOST_PIPELINES]
    )
    return ModelRuns(asked[:MOST_RUNS], list(pipelines), len(asked) > MOST_RUNS)


def _last_runs(pin: str) -> QuerySet[TaskRun, int]:
    """The index `task_run_of_model` is over task runs with a model; the second condition lets it be used."""
    found = TaskRun.objects.filter(model=pin).exclude(model="").order_by("-pk")
    return found.values_list("pk", flat=True)[:MOST_RUNS]
