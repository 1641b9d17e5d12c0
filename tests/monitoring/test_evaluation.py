"""What rules say of samples: waiting, hysteresis, missing data, cooldown; and that nothing flaps beyond the rule."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.evaluation import COMPARE, Move, Phase, Sample, Spec, State, Step, replay, step
from monitoring.states import NoData, NoticeKind

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def samples(*values: float | None) -> list[Sample]:
    """One a minute; None is no data."""
    return [Sample(NOON + number * MINUTE, value, 0 if value is None else 10) for number, value in enumerate(values)]


def phases(spec: Spec, *values: float | None) -> str:
    """The phase after each sample, by its first letter."""
    return "".join(stepped.state.phase[0] for stepped in replay(spec, samples(*values)))


def announcements(spec: Spec, *values: float | None) -> list[tuple[int, str]]:
    """(minute, kind) of each message."""
    steps = enumerate(replay(spec, samples(*values)))
    return [(number, str(stepped.announce)) for number, stepped in steps if stepped.announce]


def test_it_fires_at_once_without_a_waiting_time() -> None:
    assert phases(Spec(">", 5), 4, 6, 6, 4) == "offo"


def test_it_waits_for_as_long_as_the_rule_says() -> None:
    assert phases(Spec(">", 5, for_seconds=120), 6, 6, 6, 4) == "ppfo"
    assert phases(Spec(">", 5, for_seconds=120), 6, 6, 4, 6, 6) == "ppopp"


def test_it_keeps_firing_until_it_was_well_long_enough() -> None:
    assert phases(Spec(">", 5, keep_firing_seconds=120), 6, 4, 6, 4, 4, 4) == "ffffoo"


def test_between_the_two_thresholds_it_stays_as_it_is() -> None:
    assert phases(Spec(">", 5, resolve_threshold=3), 4, 6, 4, 4, 3, 4) == "offfoo"


def test_too_few_samples_are_no_data() -> None:
    few = Sample(NOON, 9, 3)
    assert step(Spec(">", 5, minimum_samples=4), State(), few).state.phase == Phase.OK
    assert step(Spec(">", 5, minimum_samples=3), State(), few).state.phase == Phase.FIRING


@pytest.mark.parametrize(("policy", "seen"), [(NoData.OK, "ofooo"), (NoData.ALERT, "offff"), (NoData.KEEP, "offfo")])
def test_no_data_means_what_the_rule_says(policy: NoData, seen: str) -> None:
    values = {
        NoData.OK: (4, 6, None, None, 4),
        NoData.ALERT: (4, 6, None, None, None),
        NoData.KEEP: (4, 6, None, None, 4),
    }
    assert phases(Spec(">", 5, no_data=policy), *values[policy]) == seen


def test_no_data_waits_as_long_as_bad_data_does() -> None:
    assert phases(Spec(">", 5, for_seconds=120, no_data=NoData.ALERT), None, None, None) == "ppf"


def test_kept_no_data_never_turns_waiting_into_firing() -> None:
    assert phases(Spec(">", 5, for_seconds=60, no_data=NoData.KEEP), 6, None, None, None) == "pppp"


def test_one_message_when_it_begins_and_one_when_it_ends() -> None:
    assert announcements(Spec(">", 5), 6, 6, 6, 4, 4) == [(0, "firing"), (3, "resolved")]


def test_in_the_cooldown_nobody_is_told_and_afterwards_they_are() -> None:
    spec = Spec(">", 5, cooldown_seconds=300)
    assert announcements(spec, 6, 4, 6, 4, 4, 6) == [(0, "firing"), (1, "resolved"), (5, "firing")]
    assert announcements(spec, 6, 4, 6, 6, 6, 6) == [(0, "firing"), (1, "resolved"), (5, "firing")]


def test_while_muted_nobody_is_told_of_either_end() -> None:
    bad, well = samples(6, 4)
    begun = step(Spec(">", 5), State(), bad, is_muted=True)
    assert begun == Step(State(Phase.FIRING, NOON, NOON), (Move(Phase.FIRING, bad),), None)
    assert step(Spec(">", 5), begun.state, well, is_muted=True).announce is None


def test_a_message_held_back_by_a_silence_goes_out_when_it_ends() -> None:
    first, second = samples(6, 6)
    begun = step(Spec(">", 5), State(), first, is_muted=True)
    assert step(Spec(">", 5), begun.state, second).announce == NoticeKind.FIRING


@pytest.mark.parametrize(
    ("operator", "fires_at"), [(">", [3]), (">=", [2, 3]), ("<", [1]), ("<=", [1, 2]), ("==", [2]), ("!=", [1, 3])]
)
def test_operators_compare_as_they_are_written(operator: str, fires_at: list[int]) -> None:
    fired = [value for value in (1, 2, 3) if phases(Spec(operator, 2), value) == "f"]
    assert fired == fires_at


SPECS = st.builds(
    Spec,
    operator=st.sampled_from(list(COMPARE)),
    threshold=st.integers(0, 5).map(float),
    for_seconds=st.sampled_from([0, 60, 180]),
    keep_firing_seconds=st.sampled_from([0, 60, 180]),
    cooldown_seconds=st.sampled_from([0, 120, 600]),
    no_data=st.sampled_from(list(NoData)),
)
HISTORIES = st.lists(st.none() | st.integers(0, 5).map(float), max_size=60)


def decisive(stepped: Step) -> Step:
    """Without what nothing depends on in a replay."""
    return replace(stepped, state=replace(stepped.state, bad_at=None))


def one_by_one(spec: Spec, taken: list[Sample]) -> Iterator[Step]:
    state = State()
    for sample in taken:
        stepped = step(spec, state, sample)
        state = stepped.state
        yield stepped


@given(SPECS, HISTORIES)
def test_a_replay_is_one_step_after_the_other(spec: Spec, history: list[float | None]) -> None:
    found, wanted = (map(decisive, steps(spec, samples(*history))) for steps in (replay, one_by_one))
    assert list(found) == list(wanted)


def is_bad(spec: Spec, sample: Sample) -> bool:
    if sample.value is None:
        return spec.no_data == NoData.ALERT
    return COMPARE[spec.operator](sample.value, spec.threshold)


@given(SPECS, HISTORIES)
def test_it_never_fires_before_it_was_bad_for_the_whole_waiting_time(spec: Spec, history: list[float | None]) -> None:
    taken = samples(*history)
    for number, stepped in enumerate(replay(spec, taken)):
        if any(move.phase == Phase.FIRING for move in stepped.moves):
            since = stepped.state.since
            assert since is not None
            assert taken[number].at - since >= timedelta(seconds=spec.for_seconds)
            during = [sample for sample in taken[: number + 1] if sample.at >= since]
            assert all(is_bad(spec, sample) for sample in during if sample.value is not None or spec.no_data != "keep")


@given(SPECS, HISTORIES)
def test_it_never_ends_before_it_was_well_for_the_whole_time(spec: Spec, history: list[float | None]) -> None:
    taken, before = samples(*history), State()
    for number, stepped in enumerate(one_by_one(spec, taken)):
        if before.phase == Phase.FIRING and stepped.state.phase == Phase.OK:
            assert before.bad_at is not None
            last = [sample for sample in taken[: number + 1] if sample.at > before.bad_at]
            assert taken[number].at - before.bad_at >= timedelta(seconds=spec.keep_firing_seconds)
            assert not any(is_bad(spec, sample) for sample in last)
        before = stepped.state


@given(SPECS, HISTORIES)
def test_messages_of_beginnings_are_a_cooldown_apart_and_each_end_follows_one(
    spec: Spec, history: list[float | None]
) -> None:
    told = [(s.at, t.announce) for s, t in zip(samples(*history), replay(spec, samples(*history)), strict=True)]
    kinds = [kind for _, kind in told if kind]
    begun = [at for at, kind in told if kind == NoticeKind.FIRING]
    assert all(later - sooner >= timedelta(seconds=spec.cooldown_seconds) for sooner, later in pairwise(begun))
    assert kinds == ([NoticeKind.FIRING, NoticeKind.RESOLVED] * len(kinds))[: len(kinds)]
