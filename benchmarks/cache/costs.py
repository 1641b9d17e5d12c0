"""What a hit costs: in memory beside a dictionary, in Redis beside a bare GET of the same bytes; how fast news is."""

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

import redis

from orchestration.cache.entries import Entry
from orchestration.cache.installed import make
from orchestration.cache.two_levels import TwoLevels
from orchestration.conf import OrchestrationConfig
from tests.processes import ROOT
from tests.services import RedisServer, wait_until

_LINE = "The parties agree that this contract is governed by the law of the land. "
VALUES: dict[str, Any] = {
    "267 bytes": {"label": "legal", "scores": {"legal": 0.913, "financial": 0.087}, "reason": "x" * 187},
    "2.4 kB": {"text": _LINE * 32},
    "107 kB": {"rows": [{"id": number, "text": _LINE[:31], "score": 0.5} for number in range(1_500)]},
}
ROUNDS, CALLS = 15, 4_000


def _per_call(call: Callable[[], object], seconds: float = 0.03) -> float:
    """Seconds of one call, over about `seconds`."""
    number, started = 0, time.perf_counter()
    while (spent := time.perf_counter() - started) < seconds:
        for _ in range(20):
            call()
        number += 20
    return spent / number


@dataclass(frozen=True)
class RedisCost:
    """Seconds of a look-up, and of a bare GET of the same bytes by redis-py, in the same rounds."""

    stored: int
    """Bytes in Redis."""
    look_up: float
    get: float
    read: float
    """Seconds of making the value of the entry: what any user of the bytes has to do as well."""

    @property
    def times(self) -> float:
        return self.look_up / self.get


def _nothing() -> None:
    pass


def _beside(
    call: Callable[[], object], yardstick: Callable[[], object], before: Callable[[], object] = _nothing
) -> tuple[float, float]:
    """Medians of calls made in turns, one and one, so that what else the machine does meets both alike.

    `before` is called before each turn, and not measured.
    """
    mine, other = [], []
    for _ in range(CALLS):
        before()
        began = time.perf_counter()
        yardstick()
        between = time.perf_counter()
        call()
        mine.append(time.perf_counter() - between)
        other.append(between - began)
    return median(mine), median(other)


def _entry(levels: TwoLevels, key: str, level: str) -> Entry:
    """What is found, in the level that is to be measured."""
    found = levels.look_up(key)
    if found.entry is None or found.level != level:
        raise RuntimeError(f"{key} should be found in {level}: {found.level or found.reason}")
    return found.entry


def measure_memory(levels: TwoLevels) -> dict[str, float]:
    """Microseconds: of a look-up in memory beyond one in a dictionary, and of making the value."""
    levels.set("k", VALUES["267 bytes"], ttl=3_600)
    wait_until(lambda: levels.look_up("k").level == "memory", 5)
    plain = {"k": VALUES["267 bytes"]}
    found, bare = _beside(lambda: levels.look_up("k"), lambda: plain["k"])
    read = min(_per_call(_entry(levels, "k", "memory").value) for _ in range(ROUNDS))
    return {"look-up": 1e6 * (found - bare), "value": 1e6 * read}


def measure_redis(server: RedisServer, levels: TwoLevels) -> dict[str, RedisCost]:
    """Size → what a hit in Redis takes: memory is asked first and takes the entry in, as in a worker."""
    bare = redis.Redis.from_url(server.url())
    found = {}
    for title, value in VALUES.items():
        levels.set(title, value, ttl=3_600)
        stored = bare.get(f"orchestration:results:v:{title}")
        bare.set("bare", stored)  # type: ignore[arg-type]

        def hit(key: str = title) -> object:
            return levels.look_up(key)

        def forget(key: str = title) -> None:
            levels.memory.discard(key)

        forget()
        entry = _entry(levels, title, "store")
        ours, get = _beside(hit, lambda: bare.get("bare"), forget)
        _entry(levels, title, "memory")  # or the tracking connection broke, and something else was measured
        read = min(_per_call(entry.value) for _ in range(ROUNDS))
        found[title] = RedisCost(len(stored), ours, get, read)  # type: ignore[arg-type]
    levels.coherence.close()
    return found


def measure_news(server: RedisServer, times: int = 50) -> list[float]:
    """Milliseconds from a delete here until the memory of another process has let go of it."""
    config = OrchestrationConfig(redis_host=server.host, redis_port=server.port, redis_configured=True)
    here = make(config).levels
    env = {
        "PATH": "",
        "REDIS_HOST": server.host,
        "REDIS_PORT": str(server.port),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    command = [sys.executable, "-m", "tests.cache.asking", "watch_many", str(times)]
    other: Any = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)  # noqa: S603 - ours
    found = []
    try:
        for number in range(times):
            here.set(f"news-{number}", number, ttl=60)
            other.stdout.readline()  # it has the value in memory
            deleted_at = time.time() * 1000
            here.delete(f"news-{number}")
            found.append(float(other.stdout.readline().split()[1]) - deleted_at)
    finally:
        other.stdout.close()
        other.kill()
        other.wait()
        here.coherence.close()
    return found


def levels_on(server: RedisServer, strategy: str, **more: Any) -> TwoLevels:
    """With the default settings, but for the strategy and `more`."""
    config = OrchestrationConfig(
        redis_host=server.host,
        redis_port=server.port,
        redis_configured=True,
        cache_strategy=strategy,  # type: ignore[arg-type]
        **more,
    )
    levels = make(config).levels
    if not wait_until(levels.coherence.is_current, 5):
        raise RuntimeError("the tracking connection did not come about")
    return levels
