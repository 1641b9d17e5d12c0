"""Pause and resume: what runs finishes, nothing new is claimed, timers of waiting stand still."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from celery import Celery

from orchestration.engine import recovery, store
from orchestration.exceptions import ExecutionNotFound
from orchestration.models import Execution
from orchestration.selectors.executions import execution_status
from orchestration.services.executions import pause_execution, resume_execution
from tests.engine import flow
from tests.engine.conftest import messages
from tests.engine.pausing import pause, resume, status
from tests.engine.soundness import assert_sound
from tests.engine.test_concurrency import work_off

pytestmark = pytest.mark.django_db


# What a pause holds, and what it does not -----------------------------------------------------------------------------


def test_what_runs_finishes_and_nothing_new_is_claimed() -> None:
    execution = flow.start({"a": [], "b": ["a"], "c": []}, max_parallel=3)
    who = flow.claimant()
    claim = flow.take_task(execution, "a", who)
    pause(execution)
    step = flow.complete(claim, who, take_next=True)
    assert (step.accepted, step.next_claim) == (True, None)
    assert flow.statuses(execution) == {"a": "completed", "b": "queued", "c": "queued"}
    assert store.claim_oldest(who) is None
    assert store.claim(flow.hint_of(execution, "b"), who) is None
    assert status(execution) == "paused"
    assert_sound(execution)


def test_a_resumed_execution_goes_on_where_it_was() -> None:
    execution = flow.start(flow.CHAIN)
    who = flow.claimant()
    claim = flow.take(who)
    pause(execution)
    flow.complete(claim, who)
    assert resume(execution) == "running"
    assert work_off(who) == 2
    assert status(execution) == "completed"


@pytest.mark.one_database
@pytest.mark.parametrize("verb", [pause_execution, resume_execution])
def test_a_second_call_changes_nothing(verb: Callable[..., bool]) -> None:
    execution = flow.start()
    pause(execution)
    verb(execution_id=execution.pk)
    before = flow.event_kinds(execution), Execution.objects.filter(pk=execution.pk).values().get()
    assert verb(execution_id=execution.pk) is True
    assert before == (flow.event_kinds(execution), Execution.objects.filter(pk=execution.pk).values().get())


@pytest.mark.one_database
@pytest.mark.parametrize("verb", [pause_execution, resume_execution])
def test_what_has_ended_stays_ended(verb: Callable[..., bool]) -> None:
    execution = flow.start()
    work_off(flow.claimant())
    assert verb(execution_id=execution.pk) is False
    assert status(execution) == "completed"


@pytest.mark.one_database
@pytest.mark.parametrize("verb", [pause_execution, resume_execution])
def test_what_is_not_there_is_an_error(verb: Callable[..., bool]) -> None:
    with pytest.raises(ExecutionNotFound):
        verb(execution_id=uuid4())


@pytest.mark.one_database
def test_one_that_has_not_started_is_pending_again() -> None:
    execution = flow.start()
    pause(execution)
    assert resume(execution) == "pending"


@pytest.mark.one_database
def test_one_that_waits_for_a_retry_is_waiting_again() -> None:
    execution = flow.start()
    who = flow.claimant()
    flow.fail(flow.take(who), who, retryable=True, delay_seconds=60)
    pause(execution)
    assert resume(execution) == "waiting"


@pytest.mark.one_database
def test_the_last_result_ends_a_paused_execution() -> None:
    execution = flow.start()
    who = flow.claimant()
    claim = flow.take(who)
    pause(execution)
    flow.complete(claim, who, {"x": 1})
    assert status(execution) == "completed"
    assert flow.reload(execution).output == {"a": {"x": 1}}
    assert_sound(execution)


@pytest.mark.one_database
def test_the_last_failure_ends_it_too() -> None:
    execution = flow.start(flow.CHAIN)
    who = flow.claimant()
    claim = flow.take(who)
    pause(execution)
    flow.fail(claim, who)
    assert status(execution) == "failed"
    assert_sound(execution)


@pytest.mark.one_database
def test_a_paused_execution_can_be_cancelled() -> None:
    execution = flow.start(flow.CHAIN)
    pause(execution)
    assert store.cancel(execution.pk)
    assert status(execution) == "cancelled"
    assert_sound(execution)


def test_a_retry_that_comes_due_waits_in_the_queue() -> None:
    execution = flow.start()
    who = flow.claimant()
    flow.fail(flow.take(who), who, retryable=True, delay_seconds=60)
    pause(execution)
    flow.make_due(execution, "not_before", "a")
    recovery.release_retries()
    assert (flow.row(execution).status, status(execution)) == ("queued", "paused")
    assert store.claim_oldest(who) is None
    resume(execution)
    assert flow.take(who).attempt == 2


@pytest.mark.usefixtures("broker")
@pytest.mark.parametrize("crashes", [1, 2])
def test_the_task_of_a_lost_worker_waits_in_the_queue(crashes: int) -> None:
    execution = flow.start(each={"max_crashes": 2})
    who = flow.claimant()
    for _ in range(crashes - 1):
        claim = flow.take(who)
        store.lose_worker(claim.task_run_id, claim.token, message="gone")
    claim = flow.take(who)
    pause(execution)
    store.lose_worker(claim.task_run_id, claim.token, message="gone")
    assert_sound(execution)
    assert (status(execution), store.claim_oldest(who)) == ("paused" if crashes == 1 else "failed", None)


def test_a_worker_that_stops_hands_back_into_the_pause() -> None:
    execution = flow.start()
    who = flow.claimant()
    claim = flow.take(who)
    pause(execution)
    store.hand_back(claim.task_run_id, who.worker_id)
    assert (flow.row(execution).status, flow.row(execution).failures) == ("queued", 0)
    assert store.claim_oldest(who) is None
    assert resume(execution) == "running"
    assert flow.take(who).attempt == 1


@pytest.mark.one_database
def test_other_executions_are_not_held() -> None:
    held, other = flow.start(), flow.start()
    pause(held)
    assert flow.take(flow.claimant()).execution_id == other.pk


def test_the_process_of_run_does_not_claim_what_is_paused() -> None:
    private = flow.claimant("private", is_private=True)
    execution = flow.start(options={"private_worker": "private"})
    pause(execution)
    assert store.claim_oldest(private) is None
    resume(execution)
    assert flow.take(private).execution_id == execution.pk


# Said and heard -------------------------------------------------------------------------------------------------------


def test_its_history_says_who_paused_it_and_why() -> None:
    execution = flow.start()
    pause_execution(execution_id=execution.pk, reason="the price list\x00 is \ud800wrong", by="anna")
    resume_execution(execution_id=execution.pk, by="ben")
    said = execution.events.order_by("id").values_list("kind", "details")[1:]
    assert list(said) == [
        ("execution.paused", {"reason": "the price list\ufffd is ?wrong", "by": "anna"}),
        ("execution.resumed", {"by": "ben"}),
    ]


def test_resuming_wakes_as_many_workers_as_may_run_it(
    broker: Celery, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    execution = flow.start(flow.FAN, max_parallel=3)
    messages(broker)
    execution.task_runs.update(hints=7)
    pause(execution)
    with django_capture_on_commit_callbacks(execute=True):
        resume(execution)
    rows = [flow.row(execution, name) for name in "abc"]
    assert messages(broker) == [(row.pk, row.token) for row in rows]
    assert [flow.row(execution, name).hints for name in "abcd"] == [1, 1, 1, 0]


@pytest.mark.usefixtures("broker")
def test_a_result_in_a_pause_wakes_nobody() -> None:
    execution = flow.start({"a": [], "b": ["a"], "c": []}, max_parallel=3)
    who = flow.claimant()
    claim = flow.take_task(execution, "a", who)
    pause(execution)
    assert flow.complete(claim, who).hints == []


@pytest.mark.one_database
def test_why_it_waits_says_that_it_is_paused() -> None:
    execution = flow.start({"a": [], "b": []})
    flow.take(flow.claimant())
    pause_execution(execution_id=execution.pk, reason="wrong prices", by="anna")
    assert execution_status(execution.pk)["reason"] == (
        "it is paused by anna (wrong prices); 1 running task finishes first; nothing new starts until it is resumed"
    )
    resume_execution(execution_id=execution.pk)
    pause(execution)
    store.hand_back(flow.row(execution, "a").pk, "w1")
    assert execution_status(execution.pk)["reason"] == "it is paused; nothing new starts until it is resumed"


@pytest.mark.usefixtures("broker")
def test_nobody_is_woken_again_for_what_is_paused() -> None:
    execution = flow.start()
    pause(execution)
    flow.make_due(execution, "queued_at", "a")
    assert recovery.republish_hints() == 0


# Timers ---------------------------------------------------------------------------------------------------------------


def seconds_left(execution: Execution) -> float:
    due = flow.reload(execution).deadline_at
    assert due is not None
    event = execution.events.order_by("-id").values_list("at", flat=True).first()
    assert event is not None
    return (due - event).total_seconds()


def test_the_deadline_of_the_run_stands_still() -> None:
    execution = flow.start(timeout=600)
    before = seconds_left(execution)
    pause(execution)
    assert flow.reload(execution).deadline_at is None
    assert recovery.enforce_deadlines() == 0
    # As if it had been paused for an hour: the rest is kept, not the moment.
    resume(execution)
    assert before - 60 < seconds_left(execution) <= before


def test_pausing_again_keeps_what_is_left_by_then() -> None:
    execution = flow.start(timeout=600)
    for _ in range(2):
        pause(execution)
        pause(execution)
        resume(execution)
    assert 540 < seconds_left(execution) <= 600


def test_a_deadline_that_was_over_is_over_when_it_goes_on() -> None:
    execution = flow.start(timeout=600)
    flow.make_due(execution, "deadline_at")
    pause(execution)
    assert recovery.enforce_deadlines() == 0
    resume(execution)
    assert recovery.enforce_deadlines() == 1
    assert status(execution) == "timed_out"


@pytest.mark.one_database
def test_an_execution_without_a_deadline_gets_none() -> None:
    execution = flow.start()
    pause(execution)
    resume(execution)
    assert flow.reload(execution).deadline_at is None


def test_queue_timeouts_stand_still_whenever_a_task_was_queued() -> None:
    execution = flow.start({"a": [], "b": ["a"], "c": []}, each={"queue_timeout": 30}, max_parallel=3)
    who = flow.claimant()
    claim = flow.take_task(execution, "a", who)
    pause(execution)
    flow.complete(claim, who)
    assert flow.statuses(execution) == {"a": "completed", "b": "queued", "c": "queued"}
    assert [flow.row(execution, name).queue_deadline_at for name in "bc"] == [None, None]


def test_a_queue_timeout_starts_again_in_full_when_it_can_be_claimed_again() -> None:
    execution = flow.start(
        {"a": [], "b": ["a"], "c": ["a"], "d": []}, tasks={"a": {"queue_timeout": 30}, "b": {"queue_timeout": 20}}
    )
    pause(execution)
    resume(execution)
    resumed = execution.events.get(kind="execution.resumed").at
    due = flow.row(execution, "a").queue_deadline_at
    assert due is not None
    assert (due - resumed).total_seconds() == 30
    assert flow.row(execution, "b").queue_deadline_at is None
    assert [flow.row(execution, name).queue_timeout_seconds for name in "abcd"] == [30, 20, None, None]
    flow.make_due(execution, "queue_deadline_at", "a")
    assert recovery.enforce_deadlines() == 1
    assert flow.row(execution, "a").error == {
        "code": "queue_timed_out",
        "message": "no worker took it within its queue_timeout of 30 s",
        "timeout": "queue",
    }


def test_the_timeout_of_an_attempt_goes_on() -> None:
    execution = flow.start(each={"timeout": 7})
    flow.take(flow.claimant())
    before = flow.row(execution).deadline_at
    pause(execution)
    assert flow.row(execution).deadline_at == before
