"""The families of measurements that roll-ups are made of: what is counted, by which labels, when. Pure.

A *derived* family is computed from the product's rows and can be computed again; a *gauge* is looked at once a while
(`count` is the number of looks, `total` their sum) and cannot. A gauge is kept for each label and, with that label
empty, for everything together, since looks at parts do not add up to looks at the whole.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

OTHER = "(other)"
"""Stands for labels past the cap on label sets; no pipeline or task may be called so."""

Label = Literal["pipeline", "task", "model", "detail"]
LABELS: tuple[Label, ...] = ("pipeline", "task", "model", "detail")


class Labels(NamedTuple):
    """A label set; what does not apply is empty."""

    pipeline: str = ""
    task: str = ""
    model: str = ""
    detail: str = ""

    def folded(self) -> "tuple[Labels, ...]":
        """What it is counted under when there is no room: its pipeline's other, then everybody's."""
        everywhere = Labels(*(OTHER if value else "" for value in self))
        here = everywhere._replace(pipeline=self.pipeline)
        return (here, everywhere) if here not in (self, everywhere) else (everywhere,)


@dataclass(frozen=True, slots=True)
class Family:
    """`unit` is that of the values; `has_values` when their distribution is kept."""

    name: str
    labels: tuple[Label, ...]
    counted: str
    unit: str = ""
    has_values: bool = False
    is_gauge: bool = False


_TASK: tuple[Label, ...] = ("pipeline", "task", "model")

_TABLE = (
    Family(
        "executions",
        ("pipeline",),
        "executions, when they end: ok completed, error failed or timed out; from start to end",
        "seconds",
        True,
    ),
    Family(
        "execution_wait",
        ("pipeline",),
        "executions that began, when they end: from submission to the first task",
        "seconds",
        True,
    ),
    Family("submissions", ("pipeline",), "executions, when they are submitted"),
    Family(
        "sla",
        ("pipeline",),
        "executions of pipelines with an SLA, when they end: ok within it; total is the share allowed to miss it",
    ),
    Family(
        "attempts",
        _TASK,
        "attempts, when they end: ok completed, error failed, timed out or crashed; from start to end",
        "seconds",
        True,
    ),
    Family("queue", _TASK, "attempts that ended their task run: from being queued to their start", "seconds", True),
    Family("retries", _TASK, "attempts after a failed one of the same task run"),
    Family(
        "failures", ("pipeline", "task", "detail"), "attempts that failed, timed out or crashed, by the error's code"
    ),
    Family("model_calls", ("model",), "attempts with a model: error when the model could not be had"),
    Family("cache", _TASK, "attempts that looked into the result cache: ok found, error not"),
    Family("reviews", ("task",), "reviews with an outcome: ok decided, error expired; since opened", "seconds", True),
    Family("input_tokens", _TASK, "attempts that noted tokens; total is the tokens", "tokens"),
    Family("output_tokens", _TASK, "attempts that noted tokens; total is the tokens", "tokens"),
    Family(
        "cost",
        _TASK,
        "attempts that asked a hosted model: ok with a known price, error without; total is the known cost",
        "micro-USD",
    ),
    Family("task_runs", ("pipeline", "task", "detail"), "task runs of executions, when these end, by final status"),
    Family("queue_depth", ("detail",), "task runs waiting for a worker, by queue", "task runs", is_gauge=True),
    Family("queue_age", ("detail",), "how long the oldest of them has waited, by queue", "seconds", is_gauge=True),
    Family(
        "open_executions",
        ("pipeline", "detail"),
        "executions that have not ended, by status",
        "executions",
        is_gauge=True,
    ),
    Family("oldest_running", ("pipeline",), "how long the oldest running execution has run", "seconds", is_gauge=True),
    Family("open_reviews", ("detail",), "reviews that wait for a decision, by assignee", "reviews", is_gauge=True),
    Family("overdue_reviews", (), "of these, those past their time", "reviews", is_gauge=True),
    Family("workers", (), "workers that are alive", "workers", is_gauge=True),
    Family("places", (), "task runs that workers can run at once", "task runs", is_gauge=True),
    Family("busy_places", (), "of these, how many do", "task runs", is_gauge=True),
    Family("worker_cpu", ("detail",), "processor use of a worker, in cores", "cores", is_gauge=True),
    Family("worker_memory", ("detail",), "resident memory of a worker and its children", "bytes", is_gauge=True),
    Family("worker_reads", ("detail",), "bytes a second that a worker reads", "bytes", is_gauge=True),
    Family("worker_writes", ("detail",), "bytes a second that a worker writes", "bytes", is_gauge=True),
)

_families: dict[str, Family] = {family.name: family for family in _TABLE}


def register_family(family: Family) -> None:
    """Add a family; a source (`metrics.sources`) or a gauge of its owner fills it."""
    _families[family.name] = family


def family(name: str) -> Family:
    return _families[name]


def derived_families() -> tuple[str, ...]:
    return tuple(name for name, found in _families.items() if not found.is_gauge)


def all_families() -> tuple[Family, ...]:
    return tuple(_families.values())
