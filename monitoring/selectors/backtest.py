"""How a rule would have behaved on the past: the same evaluation as live, on stored minutes. Writes nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import quantiles

from common.clock import database_now
from monitoring.evaluation import Phase, Sample, Spec, replay
from monitoring.exceptions import InvalidRange
from monitoring.models import AlertRule
from monitoring.selectors.measuring import Watch, replay_samples, spec_of
from monitoring.selectors.metrics import period
from monitoring.services.retention import kept_since
from monitoring.services.rules import check_rule, find_pipeline
from monitoring.states import Level, NoticeKind

MOST_DAYS = 31


@dataclass(frozen=True, slots=True)
class Incident:
    """A time it would have fired; `ended_at` is None when it still would at the end."""

    labels: Mapping[str, str]
    started_at: datetime
    fired_at: datetime
    ended_at: datetime | None
    worst_value: float | None
    was_announced: bool

    def seconds(self, end: datetime) -> float:
        return ((self.ended_at or end) - self.fired_at).total_seconds()


@dataclass(frozen=True, slots=True)
class GroupHistory:
    """One group: what was measured each minute, and what came of it."""

    labels: Mapping[str, str]
    samples: Sequence[Sample]
    incidents: Sequence[Incident]
    messages: int
    """To each channel: beginnings and ends, after the cooldown."""


@dataclass(frozen=True, slots=True)
class Backtest:
    """`groups` in order of their labels."""

    start: datetime
    end: datetime
    groups: Sequence[GroupHistory] = field(default_factory=list)

    @property
    def incidents(self) -> list[Incident]:
        return sorted((one for group in self.groups for one in group.incidents), key=lambda one: one.fired_at)

    @property
    def messages(self) -> int:
        return sum(group.messages for group in self.groups)

    @property
    def firing_seconds(self) -> float:
        return sum(one.seconds(self.end) for one in self.incidents)

    @property
    def value_percentiles(self) -> dict[str, float]:
        """What was measured, to choose a threshold by: p50 p90 p95 p99 and max over all minutes and groups."""
        values = sorted(one.value for group in self.groups for one in group.samples if one.value is not None)
        if len(values) < 2:
            return {}
        cuts = quantiles(values, n=100, method="inclusive")
        return {"p50": cuts[49], "p90": cuts[89], "p95": cuts[94], "p99": cuts[98], "max": values[-1]}


def backtest(rule: AlertRule, start: datetime, end: datetime) -> Backtest:
    """Replay a rule, saved or not, minute by minute, over what is kept of a time and until now at most.

    Raises `InvalidRule`, `InvalidRange`, `PipelineNotFound`.
    Silences and acknowledgements are left out: it shows what people would be told if they did nothing.
    """
    check_rule(rule, find_pipeline(rule.pipeline_id))
    start, end = _kept(start, end)
    watch, spec = Watch.of(rule), spec_of(rule)
    samples = replay_samples(watch, start, end)
    return Backtest(start, end, [_history(spec, watch.labels_of(group), found) for group, found in samples.items()])


def _kept(start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """What minutes tell of: no data in a time to come, or one that was thrown away, is no reason for an alert."""
    now = database_now()
    start, end = period(start, end)
    if start >= now:
        raise InvalidRange(f"the start is in the future; it is {now:%Y-%m-%d %H:%M} (UTC)")
    end = min(end, now)
    if end - start > timedelta(days=MOST_DAYS):
        raise InvalidRange(f"at most {MOST_DAYS} days at once")
    kept = kept_since(Level.MINUTE, now)
    if end <= kept:
        raise InvalidRange(f"minutes are kept since {kept:%Y-%m-%d %H:%M} (METRICS_RETENTION_DAYS)")
    return max(start, kept), end


def _history(spec: Spec, labels: Mapping[str, str], samples: Sequence[Sample]) -> GroupHistory:
    incidents, messages = _incidents(spec, labels, samples)
    return GroupHistory(labels, samples, incidents, messages)


@dataclass
class _Open:
    started_at: datetime
    fired_at: datetime
    worst: float | None = None
    was_announced: bool = False


def _incidents(spec: Spec, labels: Mapping[str, str], samples: Iterable[Sample]) -> tuple[list[Incident], int]:
    found: list[Incident] = []
    messages, current = 0, None
    least = spec.operator in ("<", "<=")
    for sample, stepped in zip(samples, replay(spec, samples), strict=True):
        if current is None and not stepped.moves:
            continue
        phases = {move.phase for move in stepped.moves}
        if Phase.FIRING in phases:
            current = _Open(stepped.state.since or sample.at, sample.at)
        messages += stepped.announce is not None
        if current is None:
            continue
        current.was_announced = current.was_announced or stepped.announce == NoticeKind.FIRING
        if Phase.RESOLVED in phases:
            found.append(_closed(labels, current, sample.at))
            current = None
        elif sample.value is not None:
            choose = min if least else max
            current.worst = sample.value if current.worst is None else choose(current.worst, sample.value)
    if current is not None:
        found.append(_closed(labels, current, None))
    return found, messages


def _closed(labels: Mapping[str, str], current: _Open, ended_at: datetime | None) -> Incident:
    return Incident(labels, current.started_at, current.fired_at, ended_at, current.worst, current.was_announced)
