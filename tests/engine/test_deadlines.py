"""Deadlines of the run, the queue and the attempt are separate, and the reason says which fired."""

import pytest

from orchestration.engine import recovery, store
from tests.engine import flow
from tests.engine.soundness import assert_sound

pytestmark = pytest.mark.django_db


def test_an_execution_past_its_own_timeout_ends_timed_out_with_everything_open_in_it() -> None:
    execution = flow.start({"a": [], "b": ["a"], "x": [], "done": []}, timeout=60)
    who = flow.claimant()
    flow.complete(flow.take_task(execution, "done", who), who)
    late = flow.take_task(execution, "a", who)
    assert recovery.enforce_deadlines() == 0
    flow.make_due(execution, "deadline_at")
    assert recovery.enforce_deadlines() == 1
    ended = flow.reload(execution)
    assert ended.status == "timed_out"
    assert ended.error == {
        "code": "run_timed_out",
        "message": "the execution took longer than the pipeline's timeout",
        "task": None,
        "timeout": "run",
    }
    assert flow.statuses(execution) == {"a": "timed_out", "b": "cancelled", "x": "timed_out", "done": "completed"}
    assert not flow.complete(late, who).accepted
    assert_sound(execution)


def test_a_task_no_worker_took_in_time_is_timed_out_by_its_queue_timeout() -> None:
    execution = flow.start({"a": [], "b": ["a"]}, tasks={"a": {"queue_timeout": 30}})
    assert recovery.enforce_deadlines() == 0
    flow.make_due(execution, "queue_deadline_at", "a")
    assert recovery.enforce_deadlines() == 1
    found = flow.row(execution)
    assert (found.status, found.failures, found.token) == ("timed_out", 0, 1)
    assert found.error == {
        "code": "queue_timed_out",
        "message": "no worker took it within its queue_timeout of 30 s",
        "timeout": "queue",
    }
    assert flow.statuses(execution)["b"] == "skipped"
    assert flow.reload(execution).status == "failed"
    assert_sound(execution)


def test_the_queue_timeout_ends_with_the_claim_and_starts_again_with_a_retry() -> None:
    execution = flow.start(each={"queue_timeout": 30})
    who = flow.claimant()
    claim = flow.take(who)
    assert flow.row(execution).queue_deadline_at is None
    flow.fail(claim, who, retryable=True)
    assert flow.row(execution).queue_deadline_at is None
    store.release_retry(flow.row(execution).pk)
    found = flow.row(execution)
    assert found.queue_deadline_at is not None
    assert found.queued_at is not None
    assert (found.queue_deadline_at - found.queued_at).total_seconds() == 30


def test_children_get_their_own_queue_timeouts_when_they_become_ready() -> None:
    execution = flow.start({"a": [], "b": ["a"], "c": ["a"]}, tasks={"b": {"queue_timeout": 30}})
    who = flow.claimant()
    assert flow.row(execution, "b").queue_deadline_at is None
    flow.complete(flow.take(who), who)
    assert flow.row(execution, "b").queue_deadline_at is not None
    assert flow.row(execution, "c").queue_deadline_at is None


def test_an_attempt_that_had_to_be_stopped_is_a_failure_that_names_its_timeout() -> None:
    execution = flow.start(each={"timeout": 7})
    claim = flow.take(flow.claimant())
    store.time_out_attempt(claim.task_run_id, claim.token, delay_seconds=5)
    found = flow.row(execution)
    assert (found.status, found.failures, found.crashes) == ("retrying", 1, 0)
    assert found.error == {
        "code": "attempt_timed_out",
        "message": "the attempt took longer than its timeout of 7 s",
        "timeout": "attempt",
    }
    assert found.attempts.get().status == "timed_out"
    assert_sound(execution)


def test_an_attempt_cannot_be_stopped_with_an_old_token() -> None:
    execution = flow.start()
    who = flow.claimant()
    old = flow.take(who)
    store.hand_back(old.task_run_id, who.worker_id)
    flow.take(who)
    store.time_out_attempt(old.task_run_id, old.token, delay_seconds=0)
    assert (flow.row(execution).status, flow.row(execution).failures) == ("running", 0)
