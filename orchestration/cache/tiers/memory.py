"""The first level: entries in this process, bounded in bytes by a policy. Thread-safe; no I/O, no clock of its own.

Whether it may be asked at all is for `invalidation` to say. An entry that is being fetched while news about its key
arrives must not come in afterwards: a fetch is announced by `begin`, and `finish` keeps nothing that was spoiled.
"""

import threading
from collections import Counter
from dataclasses import dataclass

from orchestration.cache.entries import Entry
from orchestration.cache.policies import STRATEGIES, Policy


@dataclass(slots=True, eq=False)
class Fill:
    """A fetch under way."""

    key: str
    spoiled: bool = False


class Memory:
    """`strategy` as in CACHE_STRATEGY, `capacity` in bytes."""

    def __init__(self, strategy: str, capacity: int) -> None:
        self.strategy = strategy
        self._lock = threading.Lock()
        self._policy: Policy = STRATEGIES[strategy](capacity)
        self._entries: dict[str, tuple[Entry, float]] = {}  # with the time until which it may be served
        self._by_tag: dict[str, set[str]] = {}
        self._fills: dict[str, list[Fill]] = {}
        self.removed: Counter[str] = Counter()
        """How many entries left, by cause: size, expired, invalidated, flushed."""

    @property
    def capacity(self) -> int:
        return self._policy.capacity

    @property
    def used(self) -> int:
        return self._policy.used

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: str, now: float) -> Entry | None:
        with self._lock:
            found = self._entries.get(key)
            if found is None:
                return None
            entry, until = found
            if now >= until:
                self._remove(key, "expired")
                return None
            self._policy.touch(key)
            return entry

    def begin(self, key: str) -> Fill:
        """Announce a fetch, before the store is asked."""
        fill = Fill(key)
        with self._lock:
            self._fills.setdefault(key, []).append(fill)
        return fill

    def finish(self, fill: Fill, entry: Entry | None, until: float = float("inf")) -> None:
        """Keep what was fetched, until a time at most, unless news about it came meanwhile; None keeps nothing."""
        with self._lock:
            if fill.spoiled:  # and out of the list; others may be under way again
                return
            waiting = self._fills[fill.key]
            waiting.remove(fill)
            if not waiting:
                del self._fills[fill.key]
            if entry is not None:
                self._insert(fill.key, entry, min(until, entry.expires_at))

    def discard(self, key: str) -> None:
        """News: the entry of this key is not what it was."""
        with self._lock:
            self._spoil(self._fills.pop(key, ()))
            self._remove(key, "invalidated")

    def discard_tag(self, tag: str) -> None:
        """News: entries with this tag are no longer good. What is being fetched may have it too."""
        with self._lock:
            for key in list(self._fills):
                self._spoil(self._fills.pop(key))
            for key in list(self._by_tag.get(tag, ())):
                self._remove(key, "invalidated")

    def clear(self) -> None:
        """Anything may have happened."""
        with self._lock:
            for key in list(self._fills):
                self._spoil(self._fills.pop(key))
            self.removed["flushed"] += len(self._entries)
            self._reset(self._policy.capacity)

    def resize(self, capacity: int) -> None:
        """Another capacity in bytes; starts empty, as no policy can be rebuilt from its outside."""
        with self._lock:
            self.removed["flushed"] += len(self._entries)
            self._reset(capacity)

    def take_removed(self) -> dict[str, int]:
        """The counts since last asked."""
        with self._lock:
            found, self.removed = +self.removed, Counter()
            return dict(found)

    def _reset(self, capacity: int) -> None:
        self._policy = STRATEGIES[self.strategy](capacity)
        self._entries.clear()
        self._by_tag.clear()

    @staticmethod
    def _spoil(fills: list[Fill] | tuple[()]) -> None:
        for fill in fills:
            fill.spoiled = True

    def _insert(self, key: str, entry: Entry, until: float) -> None:
        if key in self._entries:  # another thread fetched the same
            self._remove(key, "")
        self._entries[key] = entry, until
        for tag in entry.tags:
            self._by_tag.setdefault(tag, set()).add(key)
        for gone in self._policy.admit(key, entry.size, entry.expires_at):
            self._drop(gone)
            self.removed["size"] += 1

    def _remove(self, key: str, cause: str) -> None:
        if key in self._entries:
            self._policy.remove(key)
            self._drop(key)
            if cause:
                self.removed[cause] += 1

    def _drop(self, key: str) -> None:
        entry, _ = self._entries.pop(key)
        for tag in entry.tags:
            keys = self._by_tag[tag]
            keys.discard(key)
            if not keys:
                del self._by_tag[tag]
