"""`orchestrator.cache`: values of a user's own, under keys of a user's own, in the same two levels as task results.

Methods work with and without a running event loop. Keys have a room of their own: none given here can meet a result's.
"""

from collections.abc import Iterable
from typing import Any

from common.database_thread import in_database_thread
from common.errors import Invalid
from orchestration.cache.analytics import Subject
from orchestration.cache.installed import get_installed
from orchestration.cache.names import name_of
from orchestration.cache.statistics import summarise
from orchestration.definition.sections import MAX_SECONDS

USERS = "u:"
MINE = Subject()


class InvalidCacheCall(Invalid):
    """A key, a ttl or tags that cannot be meant; the message says what is expected."""

    code = "invalid_cache_call"


class ResultCache:
    """Holds nothing itself: every process has one cache, made from the settings."""

    @in_database_thread
    def get(self, key: str, default: Any = None) -> Any:
        """The value kept under a key, new at each call; `default` when there is none, or it is no longer good."""
        installed = get_installed()
        installed.keep_up()
        name = _room(key)
        found = installed.levels.look_up(name)
        entry = found.entry
        if entry is None:
            installed.analytics.count(MINE, "miss", found.reason)
            return default
        age = installed.levels.clock() - entry.created_at
        installed.analytics.count_hit(MINE, found.level, name, entry, age)
        return installed.levels.value_of(entry)

    @in_database_thread
    def set(self, key: str, value: Any, ttl: float | None = None, tags: Iterable[str] = ()) -> bool:
        """Keep a value for `ttl` seconds (default: CACHE_DEFAULT_TTL), to be invalidated by any of `tags`.

        False when the store does not answer: then nothing is kept, here or elsewhere. Raises `NotCacheable` for a value
        without a JSON form, or one that is too large.
        """
        installed = get_installed()
        installed.keep_up()
        seconds = installed.default_ttl if ttl is None else _seconds(ttl)
        kept = installed.levels.set(_room(key), value, ttl=seconds, tags=_names(tags))
        outcome = ("stored", "set") if kept else ("refused", "store_down")
        installed.analytics.count(MINE, *outcome)
        return kept

    @in_database_thread
    def delete(self, key: str) -> bool:
        """Forget a key, in every process; False when there was nothing. Raises `StoreDown`: then others may still have
        it, and this process deletes it before it uses the store again.
        """
        return get_installed().levels.delete(_room(key))

    @in_database_thread
    def delete_by_tags(self, tags: Iterable[str]) -> int:
        """Invalidate all values, and all task results, that have any of the tags; returns how many tags those are.

        One increment for each tag, however many values have it. Raises `StoreDown` as `delete` does.
        """
        names = _names(tags)
        get_installed().levels.delete_by_tags(names)
        return len(names)

    @in_database_thread
    def stats(self, hours: float = 24) -> dict[str, Any]:
        """What the cache did in the last hours, in all processes; ready for JSON.

        Hit rates per level, pipeline, task and model, what was saved, why look-ups missed; and how full this process's
        memory and the store are.
        """
        return summarise(get_installed(), hours)

    @in_database_thread
    def explain(self, key: str) -> dict[str, Any]:
        """What is known of a key: whether it would be a hit, in which level, and if not, why not."""
        installed = get_installed()
        found = installed.levels.look_up(_room(key))
        entry = found.entry
        if entry is None:
            return {"key": key, "found": False, "reason": found.reason}
        now = installed.levels.clock()
        return {
            "key": key,
            "found": True,
            "level": found.level,
            "form": entry.form,
            "bytes": len(entry.content),
            "tags": sorted(entry.tags),
            "age_seconds": round(now - entry.created_at, 3),
            "expires_in_seconds": None if entry.ttl is None else round(entry.expires_at - now, 3),
        }


def _room(key: object) -> str:
    if not isinstance(key, str) or not key:
        raise InvalidCacheCall(f"a cache key is text that is not empty, not {key!r:.80}")
    return USERS + name_of(key)


def _seconds(ttl: object) -> float:
    if isinstance(ttl, bool) or not isinstance(ttl, int | float) or not 0 < ttl <= MAX_SECONDS:
        raise InvalidCacheCall(
            f"ttl is a number of seconds greater than 0 and at most a year, not {ttl!r:.80}; delete(key) forgets a key"
        )
    return float(ttl)


def _names(tags: Iterable[object]) -> list[str]:
    if isinstance(tags, str):
        raise InvalidCacheCall(f"tags is a list of texts: tags=[{tags!r:.80}]")
    found = set()
    for tag in tags:
        if not isinstance(tag, str) or not tag:
            raise InvalidCacheCall(f"a tag is text that is not empty, not {tag!r:.80}")
        found.add(name_of(tag))
    return sorted(found)
