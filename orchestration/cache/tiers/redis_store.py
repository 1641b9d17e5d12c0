"""The second level in Redis. Keys: `<prefix>v:` entries, `t:` tags, `l:` flights, `p:` the latest questions of a task.

Every entry has an expiry (but those asked to live for ever), so a `volatile-…` eviction policy takes entries and never
a broker's queues that share the server.
"""

import math
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import orjson
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from orchestration.cache.tiers.breaker import Breaker
from orchestration.cache.tiers.store import LATEST, TAG_SECONDS, Asked, Fetched, Put

PREFIX: Final = "orchestration:results:"
CONNECT_SECONDS = 0.5
ANSWER_SECONDS = 0.5
LATEST_SECONDS = 30 * 24 * 3600
TROUBLE = (redis.RedisError, OSError)
CLEAR_BATCH = 500

# KEYS: entry, flight. ARGV: token or "", envelope, milliseconds or "".
_PUT: Final = """
if ARGV[1] ~= '' then
  if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
  redis.call('DEL', KEYS[2])
end
if ARGV[3] == '' then redis.call('SET', KEYS[1], ARGV[2]) else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return 1
"""
# KEYS: entry. ARGV: "1" when something must be there, what, the new envelope, milliseconds or "".
_SWAP: Final = """
local now = redis.call('GET', KEYS[1])
if ARGV[1] == '1' then
  if now ~= ARGV[2] then return 0 end
elseif now then return 0 end
if ARGV[4] == '' then redis.call('SET', KEYS[1], ARGV[3]) else redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4]) end
return 1
"""
# KEYS: flight. ARGV: token, milliseconds (0 ends it).
_HOLD: Final = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] == '0' then return redis.call('DEL', KEYS[1]) end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
"""


def connect(url: str) -> redis.Redis:
    """A client that gives up soon, and tries once more at once: after a restart its first connection is a dead one."""
    return redis.Redis.from_url(
        url,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        retry=Retry(NoBackoff(), retries=1),
    )


def _milliseconds(seconds: float | None) -> int | str:
    return "" if seconds is None else max(1, int(seconds * 1000))


class RedisStore:
    """See `store.Store`."""

    name = "redis"

    def __init__(self, url: str, prefix: str = PREFIX) -> None:
        self.url = url
        self.prefix = prefix
        self._client: Any = connect(url)
        self.breaker = Breaker(TROUBLE, "Redis")

    def _entry(self, key: str) -> str:
        return f"{self.prefix}v:{key}"

    def _flight(self, key: str) -> str:
        return f"{self.prefix}l:{key}"

    def _tags(self, tags: Collection[str]) -> list[str]:
        return [f"{self.prefix}t:{tag}" for tag in tags]

    def fetch(self, key: str, tags: Collection[str] = (), *, create: bool = False) -> Fetched:
        with self.breaker.guard():
            if not tags:
                return Fetched(self._client.get(self._entry(key)))
            raw, *versions = self._client.mget([self._entry(key), *self._tags(tags)])
            if create and None in versions:  # the first use of a tag, and no other, is a second round trip
                versions = self._create_tags(tags)
        return Fetched(raw, _known(tags, versions))

    def versions(self, tags: Collection[str]) -> Mapping[str, int]:
        with self.breaker.guard():
            return _known(tags, self._client.mget(self._tags(tags)))

    def _create_tags(self, tags: Collection[str]) -> list[Any]:
        """A tag begins at the time in microseconds: a forgotten one never comes back with a version it once had."""
        pipeline = self._client.pipeline(transaction=False)
        for name in self._tags(tags):
            pipeline.set(name, _beginning(), nx=True, ex=TAG_SECONDS)
        pipeline.mget(self._tags(tags))
        found: list[Any] = pipeline.execute()[-1]
        return found

    def put(self, put: Put) -> bool:
        pipeline = self._client.pipeline(transaction=False)
        entry, flight = self._entry(put.key), self._flight(put.key)
        pipeline.eval(_PUT, 2, entry, flight, put.token or "", put.raw, _milliseconds(put.ttl))
        if put.asked is not None:
            latest = f"{self.prefix}p:{put.subject}"
            pipeline.lpush(latest, _dump(put.asked))
            pipeline.ltrim(latest, 0, LATEST - 1)
            pipeline.expire(latest, LATEST_SECONDS)
        with self.breaker.guard():
            return bool(pipeline.execute()[0])

    def swap(self, key: str, before: bytes | None, after: bytes, ttl: float | None) -> bool:
        there, expected = ("0", b"") if before is None else ("1", before)
        with self.breaker.guard():
            return bool(self._client.eval(_SWAP, 1, self._entry(key), there, expected, after, _milliseconds(ttl)))

    def delete(self, key: str) -> bool:
        pipeline = self._client.pipeline(transaction=True)
        pipeline.delete(self._entry(key))
        pipeline.delete(self._flight(key))
        with self.breaker.guard():
            return bool(pipeline.execute()[0])

    def bump(self, tags: Collection[str]) -> None:
        pipeline = self._client.pipeline(transaction=False)
        for name in self._tags(tags):
            pipeline.set(name, _beginning(), nx=True, ex=TAG_SECONDS)
            pipeline.incr(name)
        with self.breaker.guard():
            pipeline.execute()

    def clear(self) -> None:
        with self.breaker.guard():
            cursor = 0
            while True:
                cursor, keys = self._client.scan(cursor, match=f"{self.prefix}[vlp]:*", count=CLEAR_BATCH)
                if keys:
                    self._client.unlink(*keys)
                if cursor == 0:
                    return

    def acquire(self, key: str, token: str, seconds: float) -> bool:
        with self.breaker.guard():
            return bool(self._client.set(self._flight(key), token, nx=True, px=_milliseconds(seconds)))

    def renew(self, key: str, token: str, seconds: float) -> bool:
        with self.breaker.guard():
            return bool(self._client.eval(_HOLD, 1, self._flight(key), token, _milliseconds(seconds)))

    def release(self, key: str, token: str) -> None:
        with self.breaker.guard():
            self._client.eval(_HOLD, 1, self._flight(key), token, 0)

    def is_flying(self, key: str) -> bool:
        with self.breaker.guard():
            return bool(self._client.exists(self._flight(key)))

    def latest(self, subject: str) -> list[Asked]:
        with self.breaker.guard():
            found = self._client.lrange(f"{self.prefix}p:{subject}", 0, LATEST - 1)
        return [_load(each) for each in found]

    def measure(self) -> dict[str, Any]:
        with self.breaker.guard():
            used = self._client.info("memory")
        return {"kind": "redis", "entries": None, "bytes": None, "is_exact": True, "server_bytes": used["used_memory"]}


def _dump(asked: Asked) -> bytes:
    return orjson.dumps([*asked[:-1], None if asked.expires_at == math.inf else asked.expires_at])


def _load(raw: bytes) -> Asked:
    key, parts, digest, expires_at = orjson.loads(raw)
    return Asked(key, parts, digest, math.inf if expires_at is None else expires_at)


def _known(tags: Collection[str], versions: Sequence[bytes | None]) -> dict[str, int]:
    return {tag: int(version) for tag, version in zip(tags, versions, strict=True) if version is not None}


def _beginning() -> int:
    return time.time_ns() // 1000
