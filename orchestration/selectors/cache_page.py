"""What the page of the result cache lists: look-ups over time, by pipeline, task and model, why, and the log.

Totals, and how full the levels are, come from `cache.statistics`. Everything here is read from the hours' counts, each
function with one query, or two where it pages.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import F, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from orchestration.cache.rollup import period_start
from orchestration.cache.statistics import LEVELS
from orchestration.models import CacheChange, CacheCount

GROUPS: Mapping[str, tuple[str, ...]] = {"pipeline": ("pipeline",), "task": ("pipeline", "task"), "model": ("model",)}
"""What look-ups can be told apart by → the columns that say so."""
EXPLAINED = ("miss", "bypass")
Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Period:
    """Whole hours or days up to `now`, as `statistics.count_since` counts them, in steps for a chart."""

    now: datetime
    hours: int
    step: timedelta

    @property
    def start(self) -> datetime:
        return period_start(self.now, self.hours)

    @property
    def steps(self) -> list[datetime]:
        """Where each step begins, oldest first; the last one is not over."""
        return [self.start + place * self.step for place in range((self.now - self.start) // self.step + 1)]


def counts_by_step(period: Period) -> list[dict[str, int]]:
    """For each step of the period: hits of each level and misses, by outcome."""
    rows = _counted(period).filter(outcome__in=(*LEVELS, "miss"))
    found: list[dict[str, int]] = [{} for _ in period.steps]
    for hour, outcome, number in rows.values_list("hour", "outcome").annotate(Sum("number")):
        place = (hour - period.start) // period.step
        if place < len(found):
            found[place][outcome] = found[place].get(outcome, 0) + number
    return found


def page_of_groups(by: str, period: Period, pipeline: str, number: str | None, size: int) -> Page[dict[str, Any]]:
    """Pipelines, tasks or models with their sums, the busiest first. `by` is a key of `GROUPS`.

    `pipeline` leaves those of one; what users keep under keys of their own belongs to none.
    """
    names = GROUPS[by]
    rows = _counted(period).filter(outcome__in=(*LEVELS, *EXPLAINED)).exclude(**{names[-1]: ""})
    if pipeline:
        rows = rows.filter(pipeline=pipeline)
    return Paginator(_summed(rows, names), size).get_page(number)


def _summed(rows: QuerySet[CacheCount], names: tuple[str, ...]) -> QuerySet[Any, dict[str, Any]]:
    is_hit = Q(outcome__in=LEVELS)
    summed: QuerySet[Any, dict[str, Any]] = rows.values(*names).annotate(
        hits=_sum("number", is_hit),
        misses=_sum("number", Q(outcome="miss")),
        bypassed=_sum("number", Q(outcome="bypass")),
        saved_seconds=_sum("seconds_saved", is_hit),
        saved_microusd=_sum("microusd_saved", is_hit),
        unknown_prices=_sum("unpriced", is_hit),
    )
    return summed.order_by((F("hits") + F("misses")).desc(), "-bypassed", *names)


def _sum(column: str, which: Q) -> Coalesce:
    field: Any = CacheCount._meta.get_field(column)
    return Coalesce(Sum(column, filter=which), Value(0, field))


def reasons_of_groups(by: str, period: Period, shown: Sequence[Mapping[str, Any]]) -> dict[Key, dict[str, str]]:
    """Group → outcome → its commonest reason, for the groups shown, of misses and of tasks that did not ask."""
    if not shown:
        return {}
    names = GROUPS[by]
    within = {f"{name}__in": {row[name] for row in shown} for name in names}
    rows = _counted(period).filter(outcome__in=EXPLAINED, **within).exclude(reason="")
    found: dict[Key, dict[str, str]] = {}
    summed = rows.values_list(*names, "outcome", "reason").annotate(total=Sum("number")).order_by("-total", "reason")
    for *key, outcome, reason, _ in summed:
        found.setdefault(tuple(key), {}).setdefault(outcome, reason)
    return found


def page_of_changes(number: str | None, size: int) -> Page[CacheChange]:
    """What the optimiser did and proposes, newest first."""
    return Paginator(CacheChange.objects.order_by("-at", "-id"), size).get_page(number)


def _counted(period: Period) -> QuerySet[CacheCount]:
    return CacheCount.objects.filter(hour__gte=period.start)
