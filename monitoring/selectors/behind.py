"""The executions behind an alert, and the alerts that an execution touched: those that its metric counted within window
and scope.

What each metric is made of is in `counted`. From the window in which it was first seen to when it was last not well, at
most `LONGEST` before the end; the newest `MOST_EVENTS` events of that are looked at (the oldest of what waits).
"""

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from django.db.models import BooleanField, Case, Max, Q, QuerySet, Subquery, Value, When

from common.clock import database_now
from monitoring.exceptions import UnknownMetric
from monitoring.metrics.catalogue import find_metric
from monitoring.metrics.families import OTHER
from monitoring.metrics.ranges import floor
from monitoring.models import Alert, AlertRule
from monitoring.selectors.counted import NO_FIGURE, NOTHING, Counted, counted_by, unwatched_versions
from monitoring.states import ACTIVE_ALERT, Level, Operator
from orchestration.models import Execution
from orchestration.selectors.listing import list_executions

LONGEST = timedelta(days=2)
MOST_EVENTS = 2_000
MOST_ALERTS = 50
"""So many near an execution in time are considered, and of those whose stretch it lies in `MOST_ASKED` are asked."""
MOST_ASKED = 12
MEASURED = ("seconds", "tokens", "USD")
"""Units of metrics whose worst events are the largest; of others those that speak against it, then the newest."""
MICRO = 1_000_000
LESS = (Operator.BELOW, Operator.AT_MOST)


@dataclass(frozen=True, slots=True)
class BehindOne:
    """An execution with the worst that was counted of it: its size, where the largest are the worst, and the task and
    the error's code that it was counted with.
    """

    execution: Execution
    is_bad: bool
    value: float | None
    task: str
    code: str


@dataclass(frozen=True, slots=True)
class Behind:
    """`number` of executions were counted from `start` to `end`, `bad` of them speak against it.

    `is_cut`: there were more events than are looked at, so there may be more executions.
    """

    start: datetime
    end: datetime
    number: int
    bad: int
    is_cut: bool
    unit: str
    """Of the values: seconds, tokens or USD; empty where the worst are not the largest."""
    worst: Sequence[BehindOne]


def executions_behind(alert: Alert, most: int) -> Behind | None:
    """The worst `most` of them; None when its metric counts nothing of executions, or is no more. Three queries."""
    counted = _counted(alert)
    if counted is None:
        return None
    start, end = stretch_of(alert)
    events = _events(counted)
    by_size = _is_by_size(alert, counted)
    worst: dict[UUID, _Event] = {}
    for event in _worst_first(alert, by_size, events[:MOST_EVENTS]):
        worst.setdefault(event.execution_id, event)
    chosen = list(worst)[:most]
    rows = Execution.objects.defer("input", "output").in_bulk(chosen)
    return Behind(
        *(start, end, len(worst), sum(event.is_bad for event in worst.values()), len(events) > MOST_EVENTS),
        unit=_unit(alert) if by_size else "",
        worst=[_one(rows[key], worst[key], alert, by_size) for key in chosen if key in rows],
    )


def counted_executions(alert: Alert) -> QuerySet[Execution]:
    """All that its metric counted, within the same limits, in no order."""
    counted = _counted(alert)
    if counted is None:
        return list_executions().none()
    keys = counted.rows.order_by(counted.order).values(counted.execution)[:MOST_EVENTS]
    return list_executions().filter(pk__in=keys)


def stretch_of(alert: Alert) -> tuple[datetime, datetime]:
    """From the beginning of the window in which it was first seen to when it was last not well."""
    window, end = timedelta(seconds=alert.rule.window_seconds), alert.bad_at
    return max(floor(alert.started_at, Level.MINUTE) - window, end - window - LONGEST), end


def _counted(alert: Alert, unwatched: Collection[int] | None = None) -> Counted | None:
    try:
        return counted_by(find_metric(alert.rule.metric_name), *stretch_of(alert), alert.labels, unwatched)
    except UnknownMetric:
        return None  # the rule names a metric of an app that is gone


class _Event(NamedTuple):
    execution_id: UUID
    is_bad: bool
    figure: Decimal | float | None
    task: str | None
    code: str | None


def _events(counted: Counted) -> list[_Event]:
    """The first of them, and one more to tell whether there are more."""
    rows = counted.rows.order_by(counted.order)
    columns = (counted.execution, _truth(counted.bad), counted.figure, counted.task, counted.code)
    return [_Event._make(row) for row in rows.values_list(*columns)[: MOST_EVENTS + 1]]


def _truth(condition: Q) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())


def _is_by_size(alert: Alert, counted: Counted) -> bool:
    """Whether the largest is the worst; else what speaks against it is, then what is newest."""
    is_measured = find_metric(alert.rule.metric_name).unit in MEASURED
    return is_measured or (counted.bad is NOTHING and counted.figure is not NO_FIGURE)


def _unit(alert: Alert) -> str:
    """Of what is measured of a single event: of gauges that count, how long each was there."""
    unit = find_metric(alert.rule.metric_name).unit
    return unit if unit in MEASURED else "seconds"


def _worst_first(alert: Alert, by_size: bool, events: Sequence[_Event]) -> list[_Event]:
    """The smallest first where too little is wrong. What has no size comes last."""
    if not by_size:
        return sorted(events, key=lambda event: not event.is_bad)
    sign = 1 if alert.rule.operator in LESS else -1
    return sorted(events, key=lambda event: math.inf if event.figure is None else sign * float(event.figure))


def _one(execution: Execution, event: _Event, alert: Alert, by_size: bool) -> BehindOne:
    value = float(event.figure) if by_size and event.figure is not None else None
    if value is not None and _unit(alert) == "USD":
        value /= MICRO
    return BehindOne(execution, bool(event.is_bad), value, event.task or "", event.code or "")


# From an execution to its alerts --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Touched:
    """An alert whose metric counted the execution; `is_bad`: it speaks against it, as a failed one does."""

    alert: Alert
    is_bad: bool


def alerts_touched(execution: Execution, most: int = MOST_ASKED) -> list[Touched]:
    """The alerts that fired and counted it, those that it speaks against first, then the newest.

    Of the `MOST_ALERTS` nearest in time, and of these at most `MOST_ASKED`. Four queries, and one
    for each service level among them.
    """
    near = [alert for alert in _alerts_near(execution) if _may_count(alert, execution)][:MOST_ASKED]
    unwatched = unwatched_versions(execution.pipeline_id) if near else ()
    asked = [(alert, counted) for alert in near if (counted := _counted(alert, unwatched)) is not None]
    if not asked:
        return []
    said = Execution.objects.filter(pk=execution.pk).values_list(*(_asks(one, execution) for _, one in asked)).first()
    found = zip((alert for alert, _ in asked), said or (), strict=False)
    touched = [Touched(alert, bool(is_bad)) for alert, is_bad in found if is_bad is not None]
    return sorted(touched, key=lambda one: not one.is_bad)[:most]


def _alerts_near(execution: Execution) -> Iterable[Alert]:
    longest = AlertRule.objects.aggregate(longest=Max("window_seconds"))["longest"] or 0
    end = (execution.finished_at or database_now()) + timedelta(seconds=longest, minutes=1)
    rows = Alert.objects.filter(Q(fired_at__isnull=False) | Q(status__in=ACTIVE_ALERT))
    rows = rows.filter(started_at__lte=end, bad_at__gte=execution.created_at)
    return rows.select_related("rule").order_by("-started_at")[:MOST_ALERTS]


def _may_count(alert: Alert, execution: Execution) -> bool:
    """By what is known of it without asking: its pipeline, and when it lived."""
    start, end = stretch_of(alert)
    is_its_pipeline = alert.labels.get("pipeline", "") in ("", OTHER, execution.pipeline_id)
    return is_its_pipeline and execution.created_at < end and (execution.finished_at or end) >= start


def _asks(counted: Counted, execution: Execution) -> Subquery:
    """Whether what was counted of the execution speaks against it; NULL where nothing was."""
    rows = counted.rows.filter(**{counted.execution: execution.pk}).annotate(says_bad=_truth(counted.bad))
    return Subquery(rows.order_by("-says_bad").values("says_bad")[:1])
