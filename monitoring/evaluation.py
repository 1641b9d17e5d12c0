"""What a rule says of a series of samples: the one mechanism behind live alerts and back-tests. Pure.

`step` takes how things stand, one sample, and says how they stand then, which moves that made, and whether people are
to be told. Prometheus' words are kept: `for` (it must be so that long before it fires), `keep_firing_for` (it must be
well that long before it is over). Silences and acknowledgements belong to people and are laid over it by the caller.
"""

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from monitoring.states import NoData, NoticeKind, Operator

COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    Operator.ABOVE: operator.gt,
    Operator.AT_LEAST: operator.ge,
    Operator.BELOW: operator.lt,
    Operator.AT_MOST: operator.le,
    Operator.EQUAL: operator.eq,
    Operator.UNEQUAL: operator.ne,
}


class Phase(StrEnum):
    """Where the evaluation stands."""

    OK = "ok"
    PENDING = "pending"
    FIRING = "firing"
    RESOLVED = "resolved"
    """Only as a move: what follows it is `ok`."""


@dataclass(frozen=True, slots=True)
class Spec:
    """The part of a rule that decides. Times in seconds."""

    operator: str
    threshold: float
    resolve_threshold: float | None = None
    for_seconds: float = 0
    keep_firing_seconds: float = 0
    cooldown_seconds: float = 0
    minimum_samples: int = 0
    no_data: str = NoData.OK


@dataclass(frozen=True, slots=True)
class Sample:
    """A measurement: `value` is None when there was nothing to measure, `samples` how many events it is made of."""

    at: datetime
    value: float | None
    samples: int = 0


@dataclass(frozen=True, slots=True)
class State:
    """`since` is the first sign, `bad_at` when it was last not well; both None while all is well."""

    phase: Phase = Phase.OK
    since: datetime | None = None
    bad_at: datetime | None = None
    is_announced: bool = False
    """Whether people were told of this incident."""
    announced_at: datetime | None = None
    """When they were last told that it fires, of this incident or an earlier one."""


@dataclass(frozen=True, slots=True)
class Move:
    """A change of phase, with the sample that made it."""

    phase: Phase
    sample: Sample


@dataclass(frozen=True, slots=True)
class Step:
    """What one sample led to."""

    state: State
    moves: tuple[Move, ...] = ()
    announce: NoticeKind | None = None


def step(spec: Spec, state: State, sample: Sample, *, is_muted: bool = False) -> Step:
    """Take one sample into account. While muted nobody is told, of the beginning or of the end."""
    stepped = _PHASES[state.phase](spec, state, _judge(spec, state, sample), sample)
    return _announced(spec, state, stepped, sample.at, is_muted)


def replay(spec: Spec, samples: Iterable[Sample]) -> Iterator[Step]:
    """Every step over samples in order of time, from a state in which all is well.

    `bad_at` of a state may be that of an earlier sample where nothing depends on it.
    """
    state = State()
    calm: Step | None = None
    before: tuple[float | None, int] | None = None
    for sample in samples:
        measured = (sample.value, sample.samples)
        if calm is None or measured != before:
            stepped = step(spec, state, sample)
            calm = stepped if _holds(spec, state, stepped) else None
            state, before = stepped.state, measured
        else:
            stepped = calm
        yield stepped


def _holds(spec: Spec, state: State, stepped: Step) -> bool:
    """Whether the same measurement would lead to the same once more, however late: then it need not be judged again."""
    if state.phase == Phase.FIRING:
        return stepped.state.phase == Phase.FIRING and state.is_announced and not spec.keep_firing_seconds
    return state.phase == Phase.OK and stepped.state is state


class _Verdict(StrEnum):
    BAD = "bad"
    WELL = "well"
    UNKNOWN = "unknown"


def _judge(spec: Spec, state: State, sample: Sample) -> _Verdict:
    """Bad or well; between threshold and resolve threshold, what it was before."""
    if sample.value is None or sample.samples < spec.minimum_samples:
        known = {NoData.OK: _Verdict.WELL, NoData.ALERT: _Verdict.BAD, NoData.KEEP: _Verdict.UNKNOWN}
        return known[NoData(spec.no_data)]
    compare = COMPARE[spec.operator]
    limit = spec.threshold
    if state.phase == Phase.FIRING and spec.resolve_threshold is not None:
        limit = spec.resolve_threshold
    return _Verdict.BAD if compare(sample.value, limit) else _Verdict.WELL


def _while_ok(spec: Spec, state: State, verdict: _Verdict, sample: Sample) -> Step:
    if verdict != _Verdict.BAD:
        return Step(state)
    pending = replace(state, phase=Phase.PENDING, since=sample.at, bad_at=sample.at, is_announced=False)
    if spec.for_seconds > 0:
        return Step(pending, (Move(Phase.PENDING, sample),))
    return Step(replace(pending, phase=Phase.FIRING), (Move(Phase.FIRING, sample),))


def _while_pending(spec: Spec, state: State, verdict: _Verdict, sample: Sample) -> Step:
    if verdict == _Verdict.UNKNOWN:
        return Step(state)
    if verdict == _Verdict.WELL:
        return Step(_over(state), (Move(Phase.RESOLVED, sample),))
    bad = replace(state, bad_at=sample.at)
    if state.since is not None and sample.at - state.since < timedelta(seconds=spec.for_seconds):
        return Step(bad)
    return Step(replace(bad, phase=Phase.FIRING), (Move(Phase.FIRING, sample),))


def _while_firing(spec: Spec, state: State, verdict: _Verdict, sample: Sample) -> Step:
    if verdict == _Verdict.UNKNOWN:
        return Step(state)
    if verdict == _Verdict.BAD:
        return Step(replace(state, bad_at=sample.at))
    if state.bad_at is not None and sample.at - state.bad_at < timedelta(seconds=spec.keep_firing_seconds):
        return Step(state)
    return Step(_over(state), (Move(Phase.RESOLVED, sample),))


_PHASES: Mapping[Phase, Callable[[Spec, State, _Verdict, Sample], Step]] = {
    Phase.OK: _while_ok,
    Phase.PENDING: _while_pending,
    Phase.FIRING: _while_firing,
}


def _over(state: State) -> State:
    return State(announced_at=state.announced_at)


def _announced(spec: Spec, before: State, stepped: Step, at: datetime, is_muted: bool) -> Step:
    """One message when it fires (held back while muted or in the cooldown), one when that is over."""
    state = stepped.state
    if state.phase == Phase.FIRING and not state.is_announced and not is_muted and not _is_cooling(spec, state, at):
        told = replace(state, is_announced=True, announced_at=at)
        return replace(stepped, state=told, announce=NoticeKind.FIRING)
    if before.phase == Phase.FIRING and state.phase == Phase.OK and before.is_announced and not is_muted:
        return replace(stepped, announce=NoticeKind.RESOLVED)
    return stepped


def _is_cooling(spec: Spec, state: State, at: datetime) -> bool:
    last = state.announced_at
    return last is not None and at - last < timedelta(seconds=spec.cooldown_seconds)
