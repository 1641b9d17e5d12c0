"""Several processes on one store, compared with a plain dictionary: time, eviction, lost connections, races.

News takes a moment over Redis, so what a process finds is asked again for a second before it counts as wrong. What is
found must be what the last writer wrote, or nothing when memory and store have let go of it: never anything else.
"""

import os
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from django.db import connection
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from orchestration.cache.invalidation import RedisTracking, TableChanges
from orchestration.cache.policies import STRATEGIES
from orchestration.cache.tiers.memory import Memory
from orchestration.cache.tiers.redis_store import RedisStore
from orchestration.cache.tiers.table_store import TableStore
from orchestration.cache.two_levels import Rules, TwoLevels
from orchestration.models import CacheEntry, CacheTag
from tests.cache.levels import ABSENT, Clock, value_in
from tests.services import RedisServer, wait_until

# HYPOTHESIS_TIMES=50 looks fifty times as long.
LONGER = int(os.environ.get("HYPOTHESIS_TIMES", "1"))
PROCESSES = 3
KEYS = st.sampled_from(["a", "b", "c", "d", "e", "f"])
TAGS = st.sets(st.sampled_from(["x", "y", "z"]), max_size=2)
WHO = st.integers(0, PROCESSES - 1)
# Real time does not pass, so that only the clock of the test lets entries expire.
TIMES = st.sampled_from([1_000.0, 5_000.0, None])
FOUR_ENTRIES = 4 * 620


@dataclass
class Kept:
    value: object
    expires_at: float
    tags: frozenset[str]


class LevelsMachine(RuleBasedStateMachine):
    redis: RedisServer | None = None
    strategy = ""

    @initialize(codec=st.sampled_from(["json", "gzip", "zstd"]))
    def begin(self, codec: str) -> None:
        self.clock = Clock()
        self.model: dict[str, Kept] = {}
        self.written = 0
        self.prefix = f"machine:{uuid.uuid4().hex}:"
        rules = Rules(codec=codec, threshold=1)
        self.processes = [self._make(Memory(self.strategy, FOUR_ENTRIES), rules) for _ in range(PROCESSES)]

    def _make(self, memory: Memory, rules: Rules) -> TwoLevels:
        if self.redis is None:
            table = TableStore()
            return TwoLevels(table, memory, TableChanges(table, memory), rules, self.clock)
        store = RedisStore(self.redis.url(), self.prefix)
        tracking = RedisTracking(store.url, store.prefix, memory)
        assert wait_until(tracking.is_current)
        return TwoLevels(store, memory, tracking, rules, self.clock)

    def teardown(self) -> None:
        for levels in getattr(self, "processes", ()):
            levels.coherence.close()
        if self.redis is None:
            CacheEntry.objects.all().delete()
            CacheTag.objects.all().delete()

    def expected(self, key: str) -> object:
        kept = self.model.get(key)
        return kept.value if kept and self.clock() < kept.expires_at else ABSENT

    def agrees(self, who: int, key: str) -> bool:
        expected = self.expected(key)
        return wait_until(lambda: value_in(self.processes[who], key) == expected, 10, interval=0.0005)

    def _keep(self, key: str, value: object, ttl: float | None, tags: set[str]) -> None:
        expires = float("inf") if ttl is None else self.clock() + ttl
        self.model[key] = Kept(value, expires, frozenset(tags))

    @rule(who=WHO, key=KEYS, ttl=TIMES, tags=TAGS)
    def write(self, who: int, key: str, ttl: float | None, tags: set[str]) -> None:
        self.written += 1
        value = [self.written, "x" * (self.written % 40)]
        assert self.processes[who].set(key, value, ttl=ttl, tags=tags)
        self._keep(key, value, ttl, tags)
        assert value_in(self.processes[who], key) == value  # one's own writes at once

    @rule(who=WHO, key=KEYS)
    def look(self, who: int, key: str) -> None:
        assert self.agrees(who, key)

    @rule(who=WHO, key=KEYS)
    def look_often(self, who: int, key: str) -> None:
        for _ in range(3):
            assert self.agrees(who, key)

    @rule(who=WHO, key=KEYS)
    def erase(self, who: int, key: str) -> None:
        self.processes[who].delete(key)
        self.model.pop(key, None)
        assert value_in(self.processes[who], key) is ABSENT

    @rule(who=WHO, tags=TAGS)
    def invalidate(self, who: int, tags: set[str]) -> None:
        self.processes[who].delete_by_tags(tags)
        self.model = {key: kept for key, kept in self.model.items() if not kept.tags & tags}

    @rule(seconds=st.sampled_from([1.0, 999.0, 1_000.0, 4_000.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock.pass_by(seconds)

    @rule(who=WHO)
    def clear(self, who: int) -> None:
        self.processes[who].clear()
        self.model.clear()

    @precondition(lambda self: self.redis is not None)
    @rule()
    def connections_break(self) -> None:
        assert self.redis is not None
        with self.redis.client() as client:
            client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")

    @precondition(lambda self: self.redis is not None)
    @rule()
    def redis_forgets_everything(self) -> None:
        """As after a restart without a snapshot, but that connections live on."""
        assert self.redis is not None
        with self.redis.client() as client:
            client.flushall()
        self.model.clear()

    @rule(key=KEYS, writers=st.lists(WHO, min_size=2, max_size=3), readers=st.lists(WHO, max_size=2), tags=TAGS)
    def race(self, key: str, writers: list[int], readers: list[int], tags: set[str]) -> None:
        """Whatever the order was, everybody agrees afterwards on something that was written."""
        self.written += 1
        values = [[self.written, number] for number in range(len(writers))]
        acts: list[Callable[[], Any]] = [
            partial(self.processes[who].set, key, value, ttl=1_000.0, tags=tags)
            for who, value in zip(writers, values, strict=True)
        ]
        acts += [partial(value_in, self.processes[who], key) for who in readers]
        self._at_once(acts)
        raw, _ = self.processes[0].peek(key)
        assert raw is not None
        won = self.processes[0].peek(key)[1].entry
        assert won is not None
        value = self.processes[0].value_of(won)
        assert value in values
        self._keep(key, value, 1_000.0, tags)
        assert all(self.agrees(who, key) for who in range(PROCESSES))

    @staticmethod
    def _at_once(acts: list[Callable[[], Any]]) -> None:
        gate, failures = threading.Barrier(len(acts)), []

        def run(act: Callable[[], Any]) -> None:
            try:
                gate.wait()
                act()
            except Exception as error:  # noqa: BLE001 - it is raised in the test's own thread
                failures.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=run, args=(act,)) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []


@contextmanager
def machine(redis: RedisServer | None, strategy: str, examples: int) -> Iterator[Any]:
    columns = {"redis": redis, "strategy": strategy}
    found = type("Machine", (LevelsMachine,), columns).TestCase  # type: ignore[attr-defined]
    found.settings = settings(max_examples=examples * LONGER, stateful_step_count=25, deadline=None)
    yield found()


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_over_redis_every_process_finds_what_was_written_last(redis_server: RedisServer, strategy: str) -> None:
    with machine(redis_server, strategy, 2) as case:
        case.runTest()


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.django_db(transaction=True)
def test_over_a_table_every_process_finds_what_was_written_last(strategy: str) -> None:
    with machine(None, strategy, 1) as case:
        case.runTest()
