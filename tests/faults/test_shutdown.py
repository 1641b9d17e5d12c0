"""SIGTERM in the middle of a task: finished within the grace period or handed back, and nothing is counted."""

import signal
import time

import pytest

from tests.faults.conftest import System, in_every_profile

pytestmark = pytest.mark.one_database


def assert_handed_on(system: System, pool: str) -> None:
    first = system.worker(pool=pool)
    execution = system.start([system.task_noting("sleep_once", seconds=600)])
    system.wait_for_note("start")
    stopping = time.monotonic()
    first.popen.terminate()
    first.wait(15)
    assert time.monotonic() - stopping < 10
    found = system.task(execution)
    assert (found["status"], found["failures"], found["crashes"]) == ("queued", 0, 0)
    assert system.attempts(execution) == ["handed_back"]
    system.worker(pool=pool)
    ended = system.wait(execution)
    assert (ended["status"], ended["tasks"]["a"]["failures"], ended["tasks"]["a"]["crashes"]) == ("completed", 0, 0)


@in_every_profile()
def test_a_task_of_a_stopping_worker_is_handed_back_and_counts_nothing(system: System) -> None:
    assert_handed_on(system, "prefork")


@in_every_profile("sqlite", "postgresql-redis")
def test_a_task_of_a_stopping_worker_with_threads_is_handed_back_too(system: System) -> None:
    assert_handed_on(system, "threads")


@in_every_profile("sqlite", "postgresql-redis")
def test_a_task_of_a_worker_told_to_quit_is_handed_back_and_counts_nothing(system: System) -> None:
    first = system.worker()
    execution = system.start([system.task_noting("sleep_once", seconds=600)])
    system.wait_for_note("start")
    first.send_signal(signal.SIGQUIT)
    first.wait(15)
    assert system.attempts(execution) == ["handed_back"]
    system.worker()
    ended = system.wait(execution)
    assert (ended["status"], ended["tasks"]["a"]["failures"], ended["tasks"]["a"]["crashes"]) == ("completed", 0, 0)


@pytest.mark.parametrize("pool", ["prefork", "threads"])
def test_a_task_that_ends_within_the_grace_period_is_recorded_by_the_stopping_worker(system: System, pool: str) -> None:
    system.env["SHUTDOWN_GRACE_SECONDS"] = "20"
    worker = system.worker(pool=pool)
    tasks = [system.task_noting("sleep", seconds=1.5), {**system.task_noting("echo", "b"), "dependencies": ["a"]}]
    execution = system.start(tasks)
    system.wait_for_note("start")
    worker.popen.terminate()
    worker.wait(15)
    assert (system.task(execution, "a")["status"], system.task(execution, "b")["status"]) == ("completed", "queued")
    assert system.attempts(execution) == ["completed"]


def test_an_idle_worker_stops_at_once(system: System) -> None:
    worker = system.worker()
    stopping = time.monotonic()
    assert worker.stop() == 0
    assert time.monotonic() - stopping < 5
