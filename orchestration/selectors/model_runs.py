"""What executions said of a version of a model: how often it was asked, how that went, what it took and cost.

By the pin that an execution wrote down when it started, over the last task runs that had it. What reviewers said of it
is in `model_verdicts`.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil, floor, sqrt
from statistics import fmean, stdev
from typing import NamedTuple
from uuid import UUID

from django.db.models.fields.json import KeyTextTransform

from orchestration.models import Execution, TaskAttempt, TaskRun
from orchestration.selectors.spending import Number
from orchestration.states import AttemptStatus
from registry.figures import SURE

MOST_RUNS = 1_000
MOST_PIPELINES = 6
UNSUCCESSFUL = frozenset({AttemptStatus.FAILED, AttemptStatus.TIMED_OUT})
JUDGED = (AttemptStatus.COMPLETED, *UNSUCCESSFUL)
FROM_CACHE = "hit"
LOOKED_UP = ("hit", "miss")
"""A task that bypasses the cache did not ask it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One try of a task that asked the version."""

    execution_id: UUID
    status: str
    seconds: float
    cost_microusd: int | None
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class ModelRuns:
    """The last tries, newest first."""

    asked: Sequence[Asked]
    is_cut: bool
    """Whether there are more than were looked at."""

    @property
    def failed(self) -> int:
        return sum(one.status in UNSUCCESSFUL for one in self.asked)

    @property
    def success_share(self) -> float | None:
        return 1 - self.failed / len(self.asked) if self.asked else None

    def seconds_at(self, share: float) -> float | None:
        """The time that so many of those that completed took at most (nearest rank)."""
        took = self._took
        return took[max(0, ceil(share * len(took)) - 1)] if took else None

    def interval_at(self, share: float) -> tuple[float, float] | None:
        """The 95 % confidence interval of that time, by the ranks that a binomial puts around it; None for too few."""
        took = self._took
        around = SURE * sqrt(len(took) * share * (1 - share))
        low, high = floor(len(took) * share - around), ceil(len(took) * share + around)
        return (took[low - 1], took[high - 1]) if low >= 1 and high <= len(took) else None

    @property
    def cost_interval(self) -> tuple[float, float] | None:
        """The 95 % confidence interval of the mean, in micro-USD."""
        known = self._known
        if len(known) < 2:
            return None
        around = SURE * stdev(known) / sqrt(len(known))
        return fmean(known) - around, fmean(known) + around

    @property
    def priced(self) -> int:
        """How many have a known price."""
        return len(self._known)

    @property
    def cost_microusd(self) -> int | None:
        """Of the tries whose price is known; None when none is."""
        return sum(self._known) if self._known else None

    @property
    def cost_each(self) -> float | None:
        return sum(self._known) / len(self._known) if self._known else None

    @property
    def _took(self) -> list[float]:
        return sorted(one.seconds for one in self.asked if one.status == AttemptStatus.COMPLETED)

    @property
    def _known(self) -> list[int]:
        return [one.cost_microusd for one in self.asked if one.cost_microusd is not None]


class LastRun(NamedTuple):
    """One of the last task runs with a pin, and what the result cache did for it."""

    pk: int
    execution_id: UUID
    review_id: UUID | None
    cache_outcome: str | None


def last_runs(pin: str) -> list[LastRun]:
    """The last `MOST_RUNS` task runs with this pin, newest first.

    The index `task_run_of_model` is over task runs with a model; the second condition lets it be used. What belongs to
    them is then asked for by their keys: given this as a subquery PostgreSQL reads the whole table of attempts.
    """
    found = TaskRun.objects.filter(model=pin).exclude(model="").order_by("-pk")
    outcome = KeyTextTransform("outcome", "cache")
    return [LastRun._make(row) for row in found.values_list("pk", "execution_id", "review_id", outcome)[:MOST_RUNS]]


def runs_of_model(runs: Sequence[LastRun]) -> ModelRuns:
    """What the last `MOST_RUNS` tries of these said; results that came out of the cache asked nobody."""
    executions = {run.pk: run.execution_id for run in runs}
    rows = TaskAttempt.objects.filter(task_run_id__in=executions, status__in=JUDGED).exclude(cache__outcome=FROM_CACHE)
    columns = ("pk", "task_run_id", "status", "started_at", "finished_at", Number("usage", "cost_microusd"))
    newest = sorted(rows.order_by().values_list(*columns), reverse=True)
    asked = [
        Asked(executions[run], status, (end - start).total_seconds(), None if cost is None else int(cost), end)
        for _, run, status, start, end, cost in newest
    ]
    return ModelRuns(asked[:MOST_RUNS], len(asked) > MOST_RUNS)


def pipelines_of_model(runs: Sequence[LastRun]) -> list[tuple[str, int]]:
    """The pipelines that these task runs belong to, with how many each had, most first."""
    numbers = Counter(run.execution_id for run in runs)
    found: Counter[str] = Counter()
    for key, pipeline in Execution.objects.filter(pk__in=numbers).order_by().values_list("pk", "pipeline_id"):
        found[pipeline] += numbers[key]
    return sorted(found.items(), key=lambda item: (-item[1], item[0]))[:MOST_PIPELINES]


@dataclass(frozen=True, slots=True)
class LookUps:
    """How often the result cache was asked instead, and how often it knew."""

    number: int
    hits: int

    @property
    def hit_share(self) -> float | None:
        return self.hits / self.number if self.number else None


def look_ups_of_model(runs: Sequence[LastRun]) -> LookUps:
    """What the result cache did for these task runs; asks nothing."""
    found = Counter(run.cache_outcome for run in runs)
    return LookUps(sum(found[outcome] for outcome in LOOKED_UP), found[FROM_CACHE])
