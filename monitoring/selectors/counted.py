"""Which rows a metric counted in a stretch of time: for each family of measurements the rows behind it, the execution
that each belongs to, and which of them speak against it.

The roll-ups hold sums; this finds what they were sums of, by the same conditions as `metrics.sources`. Looking only:
nothing here is evaluated, limits are the caller's.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Exists, F, FloatField, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast, Coalesce

from monitoring.metrics.catalogue import Metric
from monitoring.metrics.families import OTHER, family
from monitoring.metrics.sources.attempts import CACHE_OUTCOMES, ENDED_BY_AN_ATTEMPT, FAILED, UNAVAILABLE
from orchestration.models import Execution, PipelineVersion, TaskAttempt, TaskRun
from orchestration.selectors.elapsed import Seconds
from orchestration.selectors.spending import Number
from orchestration.states import AttemptStatus, ExecutionStatus, TaskRunStatus
from reviews.states import ReviewStatus

UNSUCCESSFUL = (ExecutionStatus.FAILED, ExecutionStatus.TIMED_OUT)
JUDGED = (ExecutionStatus.COMPLETED, *UNSUCCESSFUL)
LOOKED_BACK = timedelta(days=1)
"""At gauges: what waited longer ago than that says little of now."""
NOTHING = Q(pk__in=())
NO_FIGURE = Value(None, output_field=FloatField(null=True))
NO_TEXT = Value("")
UNKNOWN = "unknown"
UNMONITORED = ("false", "0")  # what JSON's false is as text, in PostgreSQL and in SQLite


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time and what was looked at in it: labels of a metric, those that do not matter left out."""

    start: datetime
    end: datetime
    labels: Mapping[str, str]

    def during(self, column: str) -> Q:
        return Q(**{f"{column}__gte": self.start, f"{column}__lt": self.end})

    def open_during(self, start: str, end: str) -> Q:
        """Rows that began before its end and had not ended at its start."""
        return Q(**{f"{start}__lt": self.end}) & (Q(**{end: None}) | Q(**{f"{end}__gte": self.start}))

    def of(self, **columns: str) -> Q:
        """The labels, each with the column that has it."""
        return Q(**{column: self.labels[label] for label, column in columns.items() if label in self.labels})


@dataclass(frozen=True, slots=True)
class Counted:
    """`execution` is the way from a row to its execution's id; `order` puts those first that matter most: the
    newest, of what waits the oldest.
    """

    rows: QuerySet[Any]
    execution: str
    order: str
    bad: Q = NOTHING
    """Which of them speak against it."""
    figure: Any = NO_FIGURE
    """What is measured of a row, in the unit of its family: seconds, tokens, micro-USD."""
    task: Any = NO_TEXT
    code: Any = NO_TEXT
    """Of a task's error; executions have their own."""


Find = Callable[[Stretch], Counted]


def counted_by(
    metric: Metric,
    start: datetime,
    end: datetime,
    labels: Mapping[str, str],
    unwatched: Collection[int] | None = None,
) -> Counted | None:
    """What a metric is made of; None of one that no execution is behind, such as the number of workers.

    `unwatched`: the versions that asked not to be monitored, if they are known; else they are looked up.
    """
    name = _BEHIND.get(metric.name) or metric.families[-1]
    find = _FAMILIES.get(name)
    if find is None:
        return None
    kept = {label: value for label, value in labels.items() if value and value != OTHER}
    of = {str(label): kept[label] for label in family(name).labels if label in kept}
    if family(name).is_gauge:
        return find(Stretch(max(start, end - LOOKED_BACK), end, of))
    if unwatched is None:
        unwatched = unwatched_versions(kept.get("pipeline", ""))
    return _without(find(Stretch(start, end, of)), unwatched)


def unwatched_versions(pipeline: str = "") -> list[int]:
    """Keys of the versions, of one pipeline or of all, that asked not to be monitored. One query."""
    asked = Cast(KeyTextTransform("enable_monitoring", "definition"), TextField())
    versions = PipelineVersion.objects.annotate(asked=asked).filter(asked__in=UNMONITORED)
    return list((versions.filter(pipeline=pipeline) if pipeline else versions).values_list("pk", flat=True))


def _without(found: Counted, unwatched: Collection[int]) -> Counted:
    """Without executions of these versions."""
    if not unwatched:
        return found
    way = "version" if found.rows.model is Execution else f"{found.execution.removesuffix('_id')}__version"
    rows = found.rows.exclude(**{f"{way}__in": unwatched})
    return replace(found, rows=rows)


# Executions -----------------------------------------------------------------------------------------------------------


def _executions(rows: QuerySet[Execution], order: str, bad: Q = NOTHING, figure: Any = NO_FIGURE) -> Counted:
    return Counted(rows, "pk", order, bad, figure)


def _ended(start: str) -> Find:
    """Executions by their end; measured from `start` on."""

    def find(stretch: Stretch) -> Counted:
        rows = Execution.objects.filter(stretch.during("finished_at"), stretch.of(pipeline="pipeline_id"))
        return _executions(rows, "-finished_at", Q(status__in=UNSUCCESSFUL), Seconds("finished_at", start))

    return find


def _judged_by_sla(stretch: Stretch) -> Counted:
    """Of versions with a service level; those speak against it that did not complete within its time."""
    limit = Cast(KeyTextTransform("seconds", KeyTransform("sla", "definition")), FloatField())
    versions = PipelineVersion.objects.filter(stretch.of(pipeline="pipeline")).order_by().annotate(limit=limit)
    limits: dict[float, list[int]] = {}
    for version, seconds in versions.exclude(limit=None).values_list("pk", "limit"):
        limits.setdefault(seconds, []).append(version)
    found = _ended("created_at")(stretch)
    rows = found.rows.filter(status__in=JUDGED, version__in=[key for keys in limits.values() for key in keys])
    late = (Q(version__in=keys, took__gt=seconds) for seconds, keys in limits.items())
    bad = reduce(or_, late, Q(status__in=UNSUCCESSFUL))
    return replace(found, rows=rows.annotate(took=Seconds("finished_at", "created_at")), bad=bad)


def _waited(stretch: Stretch) -> Counted:
    rows = Execution.objects.filter(stretch.during("finished_at"), stretch.of(pipeline="pipeline_id"))
    return _executions(rows.exclude(started_at=None), "-finished_at", figure=Seconds("started_at", "created_at"))


def _submitted(stretch: Stretch) -> Counted:
    """Those that have not ended speak against it."""
    rows = Execution.objects.filter(stretch.during("created_at"), stretch.of(pipeline="pipeline_id"))
    return _executions(rows, "-created_at", Q(finished_at=None))


def _open(stretch: Stretch) -> Counted:
    """The oldest is the worst: how old they were at the end of the stretch."""
    rows = Execution.objects.filter(stretch.open_during("created_at", "finished_at"))
    age = Seconds(Value(stretch.end), Coalesce("started_at", "created_at"))
    return _executions(rows.filter(stretch.of(pipeline="pipeline_id")), "created_at", figure=age)


# Task runs and attempts -----------------------------------------------------------------------------------------------


def _task_runs(stretch: Stretch) -> Counted:
    rows = TaskRun.objects.filter(stretch.during("execution__finished_at"))
    rows = rows.filter(stretch.of(pipeline="execution__pipeline_id", task="name", detail="status"))
    bad = Q(status__in=(TaskRunStatus.FAILED, TaskRunStatus.TIMED_OUT))
    code = KeyTextTransform("code", "error")
    return Counted(rows, "execution_id", "-execution__finished_at", bad, task=F("name"), code=code)


def _queued(stretch: Stretch) -> Counted:
    """Task runs that waited for a worker, as far as their rows still say: the last time they waited."""
    waited = Q(queued_at__lt=stretch.end) & (Q(status=TaskRunStatus.QUEUED) | Q(started_at__gte=stretch.start))
    rows = TaskRun.objects.filter(waited, stretch.of(detail="queue"))
    open_ = Execution.objects.filter(stretch.open_during("created_at", "finished_at")).order_by()
    rows = rows.filter(execution__in=open_.values("pk"))
    age = Seconds(Coalesce("started_at", Value(stretch.end)), "queued_at")
    return Counted(rows, "execution_id", "queued_at", figure=age, task=F("name"))


def _attempts(*conditions: Q, bad: Q = NOTHING, figure: Any = NO_FIGURE) -> Find:
    def find(stretch: Stretch) -> Counted:
        labels = {"pipeline": "task_run__execution__pipeline_id", "task": "task_run__name", "model": "model"}
        rows = TaskAttempt.objects.filter(stretch.during("finished_at"), *conditions, stretch.of(**labels))
        task, code = F("task_run__name"), KeyTextTransform("code", "error")
        return Counted(rows, "task_run__execution_id", "-finished_at", bad, figure, task, code)

    return find


def _failures(stretch: Stretch) -> Counted:
    found = _attempts(BAD_ATTEMPT, bad=BAD_ATTEMPT)(stretch)
    code = stretch.labels.get("detail", "")
    is_code = Q(error__code=code) | (~Q(error__has_key="code") if code == UNKNOWN else NOTHING)
    return replace(found, rows=found.rows.filter(is_code)) if code else found


def _retries(stretch: Stretch) -> Counted:
    failed = (AttemptStatus.FAILED, AttemptStatus.TIMED_OUT)
    earlier = TaskAttempt.objects.filter(task_run=OuterRef("task_run"), token__lt=OuterRef("token"), status__in=failed)
    return _attempts(Q(token__gt=1), Q(Exists(earlier)), bad=~NOTHING)(stretch)


# Reviews --------------------------------------------------------------------------------------------------------------


def _reviews(during: Callable[[Stretch], Q], order: str, bad: Callable[[Stretch], Q], figure: Any) -> Find:
    def find(stretch: Stretch) -> Counted:
        rows = TaskRun.objects.filter(during(stretch), stretch.of(task="name", detail="review__assignee_id"))
        return Counted(rows, "execution_id", order, bad(stretch), figure, F("name"))

    return find


BAD_ATTEMPT = Q(status__in=FAILED)
_TOOK = Seconds("finished_at", "started_at")
_QUEUED_FOR = Seconds("started_at", "task_run__queued_at")
_ENDING = Q(task_run__status__in=ENDED_BY_AN_ATTEMPT, task_run__token=F("token"))
_ASKED_HOSTED = Q(usage__has_key="requests") | Q(usage__has_key="cost_microusd")
_DECIDED_IN = Seconds("review__effective_at", "review__created_at")

# The family that says most where a metric has several: what has not ended, not what has.
_BEHIND = {"completion_ratio": "submissions"}

_FAMILIES: Mapping[str, Find] = {
    "executions": _ended("started_at"),
    "execution_wait": _waited,
    "sla": _judged_by_sla,
    "submissions": _submitted,
    "task_runs": _task_runs,
    "attempts": _attempts(bad=BAD_ATTEMPT, figure=_TOOK),
    "queue": _attempts(_ENDING, figure=_QUEUED_FOR),
    "retries": _retries,
    "failures": _failures,
    "model_calls": _attempts(~Q(model=""), bad=BAD_ATTEMPT & Q(error__code__in=sorted(UNAVAILABLE))),
    "cache": _attempts(Q(cache__outcome__in=CACHE_OUTCOMES), bad=Q(cache__outcome="miss")),
    "input_tokens": _attempts(Q(usage__has_key="input_tokens"), figure=Number("usage", "input_tokens")),
    "output_tokens": _attempts(Q(usage__has_key="output_tokens"), figure=Number("usage", "output_tokens")),
    "cost": _attempts(_ASKED_HOSTED, bad=~Q(usage__has_key="cost_microusd"), figure=Number("usage", "cost_microusd")),
    "reviews": _reviews(
        lambda stretch: stretch.during("review__announced_at"),
        "-review__announced_at",
        lambda stretch: Q(review__status=ReviewStatus.EXPIRED),
        _DECIDED_IN,
    ),
    "open_reviews": _reviews(
        lambda stretch: stretch.open_during("review__created_at", "review__closed_at"),
        "review__created_at",
        lambda stretch: Q(review__due_at__lt=stretch.end),
        NO_FIGURE,
    ),
    "overdue_reviews": _reviews(
        lambda stretch: stretch.open_during("review__due_at", "review__closed_at"),
        "review__due_at",
        lambda stretch: ~NOTHING,
        NO_FIGURE,
    ),
    "queue_depth": _queued,
    "queue_age": _queued,
    "open_executions": _open,
    "oldest_running": _open,
}
