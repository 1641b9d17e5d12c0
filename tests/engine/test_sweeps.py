"""One row that cannot be dealt with stops nothing behind it."""

import os
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError

from common.resilience import sweep
from orchestration.engine import process, recovery, store
from orchestration.engine.keeper import Keeper, hand_back_all, register_worker
from orchestration.handlers.catalog import runnable_task_types
from orchestration.models import Execution, Worker
from tests.engine import flow

pytestmark = pytest.mark.django_db


def broken_for(execution: Execution, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The store's verb raises what nobody expects for this execution, or its task run."""
    verb, keys = getattr(store, name), {execution.pk, flow.row(execution).pk}

    def fail(key: Any, *words: Any, **options: Any) -> Any:
        if key in keys:
            raise KeyError("something in this row")
        return verb(key, *words, **options)

    monkeypatch.setattr(store, name, fail)


def test_a_sweep_goes_on_after_one_that_fails_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    def invert(key: int) -> float:
        return 1 / key

    assert sweep([1, 0, 2], invert) == [1, 0.5]
    assert "invert of 0 failed" in caplog.text


def test_a_sweep_ends_when_the_database_is_in_trouble() -> None:
    seen = []

    def away(key: int) -> None:
        seen.append(key)
        raise OperationalError("gone")

    with pytest.raises(OperationalError):
        sweep([1, 2], away)
    assert seen == [1]


@pytest.mark.parametrize(
    ("verb", "column", "of_task", "duty", "status"),
    [
        ("release_retry", "not_before", True, recovery.release_retries, "queued"),
        ("lose_worker", "lease_expires_at", True, recovery.expire_leases, "queued"),
        ("time_out_queued", "queue_deadline_at", True, recovery.enforce_deadlines, "timed_out"),
        ("time_out_execution", "deadline_at", False, recovery.enforce_deadlines, "timed_out"),
    ],
)
def test_a_row_that_fails_stops_no_other_of_its_duty(
    verb: str, column: str, of_task: bool, duty: Callable[[], int], status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = flow.start(timeout=60, each={"queue_timeout": 60}), flow.start(timeout=60, each={"queue_timeout": 60})
    for execution in (bad, good):
        if verb == "release_retry":
            flow.fail(flow.take_task(execution, "a", flow.claimant()), flow.claimant(), retryable=True)
        elif verb == "lose_worker":
            flow.take_task(execution, "a", flow.claimant())
        flow.make_due(execution, column, "a" if of_task else None)
    broken_for(bad, monkeypatch, verb)
    assert duty() == 1
    assert flow.row(good).status == status
    assert flow.row(bad).status != status


def test_a_run_that_cannot_be_ended_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    bad, good = (flow.start(options={"private_worker": name}) for name in ("w1", "w2"))
    for name in ("w1", "w2"):
        flow.claimant(name)
    Worker.objects.update(heartbeat_at="2020-01-01T00:00:00Z")
    broken_for(bad, monkeypatch, "abandon")
    assert recovery.abandon_orphans() == 1
    assert flow.reload(good).status == "failed"


@pytest.fixture
def held() -> tuple[process.Identity, Execution, Execution]:
    """A worker that holds two attempts."""
    identity = process.Identity(worker_id="w1", task_types=runnable_task_types())
    register_worker(identity, pool="prefork", concurrency=2)
    bad, good = flow.start(), flow.start()
    flow.take_task(bad, "a", flow.claimant("w1", 7))
    flow.take_task(good, "a", flow.claimant("w1", 8))
    return identity, bad, good


def test_an_attempt_that_cannot_be_taken_back_stops_no_other(
    held: tuple[process.Identity, Execution, Execution], monkeypatch: pytest.MonkeyPatch
) -> None:
    identity, bad, good = held
    broken_for(bad, monkeypatch, "lose_worker")
    Keeper(identity, child_pids=lambda: {os.getpid()}).step()
    assert (flow.row(bad).status, flow.row(good).status) == ("running", "queued")


def test_an_attempt_that_cannot_be_handed_back_stops_no_other(
    held: tuple[process.Identity, Execution, Execution], monkeypatch: pytest.MonkeyPatch
) -> None:
    identity, bad, good = held
    broken_for(bad, monkeypatch, "hand_back")
    hand_back_all(identity)
    assert (flow.row(bad).status, flow.row(good).status) == ("running", "queued")
    assert Worker.objects.get().stopped_at is not None
