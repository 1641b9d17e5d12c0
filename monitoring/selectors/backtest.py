"""How a rule would have behaved on the past: the same evaluation as live, on stored minutes. Writes nothing."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate, groupby, tee
from operator import attrgetter

from common.clock import database_now
from monitoring.evaluation import Phase, Sample, Spec, Step, replay
from monitoring.exceptions import InvalidRange
from monitoring.metrics.catalogue import QUANTILES
from monitoring.models import AlertRule
from monitoring.selectors.measuring import Watch, replay_samples, spec_of
from monitoring.selectors.metrics import period
from monitoring.services.retention import kept_since
from monitoring.services.rules import check_rule, find_pipeline
from monitoring.states import Level, NoticeKind, Operator

MOST_DAYS = 31
LOW = (Operator.BELOW, Operator.AT_MOST)
"""Where less is worse."""


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
    """One group: what came of it. What was measured of it each minute is `samples_of`."""

    labels: Mapping[str, str]
    incidents: Sequence[Incident]
    messages: int
    """To each channel: beginnings and ends, after the cooldown."""
    worst_value: float | None = None
    """What came closest to the threshold, or went furthest beyond it."""


@dataclass(slots=True)
class Measured:
    """How often which value was measured, to four figures: a month of many groups would not fit. Extremes are exact."""

    counts: Counter[float] = field(default_factory=Counter)
    extremes: tuple[float, ...] = ()
    """The least and the most, once there is a value."""

    def add(self, value: float, number: int) -> None:
        self.counts[float(f"{value:.4g}")] += number
        self._stretch(value)

    def merge(self, other: "Measured") -> None:
        """Become what both measured together."""
        self.counts.update(other.counts)
        self._stretch(*other.extremes)

    def _stretch(self, *values: float) -> None:
        if known := (*self.extremes, *values):
            self.extremes = (min(known), max(known))

    @property
    def least(self) -> float | None:
        return self.extremes[0] if self.extremes else None

    @property
    def most(self) -> float | None:
        return self.extremes[1] if self.extremes else None

    def quantile(self, share: float) -> float | None:
        """The value that `share` (0…1) of the values do not exceed, by nearest rank; None without values."""
        values = sorted(self.counts)
        ranks = list(accumulate(self.counts[value] for value in values))
        return values[bisect_left(ranks, share * ranks[-1])] if ranks else None


@dataclass(frozen=True, slots=True)
class Backtest:
    """`groups` in order of their labels."""

    start: datetime
    end: datetime
    groups: Sequence[GroupHistory] = field(default_factory=list)
    values: Measured = field(default_factory=Measured)
    """All that was measured, of all minutes and groups."""

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
        """What was measured, to choose a threshold by: p50 p90 p95 p99 and max."""
        shares = {kind: self.values.quantile(share) for kind, share in QUANTILES.items()}
        return {kind: value for kind, value in {**shares, "max": self.values.most}.items() if value is not None}


def backtest(rule: AlertRule, start: datetime, end: datetime) -> Backtest:
    """Replay a rule, saved or not, minute by minute, over what is kept of a time and until now at most.

    Raises `InvalidRule`, `InvalidRange`, `PipelineNotFound`.
    Silences and acknowledgements are left out: it shows what people would be told if they did nothing.
    """
    check_rule(rule, find_pipeline(rule.pipeline_id))
    start, end = _kept(start, end)
    watch, spec, values = Watch.of(rule), spec_of(rule), Measured()
    replayed = replay_samples(watch, start, end)
    groups = [_history(spec, watch.labels_of(group), found, values) for group, found in replayed.items()]
    return Backtest(start, end, groups, values)


def samples_of(rule: AlertRule, labels: Mapping[str, str], start: datetime, end: datetime) -> list[Sample]:
    """What a rule measured of the group with these labels, minute by minute: for charts. Raises `InvalidRange`."""
    watch = Watch.of(rule)
    group = tuple(labels.get(label, "") for label in watch.by)
    return list(replay_samples(watch.narrowed(group), start, end).get(group, ()))


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


@dataclass
class _Open:
    started_at: datetime
    fired_at: datetime
    worst: float | None = None
    was_announced: bool = False


def _history(spec: Spec, labels: Mapping[str, str], samples: Iterable[Sample], values: Measured) -> GroupHistory:
    """Each sample is looked at once and forgotten: a month of many groups would not fit."""
    measured = Measured()
    seen, replayed = tee(_counted(samples, measured))
    incidents, messages = _incidents(spec, labels, zip(seen, replay(spec, replayed), strict=True))
    values.merge(measured)
    return GroupHistory(labels, incidents, messages, measured.least if spec.operator in LOW else measured.most)


def _counted(samples: Iterable[Sample], measured: Measured) -> Iterator[Sample]:
    """The same samples; a stretch of one value, which is most of the time, is counted at once."""
    for value, stretch in groupby(samples, key=attrgetter("value")):
        number = 0
        for sample in stretch:
            number += 1
            yield sample
        if value is not None:
            measured.add(value, number)


def _incidents(
    spec: Spec, labels: Mapping[str, str], steps: Iterable[tuple[Sample, Step]]
) -> tuple[list[Incident], int]:
    found: list[Incident] = []
    messages, current = 0, None
    least = spec.operator in LOW
    for sample, stepped in steps:
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
