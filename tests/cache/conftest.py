"""Fixtures of the cache tests: levels on real stores, with a clock that the test moves."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from orchestration.cache import installed
from orchestration.cache.entries import Entry
from orchestration.cache.invalidation import RedisTracking, TableChanges
from orchestration.cache.tiers.memory import Memory
from orchestration.cache.tiers.redis_store import RedisStore
from orchestration.cache.tiers.table_store import TableStore
from orchestration.cache.two_levels import Rules, TwoLevels
from tests.cache.levels import Clock
from tests.services import RedisServer, wait_until

Levels = Callable[..., TwoLevels]


@pytest.fixture(autouse=True)
def fresh_cache() -> Iterator[None]:
    """Each test has a cache of its own, and leaves no thread that would use the next one's database."""
    installed.forget(write=False)
    yield
    installed.forget(write=False)


@pytest.fixture
def configure(settings: Any) -> Callable[..., None]:
    """Change fields of `settings.ORCHESTRATION` for this test."""

    def change(**fields: Any) -> None:
        settings.ORCHESTRATION = settings.ORCHESTRATION.model_copy(update=fields)

    return change


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def redis_levels(redis_server: RedisServer, clock: Clock) -> Iterator[Levels]:
    """Makes levels as several processes have them: one Redis, memory and tracking of their own."""
    made: list[TwoLevels] = []

    def make(strategy: str = "lru", capacity: int = 100_000, **rules: Any) -> TwoLevels:
        memory = Memory(strategy, capacity)
        store = RedisStore(redis_server.url())
        tracking = RedisTracking(store.url, store.prefix, memory)
        levels = TwoLevels(store, memory, tracking, Rules(**rules), clock)
        made.append(levels)
        assert wait_until(tracking.is_current)
        return levels

    yield make
    for levels in made:
        levels.coherence.close()


@pytest.fixture
def table_levels(clock: Clock) -> Levels:
    """The same on a table; the test brings the database."""

    def make(strategy: str = "lru", capacity: int = 100_000, **rules: Any) -> TwoLevels:
        memory, store = Memory(strategy, capacity), TableStore()
        return TwoLevels(store, memory, TableChanges(store, memory), Rules(**rules), clock)

    return make


@pytest.fixture
def entry() -> Entry:
    return Entry(form="plain", content=b'{"a":1}', created_at=1_000.0, ttl=60.0)
