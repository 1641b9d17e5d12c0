"""Real processes: a delete in one is seen in the memory of another, and one missing value is made once."""

import time
from pathlib import Path

import pytest

from orchestration.cache.exceptions import StoreDown
from orchestration.cache.installed import make
from orchestration.cache.tiers.breaker import Breaker
from orchestration.conf import OrchestrationConfig
from tests.conftest import WorkEnvironment
from tests.processes import Processes
from tests.services import RedisServer

GENEROUS_MILLISECONDS = 250  # a busy machine; the benchmark measures what it really is


PROGRAM = ("-m", "tests.cache.asking")


def test_a_delete_is_seen_by_the_memory_of_another_process(
    work_environment: WorkEnvironment, processes: Processes, redis_server: RedisServer
) -> None:
    env = work_environment(broker=True, DJANGO_SETTINGS_MODULE="config.settings")
    here = make(OrchestrationConfig.from_env(env)).levels
    try:
        here.set("k", "v", ttl=60)
        other = processes.python(*PROGRAM, "watch", "k", env=env)
        other.wait_for("^warm v$")
        deleted_at = time.time() * 1000
        here.delete("k")
        seen_at = float(other.wait_for(r"^gone ([\d.]+)$")[1])
        assert seen_at - deleted_at < GENEROUS_MILLISECONDS
    finally:
        here.coherence.close()


def test_over_a_restart_of_redis_the_other_process_serves_nothing_stale(
    work_environment: WorkEnvironment, processes: Processes, redis_server: RedisServer
) -> None:
    env = work_environment(broker=True, DJANGO_SETTINGS_MODULE="config.settings")
    here = make(OrchestrationConfig.from_env(env)).levels
    try:
        here.set("k", "old", ttl=60)
        other = processes.python(*PROGRAM, "watch", "k", env=env)
        other.wait_for("^warm old$")
        redis_server.restart()
        other.wait_for(r"^gone ([\d.]+)$")
    finally:
        here.coherence.close()


@pytest.mark.parametrize("broker", [True, False], ids=["redis", "table"])
def test_a_hundred_who_want_one_missing_value_make_it_once(
    work_environment: WorkEnvironment, processes: Processes, tmp_path: Path, broker: bool
) -> None:
    env = work_environment(broker=broker, DJANGO_SETTINGS_MODULE="config.settings")
    calls = tmp_path / "calls"
    calls.mkdir()
    wanting = [processes.python(*PROGRAM, "make_once", calls, "25", env=env) for _ in range(4)]
    for process in wanting:
        assert process.wait(60) == 0, process.read_log()
    assert len(list(calls.glob("had-*"))) == 100
    assert len(list(calls.glob("call-*"))) == 1


def test_an_open_breaker_does_not_ask_and_closes_again() -> None:
    now, asked = [0.0], []
    breaker = Breaker((OSError,), "the store", clock=lambda: now[0])

    def ask(works: bool) -> None:
        with breaker.guard():
            asked.append(now[0])
            if not works:
                raise OSError("away")

    with pytest.raises(StoreDown, match="does not answer"):
        ask(works=False)
    with pytest.raises(StoreDown, match="a moment ago"):
        ask(works=True)
    now[0] = 0.11
    with pytest.raises(StoreDown):
        ask(works=False)
    now[0] = 0.25
    assert breaker.is_open
    now[0] = 0.4
    ask(works=True)
    ask(works=True)
    assert asked == [0.0, 0.11, 0.4, 0.4]
