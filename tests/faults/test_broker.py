"""Redis away: what runs goes on, what is submitted is accepted, what was missed is found again."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import WorkEnvironment
from tests.faults.conftest import Place, System, in_profiles, open_place
from tests.services import RedisServer

pytestmark = pytest.mark.one_database


@pytest.fixture
def place(request: pytest.FixtureRequest, work_environment: WorkEnvironment, tmp_path: Path) -> Iterator[Place]:
    """One of each test's own: how long a submission takes depends on the connections that the program has had."""
    yield from open_place(request.param, work_environment, tmp_path)


@in_profiles("postgresql-redis")
def test_redis_killed_during_a_run_delays_at_most(system: System, redis_server: RedisServer) -> None:
    system.worker()
    names = [f"t{number}" for number in range(8)]
    tasks = [system.task_noting("sleep", name, seconds=0.4) for name in names]
    running = system.start(tasks, max_parallel=4)
    system.wait_for_note("start", count=2)
    redis_server.kill()
    submitted = time.monotonic()
    second = system.start([{"name": "a", "type": "echo"}])
    assert time.monotonic() - submitted < 30, "a submission does not wait for a broker that is away"
    ended = system.wait(running)
    assert ended["status"] == "completed"
    redis_server.start()
    for status in (ended, system.wait(second)):
        assert status["status"] == "completed"
        assert {(task["failures"], task["crashes"]) for task in status["tasks"].values()} == {(0, 0)}


@in_profiles("postgresql-redis")
def test_a_broker_that_does_not_answer_holds_up_a_submission_for_seconds_at_most(
    system: System, redis_server: RedisServer
) -> None:
    system.worker()
    system.wait(system.start([{"name": "a", "type": "echo"}]))  # so there is a connection
    redis_server.pause()
    submitted = time.monotonic()
    execution = system.start([{"name": "a", "type": "echo"}])
    assert time.monotonic() - submitted < 12, "three times the broker's timeout of 2 s, on a slow machine"
    redis_server.resume()
    assert system.wait(execution)["status"] == "completed"
