"""Every strategy against a plain model: never over its bytes, never a key too many or too few, the right one leaves."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from benchmarks.cache import hit_ratios, report, traces
from orchestration.cache.policies import STRATEGIES, Policy
from orchestration.cache.policies.adaptive import Adaptive
from orchestration.cache.policies.s3_fifo import S3Fifo
from orchestration.cache.policies.w_tiny_lfu import WTinyLfu

CAPACITY = 100
KEYS = st.sampled_from([f"k{number}" for number in range(30)])
SIZES = st.integers(1, 40) | st.just(CAPACITY) | st.just(CAPACITY + 1)
TIMES = st.integers(1, 50) | st.just(float("inf"))


class Model:
    """What is here, in plain lists; `leaver` names the key that must go next, where the strategy says so."""

    def __init__(self) -> None:
        self.sizes: dict[str, int] = {}
        self.used_at: dict[str, int] = {}
        self.uses: dict[str, int] = {}
        self.expires: dict[str, tuple[float, int]] = {}
        self.now = 0

    def use(self, key: str) -> None:
        self.now += 1
        self.used_at[key] = self.now
        self.uses[key] = self.uses.get(key, 0) + 1

    def forget(self, key: str) -> None:
        for facts in (self.sizes, self.used_at, self.uses, self.expires):
            facts.pop(key, None)


LEAVER: dict[str, Callable[[Model, str], Any]] = {
    "lru": lambda model, key: model.used_at[key],
    "lfu": lambda model, key: (model.uses[key], model.used_at[key]),
    "ttl": lambda model, key: model.expires[key],
}
OTHERS: dict[str, Callable[[int], Policy]] = {"s3-fifo": S3Fifo, "w-tinylfu": WTinyLfu}


class PolicyMachine(RuleBasedStateMachine):
    name = ""

    def __init__(self) -> None:
        super().__init__()
        self.policy = {**STRATEGIES, **OTHERS}[self.name](CAPACITY)
        self.model = Model()

    @rule(key=KEYS, size=SIZES, expires=TIMES)
    def ask(self, key: str, size: int, expires: float) -> None:
        model = self.model
        assert (key in self.policy) == (key in model.sizes)
        if key in model.sizes:
            model.use(key)
            self.policy.touch(key)
            return
        here = dict(model.sizes)
        left = self.policy.admit(key, size, expires)
        assert len(left) == len(set(left)), "a key left twice"
        assert set(left) <= {*here, key}
        self._check_leavers(key, size, expires, left)

    def _check_leavers(self, key: str, size: int, expires: float, left: list[str]) -> None:
        model = self.model
        if size > CAPACITY:
            assert left == [key]
            return
        model.sizes[key] = size
        model.expires[key] = (expires, model.now)
        model.use(key)
        order = LEAVER.get(self.name)
        expected: list[str] = []
        if order is not None:
            staying = dict(model.sizes)
            while sum(staying.values()) > CAPACITY:
                # A newcomer of LFU stays: it has had no time to be used.
                candidates = [each for each in staying if each != key or self.name != "lfu"]
                gone = min(candidates, key=lambda each: order(model, each))
                expected.append(gone)
                del staying[gone]
            assert left == expected
        for gone in left:
            model.forget(gone)

    @rule(key=KEYS)
    def remove(self, key: str) -> None:
        self.policy.remove(key)
        self.model.forget(key)

    @precondition(lambda self: isinstance(self.policy, WTinyLfu))
    @rule(share=st.floats(0, 1))
    def move_the_window(self, share: float) -> None:
        if type(self.policy) is WTinyLfu:
            self.policy.set_window(share)

    @invariant()
    def it_keeps_its_bytes(self) -> None:
        assert self.policy.used == sum(self.model.sizes.values()) <= CAPACITY
        assert len(self.policy) == len(self.model.sizes)


@pytest.mark.parametrize("name", [*STRATEGIES, *OTHERS])
def test_a_strategy_is_as_its_model(name: str) -> None:
    machine = type(f"{name.title()}Machine", (PolicyMachine,), {"name": name})
    test_case = machine.TestCase  # type: ignore[attr-defined]
    test_case.settings = settings(max_examples=15, stateful_step_count=40, deadline=None)
    test_case().runTest()


def test_adaptive_moves_its_window_with_what_is_asked() -> None:
    adaptive = Adaptive(traces.CAPACITY)
    cache = hit_ratios.Ours(adaptive)
    hit_ratios.measure(traces.loop(1, length=15_000), cache)
    assert adaptive.window < 0.1
    hit_ratios.measure(traces.recency(1, length=30_000), cache)
    assert adaptive.window > 0.4


@pytest.mark.parametrize("make", [traces.loop, traces.recency, traces.zipf, traces.scan, traces.mixed])
def test_adaptive_is_at_most_three_points_behind_the_best_of_the_others(make: Callable[[int], list[str]]) -> None:
    """A part of what `make bench-cache` measures; there the traces are whole, and theine is one of the others."""
    trace = traces.first(make(7), 30_000)
    rivals = ("lru", "lfu", "S3-FIFO", "adaptive")
    found = {name: hit_ratios.measure(trace, hit_ratios.CACHES[name](1_000)) for name in rivals}
    assert found["adaptive"] >= max(found.values()) - report.WORST_GAP_POINTS / 100, found


def test_the_optimum_is_better_than_everything() -> None:
    trace = traces.first(traces.mixed(3), 20_000)
    best = hit_ratios.optimum(trace, 500)
    assert all(
        hit_ratios.measure(trace, hit_ratios.CACHES[name](500)) <= best for name in ("lru", "adaptive", "S3-FIFO")
    )
