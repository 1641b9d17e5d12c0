"""`kill -9`: a killed process delays the execution and changes nothing else, not even its count of failures."""

import os
import signal
import time

import pytest

from tests.faults.conftest import System, in_profiles, while_working
from tests.services import PostgresServer

pytestmark = pytest.mark.one_database


def follow_up(name: str = "b", after: str = "a") -> dict[str, object]:
    return {
        "name": name,
        "type": "echo",
        "parameters": {"seen": f"{{{after}_output.attempt}}"},
        "dependencies": [after],
    }


@while_working("sqlite", "postgresql-redis", workers=1)
def test_a_killed_child_delays_its_task_and_the_rest_goes_on(working: System) -> None:
    execution = working.start([working.task_noting("sleep_once", seconds=600), follow_up()])
    os.kill(working.wait_for_note("start"), signal.SIGKILL)
    started = time.monotonic()
    ended = working.wait(execution)
    assert ended["status"] == "completed"
    assert ended["output"] == {"b": {"seen": 2}}
    assert (ended["tasks"]["a"]["failures"], ended["tasks"]["a"]["crashes"]) == (0, 1)
    assert working.attempts(execution) == ["crashed", "completed", "completed"]
    assert time.monotonic() - started < 15


@in_profiles("sqlite", "postgresql-redis")
def test_a_killed_worker_is_replaced_by_another_once_its_leases_ran_out(system: System) -> None:
    first = system.worker(concurrency=1)
    execution = system.start([system.task_noting("sleep_once", seconds=600), follow_up()])
    system.wait_for_note("start")
    first.kill_all()
    system.worker(concurrency=1)
    ended = system.wait(execution)
    assert ended["status"] == "completed"
    assert (ended["tasks"]["a"]["failures"], ended["tasks"]["a"]["crashes"]) == (0, 1)
    assert system.attempts(execution) == ["crashed", "completed", "completed"]


@in_profiles("sqlite")
def test_a_child_that_outlives_its_killed_worker_cannot_record_what_was_given_to_another(system: System) -> None:
    first = system.worker(concurrency=1)
    execution = system.start([system.task_noting("sleep_once", seconds=6), follow_up()])
    system.wait_for_note("start")
    first.kill()
    system.worker(concurrency=1)
    ended = system.wait(execution)
    assert ended["status"] == "completed"
    assert ended["output"] == {"b": {"seen": 2}}
    assert ended["tasks"]["a"]["failures"] == 0
    assert system.attempts(execution) == ["crashed", "completed", "completed"]


@while_working("sqlite", workers=1)
def test_a_task_that_always_kills_its_process_fails_after_max_crashes(working: System) -> None:
    execution = working.start([{"name": "a", "type": "die", "max_crashes": 2}, follow_up()])
    ended = working.wait(execution)
    assert ended["status"] == "failed"
    assert ended["error"]["code"] == "crashed_too_often"
    assert (ended["tasks"]["a"]["failures"], ended["tasks"]["a"]["crashes"]) == (0, 2)
    assert ended["tasks"]["b"]["status"] == "skipped"


@while_working("sqlite", "postgresql-redis", workers=1)
def test_a_handler_that_ignores_its_timeout_is_killed_and_tried_again(working: System) -> None:
    retry = {"max_attempts": 2, "initial": 0.1}
    task = {"name": "a", "type": "stubborn", "parameters": {"seconds": 600}, "timeout": 0.5, "retry": retry}
    ended = working.wait(working.start([task]))
    found = ended["tasks"]["a"]
    assert (ended["status"], found["status"]) == ("failed", "timed_out")
    assert (found["failures"], found["crashes"]) == (2, 0)
    assert found["error"]["timeout"] == "attempt"
    assert "longer than its timeout of 0.5 s" in ended["error"]["message"]


@in_profiles("postgresql")
def test_a_result_is_kept_while_the_database_is_away_and_recorded_when_it_is_back(
    system: System, postgres_server: PostgresServer
) -> None:
    system.worker()
    execution = system.start([system.task_noting("sleep", seconds=1.0), follow_up()])
    system.wait_for_note("start")
    postgres_server.stop()  # not kill(): with synchronous_commit=off a crash loses the latest commits
    system.wait_for_note("end")
    postgres_server.start()
    ended = system.wait(execution)
    assert ended["status"] == "completed"
    assert ended["tasks"]["a"]["failures"] == 0
    assert system.attempts(execution)[-2:] == ["completed", "completed"]
    assert len(system.noted("start")) == 1, "the attempt was not made twice"


@in_profiles("postgresql")
def test_tasks_that_run_through_an_outage_longer_than_their_leases_are_not_run_again(
    system: System, postgres_server: PostgresServer
) -> None:
    for _ in range(2):
        system.worker(concurrency=1)
    short = system.task_noting("sleep", seconds=2) | {"timeout": 3}  # overdue when the database is back
    executions = [system.start([task]) for task in (short, system.task_noting("sleep", seconds=14))]
    system.wait_for_note("start", 2)
    postgres_server.stop()
    time.sleep(8)  # leases are of 3 s
    postgres_server.start()
    for execution in executions:
        ended = system.wait(execution)
        assert (ended["status"], system.attempts(execution)) == ("completed", ["completed"])
    assert len(system.noted("start")) == 2


@in_profiles("postgresql")
def test_a_program_that_asks_again_after_an_outage_is_answered(system: System, postgres_server: PostgresServer) -> None:
    execution = system.start([{"name": "a", "type": "echo"}])
    postgres_server.restart()
    assert system.client.ask("status_after_an_outage", execution_id=execution).get("status") == "pending"
