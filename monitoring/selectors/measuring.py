"""What alert rules see: the samples of each of their groups at a moment, or at every minute of a stretch of time.

The rules of one evaluation share what they read: one query for each family and window.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from monitoring.evaluation import Sample, Spec
from monitoring.exceptions import InvalidRange
from monitoring.metrics.catalogue import Metric, find_metric
from monitoring.metrics.families import Label, Labels, family
from monitoring.metrics.ranges import Piece, floor, pieces
from monitoring.metrics.summary import Summary
from monitoring.models import AlertRule
from monitoring.selectors.metrics import Group, read_pieces, sealed_levels
from monitoring.sketch import Sketch
from monitoring.states import GroupBy, Level

Found = dict[str, Summary]
Minutes = dict[str, dict[int, Summary]]
"""Family → number of the minute → what was measured in it."""

MOST_FIGURES = 500_000
"""Minutes with figures that are held at once, of all groups: some 200 MB."""
MOST_SAMPLES = 5_000_000
"""Minutes of all groups that are replayed at once: a few seconds."""


@dataclass(frozen=True, slots=True)
class Watch:
    """The part of a rule that measures, without the database."""

    metric: Metric
    window: timedelta
    scope: Mapping[str, str]
    by: tuple[Label, ...]

    @classmethod
    def of(cls, rule: AlertRule) -> "Watch":
        """Raises `UnknownMetric`."""
        by: tuple[Label, ...] = GroupBy(rule.group_by).labels  # type: ignore[assignment]  # words of the same table
        return cls(find_metric(rule.metric_name), timedelta(seconds=rule.window_seconds), rule.scope, by)

    def sample(self, at: datetime, found: Found, seconds: float) -> Sample:
        return Sample(at, self.metric.measure(found, seconds), self.metric.samples(found))

    def group_of(self, name: str, labels: Labels) -> Group | None:
        """Which group a label set counts in; None when the rule does not look at it."""
        if any(getattr(labels, label) != value for label, value in self.scope.items()):
            return None
        if family(name).is_gauge and not self._fits_gauge(name, labels):
            return None
        return tuple(getattr(labels, label) for label in self.by)

    def _fits_gauge(self, name: str, labels: Labels) -> bool:
        """Of a gauge the row of everything together, unless its label is given or grouped by."""
        for label in family(name).labels:
            is_named = bool(getattr(labels, label))
            if is_named != (label in self.by or label in self.scope):
                return False
        return True

    def narrowed(self, group: Group) -> "Watch":
        """The same of one group alone."""
        return replace(self, scope=self.labels_of(group))

    def labels_of(self, group: Group) -> dict[str, str]:
        """What the group is, for people and for messages."""
        return {**self.scope, **dict(zip(self.by, group, strict=True))}


def spec_of(rule: AlertRule) -> Spec:
    """The part of a rule that decides."""
    return Spec(
        operator=rule.operator,
        threshold=rule.threshold,
        resolve_threshold=rule.resolve_threshold,
        for_seconds=rule.for_seconds,
        keep_firing_seconds=rule.keep_firing_seconds,
        cooldown_seconds=rule.cooldown_seconds,
        minimum_samples=rule.minimum_samples,
        no_data=rule.no_data,
    )


@dataclass
class Measurements:
    """What is measured at one moment: the last whole minutes of each window, and the minute that runs."""

    now: datetime
    _read: dict[tuple[str, timedelta], dict[Labels, Summary]] = field(default_factory=dict)
    _sealed: dict[Level, datetime | None] | None = None

    def samples(self, watch: Watch) -> dict[Group, Sample]:
        """Group → sample, of the groups that have anything in the window; ungrouped always one."""
        groups: dict[Group, Found] = {} if watch.by else {(): {}}
        for name in watch.metric.families:
            for labels, summary in self._window(name, watch.window).items():
                group = watch.group_of(name, labels)
                if group is not None:
                    groups.setdefault(group, {}).setdefault(name, Summary()).merge(summary)
        return {group: watch.sample(self.now, found, self._seconds(watch.window)) for group, found in groups.items()}

    def empty(self, watch: Watch) -> Sample:
        """Of a group with nothing in the window."""
        return watch.sample(self.now, {}, self._seconds(watch.window))

    def _start(self, window: timedelta) -> datetime:
        return floor(self.now, Level.MINUTE) - window

    def _seconds(self, window: timedelta) -> float:
        return max((self.now - self._start(window)).total_seconds(), 1.0)

    def _window(self, name: str, window: timedelta) -> dict[Labels, Summary]:
        key = (name, window)
        if key not in self._read:
            if self._sealed is None:
                self._sealed = sealed_levels()
            found: dict[Labels, Summary] = {}
            for labels, _, summary in _rows(name, pieces(self._start(window), self.now, self._sealed)):
                found.setdefault(labels, Summary()).merge(summary)
            self._read[key] = found
        return self._read[key]


def replay_samples(watch: Watch, start: datetime, end: datetime) -> dict[Group, Iterator[Sample]]:
    """Group → the sample at the end of each minute from `start` to `end`, as live evaluation would have seen it.

    Raises `InvalidRange` where that is more than can be held or replayed at once.
    """
    first, minute = floor(start, Level.MINUTE), timedelta(minutes=1)
    ends = [min(first + (number + 1) * minute, end) for number in range(-(-(end - first) // minute))]
    minutes = _read_minutes(watch, first - watch.window, end, most_groups=MOST_SAMPLES // max(len(ends), 1))
    return {group: _slide(watch, found, ends) for group, found in sorted(minutes.items())}


def _read_minutes(watch: Watch, begin: datetime, end: datetime, most_groups: int) -> dict[Group, Minutes]:
    """What was measured of each group, minutes counted from `begin`."""
    minutes: dict[Group, Minutes] = {} if watch.by else {(): {}}
    held = 0
    for name in watch.metric.families:
        for labels, at, summary in _rows(name, [Piece(Level.MINUTE, begin, end)], watch.scope):
            group = watch.group_of(name, labels)
            if group is None:
                continue
            found = minutes.setdefault(group, {}).setdefault(name, {})
            number = (at - begin) // timedelta(minutes=1)
            held += number not in found
            if held > MOST_FIGURES or len(minutes) > max(most_groups, 1):
                raise InvalidRange(
                    f"too much was measured in this time to replay it at once (at least {len(minutes)} groups); "
                    "take a shorter one, or limit the rule to a pipeline, a task or a model"
                )
            found.setdefault(number, Summary()).merge(summary)
    return minutes


def _slide(watch: Watch, minutes: Minutes, ends: Sequence[datetime]) -> Iterator[Sample]:
    """A window that moves minute by minute: what enters is added, what leaves is taken away.

    Minutes are counted from one window before the first. While nothing enters or leaves, which is most of the time,
    what was measured last still holds.
    """
    windows = {name: _Window() for name in watch.metric.families}
    length, seconds = watch.window // timedelta(minutes=1), watch.window.total_seconds()
    entries = {number for entering in minutes.values() for number in entering}
    changing = entries | {number + length for number in entries}
    last = watch.sample(ends[0], {name: window.summary() for name, window in windows.items()}, seconds)
    for number in range(length + len(ends)):
        if number in changing:
            for name, window in windows.items():
                window.move(number, minutes.get(name, {}).get(number), number - length)
            summaries = {name: window.summary() for name, window in windows.items()}
            last = watch.sample(ends[0], summaries, seconds)
        if number >= length:
            yield Sample(ends[number - length], last.value, last.samples)


class _Window:
    """Sums of the minutes inside it; extremes are looked up, since they cannot be taken away again."""

    def __init__(self) -> None:
        self._inside: deque[tuple[int, Summary]] = deque()
        self._sums = Summary(sketch=Sketch())

    def move(self, number: int, entering: Summary | None, left: int) -> None:
        """Take in the minute of this number; give up those up to `left`."""
        if entering is not None:
            self._inside.append((number, entering))
            self._count(entering, 1)
        while self._inside and self._inside[0][0] <= left:
            self._count(self._inside.popleft()[1], -1)

    def summary(self) -> Summary:
        """For reading only: the sketch is the window's own."""
        sums, kept = self._sums, [summary for _, summary in self._inside]
        return Summary(
            count=sums.count,
            ok=sums.ok,
            error=sums.error,
            total=sums.total if kept else 0.0,
            minimum=min((one.minimum for one in kept if one.minimum is not None), default=None),
            maximum=max((one.maximum for one in kept if one.maximum is not None), default=None),
            sketch=sums.sketch,
        )

    def _count(self, summary: Summary, times: int) -> None:
        sums = self._sums
        sums.count += times * summary.count
        sums.ok += times * summary.ok
        sums.error += times * summary.error
        sums.total += times * summary.total
        if summary.sketch is not None and sums.sketch is not None:
            sums.sketch.merge(summary.sketch, times)


def _rows(
    name: str, stretch: "Iterator[Piece] | list[Piece]", scope: Mapping[str, str] | None = None
) -> Iterator[tuple[Labels, datetime, Summary]]:
    kept = family(name).labels
    for group, _, at, summary in read_pieces(stretch, [name], scope or {}, kept, with_totals=True):
        yield Labels(**dict(zip(kept, group, strict=True))), at, summary
