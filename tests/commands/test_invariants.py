"""The invariants: a sound database breaks none, and each kind of damage is found."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now

from orchestration.engine.blobs import store_value
from orchestration.engine.ticker import take_leadership
from orchestration.models import Blob, Execution, TaskRun, TickerLease, Worker
from orchestration.selectors.invariants import broken_invariants
from reviews.models import ReviewRequest
from reviews.services.requests import close_review, open_review
from tests.engine import flow

pytestmark = pytest.mark.django_db


def broken() -> set[str]:
    return {violation.invariant for violation in broken_invariants()}


def set_execution(execution: Execution, **columns: Any) -> None:
    Execution.objects.filter(pk=execution.pk).update(**columns)


def set_task_run(execution: Execution, name: str, **columns: Any) -> None:
    TaskRun.objects.filter(execution=execution, name=name).update(**columns)


def seconds_ago(number: float) -> Any:
    return Now() - timedelta(seconds=number)


def test_nothing_is_broken_at_any_step_of_a_diamond() -> None:
    execution, who = flow.start(flow.DIAMOND), flow.claimant()
    assert not broken()
    while not flow.reload(execution).is_terminal:
        claim = flow.take(who)
        assert not broken()
        flow.complete(claim, who)
        assert not broken()


@pytest.mark.parametrize("outcome", [{"retryable": True, "delay_seconds": 60}, {"retryable": False}])
def test_nothing_is_broken_by_a_retry_or_a_failure(outcome: dict[str, Any]) -> None:
    flow.start(flow.CHAIN)
    flow.fail(flow.take(flow.claimant()), flow.claimant(), **outcome)
    assert not broken()


def test_nothing_is_broken_by_a_pause() -> None:
    set_execution(flow.start(flow.CHAIN), status="paused")
    assert not broken()


def damage_pending_counter(execution: Execution) -> None:
    set_task_run(execution, "d", remaining_dependencies=1)


def damage_parent(execution: Execution) -> None:
    set_task_run(execution, "b", status="failed")


def damage_queue(execution: Execution) -> None:
    set_task_run(execution, "a", queued_at=None)


def damage_queued_early(execution: Execution) -> None:
    set_task_run(execution, "d", status="queued", queued_at=Now())


def damage_waiting(execution: Execution) -> None:
    """It waits for a review that ended long ago."""
    review = open_review(task_name="a", task_type="echo", input_data={})
    close_review(review_id=review.pk, reason="", actor="tests")
    ReviewRequest.objects.filter(pk=review.pk).update(closed_at="2020-01-01T00:00:00Z")
    set_task_run(execution, "a", status="waiting", review=review)


def damage_counter(execution: Execution) -> None:
    set_execution(execution, failed_task_runs=1)


def damage_end(execution: Execution) -> None:
    zero = dict.fromkeys(("open_task_runs", "active_task_runs", "running_task_runs"), 0)
    set_execution(execution, status="completed", finished_at=Now(), **zero)


def damage_open(execution: Execution) -> None:
    zero = dict.fromkeys(("open_task_runs", "active_task_runs", "running_task_runs"), 0)
    execution.task_runs.update(status="completed", finished_at=Now())
    set_execution(execution, **zero)


def damage_private(execution: Execution) -> None:
    set_execution(execution, private_worker="nobody", created_at=seconds_ago(120))


def damage_blob(execution: Execution) -> None:
    set_execution(execution, input=store_value("x" * 100_000))
    Blob.objects.all().delete()


@pytest.mark.parametrize(
    ("damage", "invariant"),
    [
        (damage_pending_counter, "pending_waits_for_a_task"),
        (damage_parent, "pending_waits_for_a_task"),
        (damage_queue, "queued_is_claimable"),
        (damage_queued_early, "queued_is_claimable"),
        (damage_waiting, "waiting_has_a_cause"),
        (damage_counter, "counters_equal_rows"),
        (damage_end, "ended_has_nothing_open"),
        (damage_open, "live_has_something_open"),
        (damage_private, "run_has_a_process"),
        (damage_blob, "blobs_exist"),
    ],
)
def test_damage_is_found_and_named(damage: Callable[[Execution], None], invariant: str) -> None:
    execution = flow.start(flow.DIAMOND)
    damage(execution)
    found = [violation for violation in broken_invariants() if violation.invariant == invariant]
    assert found
    assert found[0].execution_id == str(execution.pk)


class TestLeases:
    @pytest.fixture
    def execution(self) -> Execution:
        started = flow.start()
        flow.take(flow.claimant())
        return started

    def expire(self, execution: Execution, seconds: float) -> None:
        set_task_run(execution, "a", lease_expires_at=seconds_ago(seconds))

    def test_a_live_one_is_needed(self, execution: Execution) -> None:
        self.expire(execution, 30)
        assert broken() == {"running_has_a_lease"}

    def test_one_that_has_just_expired_is_fine_while_a_ticker_leads(self, execution: Execution) -> None:
        take_leadership("t", {})
        self.expire(execution, 2)
        assert not broken()

    def test_nobody_takes_back_a_lease_without_a_ticker(self, execution: Execution) -> None:
        take_leadership("t", {})
        TickerLease.objects.update(expires_at=seconds_ago(1))
        self.expire(execution, 2)
        assert broken() == {"running_has_a_lease"}


def test_an_open_run_with_a_live_process_is_fine() -> None:
    flow.claimant("private")
    execution = flow.start(options={"private_worker": "private"})
    set_execution(execution, created_at=seconds_ago(3600))
    assert not broken()
    Worker.objects.update(stopped_at=Now())
    assert broken() == {"run_has_a_process"}


def test_no_more_than_the_limit_of_each_is_listed() -> None:
    for _ in range(4):
        damage_counter(flow.start())
    assert len(broken_invariants(limit=3)) == 3
