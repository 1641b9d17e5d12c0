"""Cancelling: terminal at once, tokens move, late reports are discarded."""

from uuid import uuid4

import pytest

from orchestration.engine import store
from orchestration.exceptions import ExecutionNotFound
from orchestration.services.executions import cancel_execution
from tests.engine import flow
from tests.engine.soundness import assert_sound

pytestmark = pytest.mark.django_db


def test_a_cancelled_execution_is_over_at_once_whatever_its_tasks_do() -> None:
    execution = flow.start({"a": [], "b": ["a"], "x": [], "y": [], "done": []}, max_parallel=5)
    who = flow.claimant()
    flow.complete(flow.take_task(execution, "done", who), who)
    flow.fail(flow.take_task(execution, "y", who), who, retryable=True, delay_seconds=60)
    flow.take_task(execution, "a", who)
    assert cancel_execution(execution_id=execution.pk, reason="no longer wanted") is True
    ended = flow.reload(execution)
    assert ended.status == "cancelled"
    assert ended.error == {"code": "cancelled", "message": "no longer wanted", "task": None}
    assert flow.statuses(execution) == dict.fromkeys("abxy", "cancelled") | {"done": "completed"}
    assert store.claim_oldest(who) is None


def test_tokens_move_so_that_no_earlier_hint_or_report_counts() -> None:
    execution = flow.start({"a": [], "b": []})
    who = flow.claimant()
    claim, hint = flow.take_task(execution, "a", who), flow.hint_of(execution, "b")
    store.cancel(execution.pk)
    assert (flow.row(execution, "a").token, flow.row(execution, "b").token) == (2, 1)
    assert not flow.complete(claim, who).accepted
    assert store.claim(hint, who) is None
    assert_sound(execution)


def test_the_worker_stays_on_a_cancelled_row_until_its_attempt_has_reported() -> None:
    execution = flow.start()
    who = flow.claimant()
    claim = flow.take(who)
    store.cancel(execution.pk)
    found = flow.row(execution)
    assert (found.worker_id, found.worker_pid, found.lease_expires_at) == (who.worker_id, who.pid, None)
    assert found.deadline_at is not None, "the keeper stops a process that goes on past it"
    flow.complete(claim, who)
    assert flow.row(execution).worker_id is None
    assert_sound(execution)


def test_cancelling_twice_says_that_it_had_ended() -> None:
    execution = flow.start()
    assert cancel_execution(execution_id=execution.pk) is True
    assert cancel_execution(execution_id=execution.pk) is False
    assert flow.event_kinds(execution).count("execution.cancelled") == 1


def test_cancelling_what_is_not_there_is_an_error() -> None:
    with pytest.raises(ExecutionNotFound):
        cancel_execution(execution_id=uuid4())
