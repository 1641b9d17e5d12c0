"""The share of requests that each strategy finds again, beside others and the optimum nobody can reach."""

from collections.abc import Callable, Mapping
from heapq import heappop, heappush
from typing import Any, Protocol

from benchmarks.cache.traces import CAPACITY, TRACES, Trace
from orchestration.cache.policies import STRATEGIES, Policy
from orchestration.cache.policies.s3_fifo import S3Fifo
from orchestration.cache.policies.w_tiny_lfu import WTinyLfu

Ratios = dict[str, dict[str, float]]
"""Trace → strategy → hits per request."""


class Cache(Protocol):
    def asks(self, key: str) -> bool:
        """Whether the key is there; afterwards it is, as far as the strategy keeps it."""


class Ours:
    """Entries of one byte, so that the capacity is a number of entries, as the others have it."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def asks(self, key: str) -> bool:
        if key in self._policy:
            self._policy.touch(key)
            return True
        self._policy.admit(key, 1)
        return False


class Theine:
    """theine 2, a W-TinyLFU in Rust, where it is installed (requirements-bench.txt)."""

    def __init__(self, capacity: int) -> None:
        from theine import Cache as TheineCache

        self._cache: Any = TheineCache(capacity)

    def asks(self, key: str) -> bool:
        if self._cache.get(key)[1]:
            return True
        self._cache.set(key, key)
        return False


STRATEGY_ORDER = ("lru", "lfu", "ttl", "adaptive")
CACHES: Mapping[str, Callable[[int], Cache]] = {
    **{name: lambda capacity, name=name: Ours(STRATEGIES[name](capacity)) for name in STRATEGY_ORDER},  # type: ignore[misc]
    "S3-FIFO": lambda capacity: Ours(S3Fifo(capacity)),
    "W-TinyLFU": lambda capacity: Ours(WTinyLfu(capacity)),
    "theine": Theine,
}
RIVALS = ("lru", "lfu", "S3-FIFO", "theine")
OPTIMUM = "optimum"


def measure(trace: Trace, cache: Cache) -> float:
    return sum(map(cache.asks, trace)) / len(trace)


def optimum(trace: Trace, capacity: int) -> float:
    """Belady's: what is needed again last leaves first (IBM Systems Journal 5(2), 1966); newcomers may be refused."""
    following: list[int] = [0] * len(trace)
    later: dict[str, int] = {}
    for at in range(len(trace) - 1, -1, -1):
        following[at] = later.get(trace[at], len(trace))
        later[trace[at]] = at
    here: dict[str, int] = {}
    heap: list[tuple[int, str]] = []
    hits = 0
    for at, key in enumerate(trace):
        hits += key in here
        here[key] = following[at]
        heappush(heap, (-following[at], key))
        while len(here) > capacity:
            due, gone = heappop(heap)
            if here.get(gone) == -due:
                del here[gone]
    return hits / len(trace)


def measure_all(seed: int, *, names: Mapping[str, Callable[[int], Cache]] = CACHES) -> Ratios:
    found: Ratios = {}
    for title, make in TRACES.items():
        trace = make(seed)
        found[title] = {name: measure(trace, cache(CAPACITY)) for name, cache in names.items()}
        found[title][OPTIMUM] = optimum(trace, CAPACITY)
    return found


def worst_gap(ratios: Ratios, name: str = "adaptive") -> float:
    """By how many points a strategy falls behind the best of its rivals, on the trace where it is worst."""
    gaps = [max(row[rival] for rival in RIVALS if rival in row) - row[name] for row in ratios.values()]
    return 100 * max(gaps)
