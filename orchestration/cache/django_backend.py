"""The two levels as a backend of Django's cache framework:

    CACHES = {"results": {"BACKEND": "orchestration.cache.django_backend.TwoLevelCache"}}

Django's meaning of everything: `timeout=None` is for ever, 0 or less is not at all, versions, `add`, `touch`, atomic
`incr`. Values are JSON's (tuples come back as lists), unless CACHE_CODEC is `pickle`. `clear` empties this backend, not
the task results. Redis away: nothing is found and nothing kept; what must not be lost (`delete`, `incr`) raises
`StoreDown`.
"""

from collections.abc import Mapping
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache

from orchestration.cache.entries import Entry
from orchestration.cache.exceptions import StoreDown
from orchestration.cache.installed import get_installed
from orchestration.cache.names import name_of
from orchestration.cache.two_levels import TwoLevels

DJANGO = "d:"
MOST_TRIES = 1_000


class TwoLevelCache(BaseCache):
    """`LOCATION` tells several of these apart: `clear` empties one."""

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        self._everything = name_of(f"django:{location}:{self.key_prefix}")
        self._room = f"{DJANGO}{name_of(location)}:"

    @property
    def _levels(self) -> TwoLevels:
        installed = get_installed()
        installed.keep_up()
        return installed.levels

    def _name(self, key: Any, version: int | None) -> str:
        return self._room + name_of(self.make_and_validate_key(key, version=version))

    def _seconds(self, timeout: Any) -> float | None:
        """None for ever; 0 or less for not at all."""
        seconds = self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout
        return None if seconds is None else float(seconds)

    def _entry(self, value: Any, seconds: float | None, versions: Mapping[str, int]) -> Entry:
        return self._levels.entry_of(value, ttl=seconds, tags={self._everything: versions[self._everything]})

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        found = self._levels.look_up(self._name(key, version), [self._everything])
        return default if found.entry is None else self._levels.value_of(found.entry)

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        seconds = self._seconds(timeout)
        if seconds is not None and seconds <= 0:
            self.delete(key, version=version)
        else:
            self._levels.set(self._name(key, version), value, ttl=seconds, tags=[self._everything])

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        name, seconds = self._name(key, version), self._seconds(timeout)
        for _ in range(MOST_TRIES):
            try:
                raw, found = self._levels.peek(name, [self._everything])
                if found.entry is not None or (seconds is not None and seconds <= 0):
                    return found.entry is None
                if self._levels.swap(name, raw, self._entry(value, seconds, found.versions)):
                    return True
            except StoreDown:
                return False
        return False

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        name, seconds = self._name(key, version), self._seconds(timeout)
        if seconds is not None and seconds <= 0:
            return self.delete(key, version=version)
        now = self._levels.clock()
        return self._change(name, lambda entry: entry._replace(created_at=now, ttl=seconds)) is not None

    def delete(self, key: Any, version: int | None = None) -> bool:
        name = self._name(key, version)
        _, found = self._levels.peek(name, [self._everything])
        return self._levels.delete(name) and found.entry is not None

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        """Atomic; the time to live goes on. Raises `ValueError` when there is nothing to add to."""
        levels = self._levels

        def added(entry: Entry) -> Entry:
            now = levels.clock()
            rest = None if entry.ttl is None else max(0.001, entry.expires_at - now)
            return levels.entry_of(levels.value_of(entry) + delta, ttl=rest, tags=entry.tags)

        changed = self._change(self._name(key, version), added)
        if changed is None:
            raise ValueError(f"Key '{key}' not found")
        total: int = levels.value_of(changed)
        return total

    def has_key(self, key: Any, version: int | None = None) -> bool:
        return self._levels.look_up(self._name(key, version), [self._everything]).entry is not None

    def clear(self) -> None:
        self._levels.delete_by_tags([self._everything])

    def _change(self, name: str, change: Any) -> Entry | None:
        """Compare and swap until it succeeds; None when nothing is there."""
        for _ in range(MOST_TRIES):
            raw, found = self._levels.peek(name, [self._everything])
            if found.entry is None:
                return None
            changed: Entry = change(found.entry)
            if self._levels.swap(name, raw, changed):
                return changed
        raise StoreDown(f"{name} is changed by others all the time")
