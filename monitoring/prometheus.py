"""What Prometheus scrapes: a collector that reads the database, so that every process gives the same, complete answer.

Counters and histograms are the totals since the beginning plus the minutes not sealed yet, which only grow; gauges are
the newest look. Labels are bounded: at most `MOST_LABELLED` label sets of a family, the rest together as `(other)`.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import DatabaseError
from django.db.models import Subquery
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector, CollectorRegistry

from common.clock import database_now
from monitoring.metrics.families import LABELS, OTHER, Label
from monitoring.metrics.ranges import Piece
from monitoring.metrics.summary import Summary
from monitoring.models import Alert, LifetimeTotal, Rollup, Series, Watermark
from monitoring.selectors.metrics import Group, read_pieces, sealed_levels
from monitoring.sketch import Sketch
from monitoring.states import ACTIVE_ALERT, Level
from orchestration.models import TickerLease

PREFIX = "orchestration_"
MOST_LABELLED = 200
BOUNDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)
BOUND_NAMES = tuple(str(float(bound)) for bound in BOUNDS)
GAUGE_AGE = timedelta(minutes=3)

SERIES_COLUMNS = tuple(f"series__{label}" for label in LABELS)
FIGURES = ("count", "ok", "error", "total", "sketch")

Totals = Mapping[Group, Summary]


@dataclass(frozen=True, slots=True)
class Counter:
    """One counter of a family's totals, by some of its labels."""

    name: str
    of: str
    labels: tuple[Label, ...]
    value: Callable[[Summary], float]
    help: str


def _count(summary: Summary) -> float:
    return float(summary.count)


def _errors(summary: Summary) -> float:
    return float(summary.error)


def _total(summary: Summary) -> float:
    return summary.total


def _dollars(summary: Summary) -> float:
    return summary.total / 1e6


COUNTERS = (
    Counter("submissions", "submissions", ("pipeline",), _count, "Executions submitted."),
    Counter("attempts", "attempts", ("pipeline", "task"), _count, "Attempts at tasks that ended."),
    Counter("attempt_errors", "attempts", ("pipeline", "task"), _errors, "Attempts that failed, timed out or crashed."),
    Counter("retries", "retries", ("pipeline", "task"), _count, "Attempts after a failed one."),
    Counter("failures", "failures", ("pipeline", "detail"), _count, "Failed attempts by the error's code."),
    Counter("task_runs", "task_runs", ("pipeline", "detail"), _count, "Task runs of ended executions by final status."),
    Counter("model_calls", "model_calls", ("model",), _count, "Attempts with a model."),
    Counter("model_unavailable", "model_calls", ("model",), _errors, "Attempts whose model could not be had."),
    Counter("input_tokens", "input_tokens", ("pipeline", "model"), _total, "Tokens given to models."),
    Counter("output_tokens", "output_tokens", ("pipeline", "model"), _total, "Tokens written by models."),
    Counter("cost_usd", "cost", ("pipeline", "model"), _dollars, "Known cost of hosted models in US dollars."),
    Counter("unpriced_requests", "cost", ("pipeline", "model"), _errors, "Attempts with an unknown price."),
    Counter("sla_missed", "sla", ("pipeline",), _errors, "Executions outside their pipeline's SLA."),
)

OUTCOMES: tuple[tuple[str, Callable[[Summary], int]], ...] = (
    ("completed", lambda summary: summary.ok),
    ("failed", lambda summary: summary.error),
    ("cancelled", lambda summary: summary.count - summary.judged),
)

HISTOGRAMS = (
    ("execution_seconds", "executions", "From an execution's start to its end."),
    ("execution_wait_seconds", "execution_wait", "From an execution's submission to its start."),
    ("task_seconds", "attempts", "From an attempt's start to its end."),
    ("queue_seconds", "queue", "How long task runs waited for a worker."),
)

GAUGES = (
    ("queue_depth", "queue_depth", "queue", "Task runs waiting for a worker."),
    ("queue_age_seconds", "queue_age", "queue", "How long the oldest of them has waited."),
    ("workers", "workers", "", "Workers alive."),
    ("places", "places", "", "Task runs that workers can run at once."),
    ("busy_places", "busy_places", "", "Of these, how many do."),
    ("worker_cpu_cores", "worker_cpu", "worker", "Processor use of a worker."),
    ("worker_memory_bytes", "worker_memory", "worker", "Resident memory of a worker and its children."),
    ("worker_read_bytes_per_second", "worker_reads", "worker", "What a worker reads."),
    ("worker_written_bytes_per_second", "worker_writes", "worker", "What a worker writes."),
)


FAMILIES = {"executions", *(counter.of for counter in COUNTERS), *(of for _, of, _ in HISTOGRAMS)}


class DatabaseCollector(Collector):
    """One scrape: a handful of queries whatever happened since the last."""

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily(PREFIX + "database_up", "Whether the database answered this scrape.")
        try:
            found = list(self._read())
        except DatabaseError:
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        yield from found

    def _read(self) -> Iterator[Metric]:
        totals = _Totals()
        yield _executions(totals)
        for counter in COUNTERS:
            metric = CounterMetricFamily(PREFIX + counter.name, counter.help, labels=_named(counter.labels))
            for labels, summary in totals.by(counter.of, counter.labels).items():
                metric.add_metric(labels, counter.value(summary))
            yield metric
        for name, of, text in HISTOGRAMS:
            yield _histogram(name, text, totals.by(of, ("pipeline",), with_values=True))
        yield from _gauges()
        yield _alerts()
        yield from _own()


def _named(labels: Sequence[Label]) -> list[str]:
    """`detail` is a word of ours; what it means where Prometheus sees it is a code or a status."""
    return ["kind" if label == "detail" else label for label in labels]


class _Totals:
    """Totals of every family: sealed ones from their rows, the open minutes from theirs. A look and one query."""

    def __init__(self) -> None:
        self._rows: dict[str, list[Mapping[str, Any]]] = {}
        columns = ("family", *SERIES_COLUMNS, *FIGURES)
        rows = LifetimeTotal.objects.values(*columns)
        # One statement: a minute sealed between two would be counted twice. The look only tells the planner how little.
        if looked := sealed_levels().get(Level.MINUTE):
            sealed = Watermark.objects.filter(level=Level.MINUTE).values("sealed_until")
            minutes = Rollup.objects.filter(level=Level.MINUTE, family__in=FAMILIES, at__gte=looked)
            rows = rows.union(minutes.filter(at__gte=Subquery(sealed)).values(*columns), all=True)
        for row in rows.iterator(chunk_size=2_000):
            self._rows.setdefault(row["family"], []).append(row)

    def by(self, name: str, labels: Sequence[Label], *, with_values: bool = False) -> Totals:
        """Distributions cost most to read, so they are there only `with_values`."""
        merged: dict[Group, Summary] = {}
        for row in self._rows.get(name, ()):
            summary = Summary(row["count"], row["ok"], row["error"], row["total"])
            if with_values and row["sketch"]:
                summary.sketch = Sketch.from_bytes(row["sketch"])
            group = tuple(str(row[f"series__{label}"]) for label in labels)
            merged.setdefault(group, Summary()).merge(summary)
        return _bounded(merged, len(labels))


def _bounded(merged: dict[Group, Summary], width: int) -> Totals:
    if len(merged) <= MOST_LABELLED:
        return merged
    kept = set(heapq.nlargest(MOST_LABELLED, merged, key=lambda group: (merged[group].count, group)))
    bounded: dict[Group, Summary] = {group: merged[group] for group in kept}
    other = bounded.setdefault((OTHER,) * width, Summary())
    for group, summary in merged.items():
        if group not in kept:
            other.merge(summary)
    return bounded


def _executions(totals: _Totals) -> Metric:
    metric = CounterMetricFamily(PREFIX + "executions", "Executions that ended.", labels=["pipeline", "status"])
    for (pipeline,), summary in totals.by("executions", ("pipeline",)).items():
        for status, number in OUTCOMES:
            metric.add_metric([pipeline, status], number(summary))
    return metric


def _histogram(name: str, text: str, totals: Totals) -> Metric:
    metric = HistogramMetricFamily(PREFIX + name, text, labels=["pipeline"])
    for labels, summary in totals.items():
        sketch = summary.sketch or Sketch()
        buckets = zip(BOUND_NAMES, sketch.at_most(BOUNDS), strict=True)
        metric.add_metric(labels, [*buckets, ("+Inf", sketch.count)], summary.total)
    return metric


def _gauges() -> Iterator[Metric]:
    """The newest look: of the last minutes, the mean of the latest one's looks."""
    now = database_now()
    stretch = [Piece(Level.MINUTE, now - GAUGE_AGE, now)]
    latest: dict[str, dict[Group, Summary]] = {}
    grouped: tuple[list[Label], ...] = ([], ["detail"])
    for by in grouped:
        families = [of for _, of, label, _ in GAUGES if bool(label) == bool(by)]
        for group, of, _, summary in read_pieces(stretch, families, {}, by):
            latest.setdefault(of, {})[group] = summary  # in order of time, so the latest stays
    for name, of, label, text in GAUGES:
        metric = GaugeMetricFamily(PREFIX + name, text, labels=[label] if label else [])
        for group, summary in sorted(latest.get(of, {}).items())[:MOST_LABELLED]:
            metric.add_metric(group, summary.total / summary.count)
        yield metric


def _alerts() -> Metric:
    metric = GaugeMetricFamily(
        PREFIX + "alerts", "Alerts that fire, are acknowledged or silenced.", labels=["severity", "status"]
    )
    counts: dict[tuple[str, str], int] = {}
    rows: Iterable[tuple[str, str]] = Alert.objects.filter(status__in=ACTIVE_ALERT).values_list("severity", "status")
    for key in rows:
        counts[key] = counts.get(key, 0) + 1
    for labels, number in sorted(counts.items()):
        metric.add_metric(labels, number)
    return metric


def _own() -> Iterator[Metric]:
    """How monitoring and the ticker themselves do: what to alert on from outside."""
    now = database_now()
    sealed = sealed_levels().get(Level.MINUTE)
    if sealed:
        lag = (now - sealed).total_seconds()
        yield GaugeMetricFamily(PREFIX + "metrics_lag_seconds", "How old the newest sealed minute is.", value=lag)
    lease = TickerLease.objects.filter(name="leader").first()
    if lease:
        lag = max(0.0, (now - lease.ticked_at).total_seconds())
        yield GaugeMetricFamily(PREFIX + "ticker_lag_seconds", "Since the ticker's leader last renewed.", value=lag)
    yield GaugeMetricFamily(PREFIX + "label_sets", "Label sets that metrics are kept by.", value=Series.objects.count())


registry = CollectorRegistry(auto_describe=False)
registry.register(DatabaseCollector())
