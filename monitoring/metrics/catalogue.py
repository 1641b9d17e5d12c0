"""The metrics by name: what alert rules, pages, REST and commands ask for, computed from summaries of families. Pure.

One table. `register_metric` adds to it what a later capability brings.
"""

import difflib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from monitoring.exceptions import UnknownMetric
from monitoring.metrics.families import Label, family
from monitoring.metrics.summary import Summary

Summaries = Mapping[str, Summary]
Compute = Callable[[Summaries, float], float | None]


@dataclass(frozen=True, slots=True)
class Metric:
    """`of(summaries by family, seconds of the stretch)`; `None` where there is nothing to measure."""

    name: str
    unit: str
    """count, per minute, ratio, seconds, tokens, USD …"""
    families: tuple[str, ...]
    """What it is computed from; the first one's events are its samples."""
    of: Compute
    help: str
    is_open_ended: bool = False
    """Of a share: it can be above 1."""

    @property
    def is_share(self) -> bool:
        """Whether people read it in per cent."""
        return self.unit in ("ratio", "share")

    @property
    def most(self) -> float:
        """No value is above it, and none below 0."""
        return 1.0 if self.is_share and not self.is_open_ended else math.inf

    @property
    def labels(self) -> tuple[Label, ...]:
        """What it can be limited to and grouped by."""
        shared = [set(family(name).labels) for name in self.families]
        return tuple(label for label in family(self.families[0]).labels if all(label in found for found in shared))

    def samples(self, summaries: Summaries) -> int:
        """How many events the value is made of; of ratios, how many were judged."""
        summary = summaries.get(self.families[0])
        if summary is None:
            return 0
        return summary.judged if self.unit == "ratio" else summary.count

    def measure(self, summaries: Summaries, seconds: float) -> float | None:
        return self.of({name: summaries.get(name) or Summary() for name in self.families}, seconds)


_metrics: dict[str, Metric] = {}


def register_metric(metric: Metric) -> None:
    _metrics[metric.name] = metric


def find_metric(name: str) -> Metric:
    """Raises `UnknownMetric`, with near names."""
    if name in _metrics:
        return _metrics[name]
    near = difflib.get_close_matches(name, _metrics, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else "manage.py metrics --list shows all"
    raise UnknownMetric(f'there is no metric "{name[:100]}": {hint}')


def all_metrics() -> tuple[Metric, ...]:
    return tuple(_metrics.values())


# How values are computed ----------------------------------------------------------------------------------------------


def count(name: str, found: Summaries, seconds: float) -> float:
    return float(found[name].count)


def errors(name: str, found: Summaries, seconds: float) -> float:
    return float(found[name].error)


def per_minute(name: str, found: Summaries, seconds: float) -> float:
    return found[name].count * 60.0 / seconds


def success_share(name: str, found: Summaries, seconds: float) -> float | None:
    return found[name].success_rate


def error_share(name: str, found: Summaries, seconds: float) -> float | None:
    return found[name].error_rate


def share_of(name: str, whole: str, found: Summaries, seconds: float) -> float | None:
    return found[name].count / found[whole].count if found[whole].count else None


def looks_share(name: str, whole: str, found: Summaries, seconds: float) -> float | None:
    """Of two gauges: one of the other."""
    return found[name].total / found[whole].total if found[whole].total else None


def quantile(name: str, share: float, found: Summaries, seconds: float) -> float | None:
    return found[name].quantile(share)


def least(name: str, found: Summaries, seconds: float) -> float | None:
    return found[name].minimum


def greatest(name: str, found: Summaries, seconds: float) -> float | None:
    return found[name].maximum


def mean(name: str, found: Summaries, seconds: float) -> float | None:
    return found[name].mean


def total(name: str, found: Summaries, seconds: float) -> float:
    return found[name].total


def average_look(name: str, found: Summaries, seconds: float) -> float | None:
    """Of a gauge: the mean of the looks at it."""
    return found[name].total / found[name].count if found[name].count else None


def dollars(name: str, found: Summaries, seconds: float) -> float:
    return found[name].total / 1e6


def budget_burn(name: str, found: Summaries, seconds: float) -> float | None:
    """Missed executions over those the SLA allows to be missed: 1 uses the budget up exactly."""
    return found[name].error / found[name].total if found[name].total else None


# The table ------------------------------------------------------------------------------------------------------------

QUANTILES: Mapping[str, float] = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}


def _distribution(stem: str, of: str, what: str) -> list[Metric]:
    """`<stem>_min … _max _mean _p50 _p90 _p95 _p99` of one family's values."""
    unit = family(of).unit
    kinds: list[tuple[str, Callable[..., float | None], str]] = [
        ("min", least, "shortest"),
        ("max", greatest, "longest"),
        ("mean", mean, "mean"),
    ]
    simple = [
        Metric(f"{stem}_{kind}", unit, (of,), partial(act, of), f"{what}: the {word}") for kind, act, word in kinds
    ]
    shares = [
        Metric(f"{stem}_{kind}", unit, (of,), partial(quantile, of, share), f"{what}: {share:.0%} took no longer")
        for kind, share in QUANTILES.items()
    ]
    return simple + shares


def _simple(name: str, unit: str, act: Callable[[str, Summaries, float], float | None], of: str, help_: str) -> Metric:
    return Metric(name, unit, (of,), partial(act, of), help_)


def _ratio(
    name: str, unit: str, act: Callable[..., float | None], of: str, whole: str, help_: str, **options: bool
) -> Metric:
    """The first family is what its samples are counted in: the whole."""
    return Metric(name, unit, (whole, of), partial(act, of, whole), help_, **options)


_TABLE = [
    _simple("execution_count", "count", count, "executions", "executions that ended"),
    _simple("failure_count", "count", errors, "executions", "executions that failed or timed out"),
    _simple("success_rate", "ratio", success_share, "executions", "completed, of those completed, failed or timed out"),
    _simple(
        "error_rate", "ratio", error_share, "executions", "failed or timed out, of those completed, failed or timed out"
    ),
    _simple("throughput", "per minute", per_minute, "executions", "executions that ended, a minute"),
    _simple("submission_count", "count", count, "submissions", "executions that were submitted"),
    _ratio(
        "completion_ratio",
        "share",
        share_of,
        "executions",
        "submissions",
        "executions that ended for each submitted one: below 1 work piles up",
        is_open_ended=True,
    ),
    *_distribution("execution_seconds", "executions", "an execution, from its start to its end"),
    *_distribution("execution_wait_seconds", "execution_wait", "from an execution's submission to its start"),
    _simple("sla_miss_rate", "ratio", error_share, "sla", "executions outside their pipeline's SLA"),
    _simple(
        "sla_budget_burn", "times", budget_burn, "sla", "misses over those the SLA allows: 1 uses its budget up exactly"
    ),
    _simple("attempt_count", "count", count, "attempts", "attempts at tasks that ended"),
    _simple("attempt_error_rate", "ratio", error_share, "attempts", "attempts that failed, timed out or crashed"),
    _simple("attempt_throughput", "per minute", per_minute, "attempts", "attempts that ended, a minute"),
    *_distribution("task_seconds", "attempts", "an attempt, from its start to its end"),
    *_distribution("queue_seconds", "queue", "a task run waiting for a worker"),
    _simple("retry_count", "count", count, "retries", "attempts after a failed one"),
    _ratio("retry_rate", "share", share_of, "retries", "attempts", "attempts after a failed one, of all"),
    _simple(
        "failure_pattern_count",
        "count",
        count,
        "failures",
        "failed attempts; by pattern: with the same code at the same task",
    ),
    _simple("task_run_count", "count", count, "task_runs", "task runs of ended executions, by final status"),
    _simple("model_usage", "count", count, "model_calls", "attempts with a model"),
    _simple(
        "model_unavailability",
        "ratio",
        error_share,
        "model_calls",
        "attempts whose model could not be had (connection, timeout, overload, limits, keys)",
    ),
    _simple("cache_hit_rate", "ratio", success_share, "cache", "look-ups in the result cache that found something"),
    _simple("cache_miss_rate", "ratio", error_share, "cache", "look-ups in the result cache that found nothing"),
    *_distribution("review_seconds", "reviews", "a review, from its opening until its decision takes effect"),
    _simple("review_count", "count", count, "reviews", "reviews whose decision took effect, or that expired"),
    _simple("review_timeout_count", "count", errors, "reviews", "reviews that expired undecided"),
    _simple("open_reviews", "reviews", average_look, "open_reviews", "reviews that wait, by assignee: the workload"),
    _simple("overdue_reviews", "reviews", greatest, "overdue_reviews", "open reviews past their time"),
    _simple("input_tokens", "tokens", total, "input_tokens", "tokens given to models"),
    _simple("output_tokens", "tokens", total, "output_tokens", "tokens written by models"),
    _simple("cost_usd", "USD", dollars, "cost", "known cost of hosted models; unknown prices are not in it"),
    _simple("unpriced_requests", "count", errors, "cost", "attempts with a hosted model whose price is unknown"),
    _simple("queue_depth", "task runs", average_look, "queue_depth", "task runs waiting for a worker"),
    _simple(
        "queue_age_seconds", "seconds", greatest, "queue_age", "how long the oldest task run in a queue has waited"
    ),
    _simple("open_executions", "executions", average_look, "open_executions", "executions that have not ended"),
    _simple(
        "longest_running_seconds",
        "seconds",
        greatest,
        "oldest_running",
        "how long the oldest running execution has run",
    ),
    _simple("workers", "workers", least, "workers", "workers alive, at the lowest"),
    _ratio("worker_utilisation", "share", looks_share, "busy_places", "places", "busy places of all that workers have"),
    _simple("worker_cpu_cores", "cores", average_look, "worker_cpu", "processor use of a worker"),
    _simple("worker_memory_bytes", "bytes", greatest, "worker_memory", "resident memory of a worker, at the highest"),
    _simple("worker_read_bytes_per_second", "bytes", average_look, "worker_reads", "what a worker reads"),
    _simple("worker_written_bytes_per_second", "bytes", average_look, "worker_writes", "what a worker writes"),
]

for _metric in _TABLE:
    register_metric(_metric)
