"""The keeper: what a worker's children hold, and what becomes of it when they die, hang or are not wanted any more."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest

from orchestration.engine import keeper, process, store
from orchestration.engine.keeper import Keeper, hand_back_all, register_worker
from orchestration.engine.outcomes import Claimant
from orchestration.engine.patience import Patience
from orchestration.handlers.catalog import runnable_task_types
from orchestration.models import Execution, Worker
from tests.engine import flow
from tests.engine.soundness import assert_sound

pytestmark = pytest.mark.django_db


@pytest.fixture
def identity() -> process.Identity:
    made = process.Identity(worker_id="w1", task_types=runnable_task_types())
    register_worker(made, pool="prefork", concurrency=2)
    return made


def holder(identity: process.Identity, pid: int) -> Claimant:
    return Claimant(identity.worker_id, pid, identity.task_types, name=f"{identity.hostname}:{pid}")


def heard() -> Patience:
    """There was no outage."""
    return Patience(answered_at=time.monotonic())


def has_ended(child: subprocess.Popen[bytes]) -> bool:
    return child.wait(60) == -signal.SIGKILL


def test_a_workers_row_says_what_it_can_run(identity: process.Identity) -> None:
    found = Worker.objects.get(pk="w1")
    assert (found.pool, found.concurrency, found.queues, found.stopped_at) == ("prefork", 2, ["default"], None)
    assert "echo" in found.task_types


def test_leases_of_live_children_are_renewed(identity: process.Identity) -> None:
    execution = flow.start()
    flow.take(holder(identity, 7))
    flow.make_due(execution, "lease_expires_at", "a")
    before = flow.row(execution).lease_expires_at
    Keeper(identity, child_pids=lambda: {7, 8}).step()
    after = flow.row(execution).lease_expires_at
    assert before
    assert after
    assert after > before
    assert flow.row(execution).status == "running"


def test_a_dead_childs_attempt_is_taken_back_at_once_as_a_crash(identity: process.Identity) -> None:
    execution = flow.start()
    flow.take(holder(identity, 7))
    Keeper(identity, child_pids=lambda: {8}).step()
    found = flow.row(execution)
    assert (found.status, found.crashes, found.failures) == ("queued", 1, 0)
    assert (found.attempts.get().error or {})["message"] == f"the worker process 7 on {identity.hostname} died"
    assert_sound(execution)


def test_an_overdue_child_is_killed_and_its_attempt_timed_out(
    identity: process.Identity, child: subprocess.Popen[bytes]
) -> None:
    execution = flow.start(each={"timeout": 3})
    flow.take(holder(identity, child.pid))
    flow.make_due(execution, "deadline_at", "a")
    Keeper(identity, child_pids=lambda: {child.pid}, patience=heard()).step()
    assert has_ended(child)
    found = flow.row(execution)
    assert (found.status, found.failures, found.crashes) == ("retrying", 1, 0)
    assert found.error is not None
    assert found.error["timeout"] == "attempt"
    assert_sound(execution)


def test_a_child_gets_its_grace_after_the_deadline(
    identity: process.Identity, child: subprocess.Popen[bytes], configure: Callable[..., None]
) -> None:
    configure(attempt_grace_seconds=1000.0)
    execution = flow.start()
    flow.take(holder(identity, child.pid))
    flow.make_due(execution, "deadline_at", "a")
    Keeper(identity, child_pids=lambda: {child.pid}, patience=heard()).step()
    assert child.poll() is None
    assert flow.row(execution).status == "running"


def test_a_child_that_goes_on_with_a_cancelled_attempt_is_killed_once_it_is_overdue(
    identity: process.Identity, child: subprocess.Popen[bytes]
) -> None:
    execution = flow.start()
    flow.take(holder(identity, child.pid))
    store.cancel(execution.pk)
    kept = Keeper(identity, child_pids=lambda: {child.pid}, patience=heard())
    kept.step()
    assert child.poll() is None
    flow.make_due(execution, "deadline_at", "a")
    kept.step()
    assert has_ended(child)
    assert (flow.row(execution).status, flow.row(execution).worker_id) == ("cancelled", None)
    assert_sound(execution)


def test_a_child_that_has_gone_on_to_other_work_is_not_killed_for_what_it_finished(
    identity: process.Identity, child: subprocess.Popen[bytes]
) -> None:
    execution = flow.start({"a": [], "b": ["a"]})
    who = holder(identity, child.pid)
    claim = flow.take(who)
    flow.make_due(execution, "deadline_at", "a")

    def list_children() -> set[int]:
        if flow.row(execution).status == "running":  # the result arrives between the keeper's look and its deed
            flow.complete(claim, who, take_next=True)
        return {child.pid}

    Keeper(identity, child_pids=list_children, patience=heard()).step()
    assert child.poll() is None
    assert flow.statuses(execution) == {"a": "completed", "b": "running"}


def test_a_thread_cannot_be_killed_but_its_slot_is_freed(identity: process.Identity) -> None:
    execution = flow.start()
    flow.take(holder(identity, os.getpid()))
    flow.make_due(execution, "deadline_at", "a")
    Keeper(identity, child_pids=lambda: None, can_kill=False, patience=heard()).step()
    assert flow.row(execution).status == "retrying"
    assert_sound(execution)


def test_the_look_of_each_second_reads_no_values(
    identity: process.Identity, child: subprocess.Popen[bytes], django_assert_num_queries: Any
) -> None:
    flow.take_task(flow.start(), "a", holder(identity, child.pid))
    kept = Keeper(identity, child_pids=lambda: {child.pid}, patience=heard())
    kept.step()
    with django_assert_num_queries(2) as asked:  # what is in flight, and the database's time
        kept.step()
    assert not [name for name in ("input", "output", "usage") if f'"{name}"' in asked[0]["sql"]]


def test_the_heartbeat_is_written_even_when_there_is_nothing_to_do(identity: process.Identity) -> None:
    Worker.objects.update(heartbeat_at="2020-01-01T00:00:00Z")
    assert Keeper(identity, child_pids=set).step() == keeper.STEP_SECONDS
    assert Worker.objects.get().heartbeat_at.year > 2020


def test_a_stopping_worker_hands_back_all_it_holds_and_says_that_it_stopped(identity: process.Identity) -> None:
    first, second, cancelled = flow.start(), flow.start(), flow.start()
    for execution, pid in ((first, 1), (second, 2), (cancelled, 3)):
        flow.take_task(execution, "a", holder(identity, pid))
    store.cancel(cancelled.pk)
    assert hand_back_all(identity) == {1, 2, 3}
    for execution in (first, second):
        found = flow.row(execution)
        assert (found.status, found.failures, found.crashes) == ("queued", 0, 0)
        assert_sound(execution)
    assert flow.row(cancelled).worker_id is None
    assert Worker.objects.get().stopped_at is not None


def test_everything_in_flight_of_other_workers_is_left_alone(identity: process.Identity) -> None:
    execution: Execution = flow.start()
    flow.take(flow.claimant("w2", 7))
    Keeper(identity, child_pids=set).step()
    assert hand_back_all(identity) == set()
    assert flow.row(execution).status == "running"
