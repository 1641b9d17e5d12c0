"""Memory in front of the store: look up, keep, delete, delete by tags. Thread-safe.

The store is the truth. Memory is asked only while `invalidation` believes it; what is written goes to the store and out
of memory, and comes back into it with the next look-up. What could not reach the store is owed, and is settled before
the store is used again from here.
"""

import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from orchestration.cache import codecs, entries
from orchestration.cache.entries import NOBODY, Entry, Origin
from orchestration.cache.exceptions import StoreDown, Undecodable
from orchestration.cache.invalidation import Coherence
from orchestration.cache.keys import NotCacheable
from orchestration.cache.tiers.memory import Memory
from orchestration.cache.tiers.store import Asked, Fetched, Put, Store

MEMORY, STORE = "memory", "store"
ABSENT, EXPIRED, INVALIDATED, UNDECODABLE, DOWN = "absent", "expired", "invalidated", "undecodable", "store_down"
MOST_OWED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How values are written, and how large one may be."""

    codec: str = "json"
    threshold: int = 1024
    """Bytes below which nothing is compressed."""
    largest: int = 8_000_000
    """Bytes of one value."""
    signer: codecs.Signer | None = None
    """Signs and checks pickles; None where they are not allowed."""


class Found(NamedTuple):
    """What a look-up came to: an entry and where it was, or why there is none."""

    entry: Entry | None
    level: str = ""
    reason: str = ""
    versions: Mapping[str, int] = MappingProxyType({})
    """Of the tags that were asked for."""

    @property
    def may_keep(self) -> bool:
        """Whether a value made after this look-up may be kept: without the store, nobody knows what is deleted."""
        return self.reason != DOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """Who makes a value and under which right, for `keep`."""

    origin: Origin = NOBODY
    seconds: float = 0.0
    cost_microusd: int | None = 0
    """None when not known."""
    token: str | None = None
    parts: Mapping[str, str] | None = None
    """Of the key, when later misses are to be explained by it."""


class TwoLevels:
    """`clock`: seconds since 1970."""

    def __init__(
        self,
        store: Store,
        memory: Memory,
        coherence: Coherence,
        rules: Rules,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.store = store
        self.memory = memory
        self.coherence = coherence
        self.rules = rules
        self.clock = clock
        self._owed: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    # Reading ----------------------------------------------------------------------------------------------------------

    def look_up(self, key: str, tags: Collection[str] = (), *, to_make: bool = False) -> Found:
        """The entry of a key, if it is good. `tags` it may have save a round trip; never raises.

        `to_make`: on a miss the caller makes the value; `versions` of the tags as they are before that are needed then.
        """
        is_current = self.coherence.is_current()
        if is_current and (entry := self.memory.get(key, self.clock())) is not None:
            return Found(entry, MEMORY)
        fill = self.memory.begin(key)
        kept: Entry | None = None
        try:
            self._settle()
            found = self._judge(key, self.store.fetch(key, tags, create=to_make))
            kept = found.entry if is_current else None
        except StoreDown:
            found = Found(None, reason=DOWN)
        finally:
            self.memory.finish(fill, kept, self.coherence.believed_until(self.clock()))
        return found

    def _judge(self, key: str, fetched: Fetched) -> Found:
        versions = fetched.versions
        if fetched.raw is None:
            return Found(None, reason=ABSENT, versions=versions)
        try:
            entry = entries.read(fetched.raw, self.rules.largest)
            if entry.form != codecs.PLAIN:
                entry.value(self.rules.signer)  # before it counts as a hit
        except Undecodable:
            return Found(None, reason=UNDECODABLE, versions=versions)
        if self.clock() >= entry.expires_at:
            return Found(None, reason=EXPIRED, versions=versions)
        if entry.tags and not self._has_good_tags(entry, versions):
            return Found(None, reason=INVALIDATED, versions=versions)
        return Found(entry, STORE, versions=versions)

    def _has_good_tags(self, entry: Entry, versions: Mapping[str, int]) -> bool:
        unknown = [tag for tag in entry.tags if tag not in versions]
        if unknown:
            versions = {**versions, **self.store.versions(unknown)}
        return all(versions.get(tag) == version for tag, version in entry.tags.items())

    def peek(self, key: str, tags: Collection[str] = ()) -> tuple[bytes | None, Found]:
        """The envelope as it is in the store now, and what it comes to, for `swap`. Raises `StoreDown`."""
        self._settle()
        fetched = self.store.fetch(key, tags, create=True)
        return fetched.raw, self._judge(key, fetched)

    def value_of(self, entry: Entry) -> Any:
        """The value, new at each call. Raises `Undecodable`."""
        return entry.value(self.rules.signer)

    # Writing ----------------------------------------------------------------------------------------------------------

    def entry_of(
        self, value: object, *, ttl: float | None, tags: Mapping[str, int] | None = None, maker: Maker | None = None
    ) -> Entry:
        """A value as an entry. Raises `NotCacheable`."""
        form, content = self._content_of(value)
        if len(content) > self.rules.largest:
            raise NotCacheable(
                f"the value takes {len(content):,} bytes, more than CACHE_MAX_ENTRY_SIZE={self.rules.largest:,}"
            )
        maker = maker or Maker()
        return Entry(
            form=form,
            content=content,
            created_at=self.clock(),
            ttl=ttl,
            tags=dict(tags or {}),
            seconds=maker.seconds,
            cost_microusd=maker.cost_microusd,
            origin=maker.origin,
        )

    def _content_of(self, value: object) -> tuple[str, bytes]:
        if self.rules.codec == "pickle" and self.rules.signer is not None:
            return codecs.PICKLED, codecs.to_pickle(value, self.rules.signer)
        return codecs.to_json(value)

    def write(self, entry: Entry) -> bytes:
        return entries.write(entry, self.rules.codec, self.rules.threshold)

    def keep(self, key: str, entry: Entry, maker: Maker | None = None) -> bool:
        """Whether it is kept: not when the store is away, nor when the maker lost its right. Never raises."""
        maker = maker or Maker()
        put = Put(
            key=key,
            raw=self.write(entry),
            ttl=entry.ttl,
            token=maker.token,
            subject=f"{maker.origin.pipeline}/{maker.origin.task}" if maker.parts is not None else "",
            asked=None
            if maker.parts is None
            else Asked(key, maker.parts, entries.digest_of(entry.content), entry.expires_at),
        )
        try:
            self._settle()
            return self.store.put(put)
        except StoreDown:
            if maker.token is None:  # an old value must not outlive this; a maker's absence leaves nothing old
                self._owe("key", key)
            return False
        finally:
            self.memory.discard(key)

    def set(self, key: str, value: object, *, ttl: float | None, tags: Collection[str] = ()) -> bool:
        """Keep a value under a key of the caller's. Raises `NotCacheable`; False when the store is away."""
        try:
            versions = self.store.fetch(key, tags, create=True).versions if tags else {}
        except StoreDown:
            self._owe("key", key)
            self.memory.discard(key)
            return False
        return self.keep(key, self.entry_of(value, ttl=ttl, tags=versions))

    def swap(self, key: str, before: bytes | None, entry: Entry) -> bool:
        """Put `entry` where exactly the envelope `before` is (None: nothing). Raises `StoreDown`."""
        try:
            self._settle()
            return self.store.swap(key, before, self.write(entry), entry.ttl)
        finally:
            self.memory.discard(key)

    def delete(self, key: str) -> bool:
        """False when there was nothing. Raises `StoreDown`; then it is owed, and others may still find it."""
        try:
            self._settle()
            return self.store.delete(key)
        except StoreDown:
            self._owe("key", key)
            raise
        finally:
            self.memory.discard(key)

    def delete_by_tags(self, tags: Collection[str]) -> None:
        """Invalidate everything that has one of the tags. Raises `StoreDown` as `delete` does."""
        try:
            self._settle()
            if tags:
                self.store.bump(tags)
        except StoreDown:
            for tag in tags:
                self._owe("tag", tag)
            raise
        finally:
            for tag in tags:
                self.memory.discard_tag(tag)

    def clear(self) -> None:
        """Forget everything. Raises `StoreDown` as `delete` does."""
        try:
            self.store.clear()
        except StoreDown:
            self._owe("all", "")
            raise
        finally:
            self.memory.clear()

    # What could not be said when it was to be said --------------------------------------------------------------------

    @property
    def owed(self) -> int:
        return len(self._owed)

    def _owe(self, kind: str, name: str) -> None:
        with self._lock:
            self._owed.add((kind, name))
            if len(self._owed) > MOST_OWED:
                self._owed = {("all", "")}

    def _settle(self) -> None:
        """Deletes that the store has missed; raises `StoreDown` as long as it is away."""
        if not self._owed:
            return
        with self._lock:
            owed, self._owed = self._owed, set()
        settle: Mapping[str, Callable[[str], object]] = {
            "key": self.store.delete,
            "tag": lambda tag: self.store.bump([tag]),
            "all": lambda _: self.store.clear(),
        }
        rest = set(owed)
        try:
            for kind, name in owed:
                settle[kind](name)
                rest.discard((kind, name))
        finally:
            with self._lock:
                self._owed |= rest
