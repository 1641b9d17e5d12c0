"""The cache of this process, made from the settings when it is first asked for; a forked child makes its own."""

import atexit
import logging
import os
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.conf import settings
from django.db import Error as DatabaseNotUsable
from django.db import connection

from orchestration.cache.analytics import FLUSH_SECONDS, Analytics, Subject
from orchestration.cache.codecs import Signer
from orchestration.cache.exceptions import StoreDown
from orchestration.cache.invalidation import Coherence, RedisTracking, TableChanges
from orchestration.cache.optimiser import learnt_settings
from orchestration.cache.single_flight import RENEWAL_SECONDS, Flights
from orchestration.cache.tiers.memory import Memory
from orchestration.cache.tiers.store import Store
from orchestration.cache.tiers.table_store import TableStore
from orchestration.cache.two_levels import Rules, TwoLevels
from orchestration.conf import OrchestrationConfig
from orchestration.engine.loops import BackgroundLoop
from orchestration.private_files import read_or_create

LEARN_SECONDS = 60.0

logger = logging.getLogger(__name__)


@dataclass
class Installed:
    """What belongs together in one process."""

    levels: TwoLevels
    flights: Flights
    analytics: Analytics
    default_ttl: float
    _times_to_live: Mapping[str, float] = field(default_factory=dict)
    _learnt_at: float = float("-inf")
    _flushed_at: float = field(default_factory=time.monotonic)
    _loop: BackgroundLoop | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def learnt_ttl(self, subject: str) -> float | None:
        """Seconds that the optimiser set for a task that says nothing itself (`CACHE_OPTIMISE=apply`)."""
        return self._times_to_live.get(subject)

    def keep_up(self) -> None:
        """Have leases renewed and counts written from now on; cheap to call again."""
        if self._loop is None:
            with self._lock:
                if self._loop is None:
                    self._loop = BackgroundLoop("cache", self._step)
                    self._loop.start()

    def _step(self) -> float:
        try:
            if self.flights.in_the_air:
                self.flights.renew()
        except StoreDown as error:
            logger.info("leases of the cache could not be renewed: %s", error)
        if time.monotonic() - self._flushed_at >= FLUSH_SECONDS:
            self.flush()
        if time.monotonic() - self._learnt_at >= LEARN_SECONDS:
            self.learn()
        connection.close()  # this thread uses one for moments
        return RENEWAL_SECONDS

    def flush(self) -> None:
        """Write what was counted."""
        self._flushed_at = time.monotonic()
        self.count_removed()
        self.analytics.flush()

    def learn(self) -> None:
        """Take over what the optimiser has set meanwhile."""
        self._learnt_at = time.monotonic()
        learnt = learnt_settings()
        self._times_to_live = learnt.times_to_live
        if learnt.memory_bytes and learnt.memory_bytes != self.levels.memory.capacity:
            self.levels.memory.resize(learnt.memory_bytes)

    def count_removed(self) -> None:
        """What left memory, by cause."""
        for cause, number in self.levels.memory.take_removed().items():
            self.analytics.count(Subject(), "removed", cause, number=number)

    def close(self, *, write: bool = True) -> None:
        """End threads; what was counted is written as far as the database answers."""
        if self._loop is not None:
            self._loop.stop()
        self.levels.coherence.close()
        if not write:
            return
        try:
            self.flush()
        except DatabaseNotUsable as error:
            logger.info("what the cache counted last is lost: %s", error)


_installed: Installed | None = None
_making = threading.Lock()


def get_installed() -> Installed:
    """This process's cache."""
    global _installed
    if _installed is None:
        with _making:
            if _installed is None:
                _installed = make(settings.ORCHESTRATION)
                atexit.register(_close_at_exit, os.getpid())
    return _installed


def make(config: OrchestrationConfig) -> Installed:
    """A cache as the settings want it."""
    memory = Memory(config.cache_strategy, config.cache_max_size)
    store, coherence = _store(config, memory)
    rules = Rules(
        codec=config.cache_codec,
        threshold=config.cache_compress_threshold,
        largest=config.cache_max_entry_size,
        signer=_signer(config) if config.cache_allow_pickle else None,
    )
    levels = TwoLevels(store, memory, coherence, rules)
    return Installed(levels, Flights(store), Analytics(), float(config.cache_default_ttl))


def _store(config: OrchestrationConfig, memory: Memory) -> tuple[Store, Coherence]:
    if config.redis_configured:
        from orchestration.cache.tiers.redis_store import RedisStore  # its library is a tenth of what a start costs

        redis = RedisStore(config.redis_url("cache"))
        return redis, RedisTracking(redis.url, redis.prefix, memory)
    table = TableStore()
    return table, TableChanges(table, memory)


def _signer(config: OrchestrationConfig) -> Signer:
    key = config.cache_signing_key or read_or_create(config.data_dir / "cache_key", lambda: secrets.token_urlsafe(64))
    return Signer((key.encode(),))


def forget(*, write: bool = True) -> None:
    """Close this process's cache; the next call makes another, from the settings as they are then.

    Without `write`, what was counted is lost.
    """
    global _installed
    found, _installed = _installed, None
    if found is not None:
        found.close(write=write)


def _close_at_exit(made_in: int) -> None:
    if made_in == os.getpid():
        forget()


def _after_fork() -> None:
    """Threads stay behind in the parent, and its sockets are its own."""
    global _installed, _making
    _installed, _making = None, threading.Lock()


os.register_at_fork(after_in_child=_after_fork)
