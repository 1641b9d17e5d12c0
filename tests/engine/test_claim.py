"""Claiming: conditional on the token, limited per execution, for those who can run the task."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from orchestration.engine import store
from orchestration.models import TaskRun, Worker
from orchestration.selectors.executions import execution_status
from tests.engine import flow
from tests.engine.soundness import assert_sound

pytestmark = pytest.mark.django_db


def test_a_claim_sets_worker_process_lease_and_deadline(configure: Callable[..., None]) -> None:
    configure(lease_seconds=30.0)
    execution = flow.start(each={"timeout": 9})
    claim = flow.take_task(execution, "a", flow.claimant("w1", 77))
    found = flow.row(execution)
    assert (found.status, found.worker_id, found.worker_pid, found.token) == ("running", "w1", 77, 1)
    assert found.started_at
    assert found.lease_expires_at
    assert found.deadline_at
    assert (found.lease_expires_at - found.started_at).total_seconds() == 30
    assert (found.deadline_at - found.started_at).total_seconds() == 9
    assert (claim.token, claim.attempt, claim.failures, claim.timeout_seconds) == (1, 1, 0, 9)
    assert flow.reload(execution).status == "running"
    assert flow.event_kinds(execution)[1:] == ["execution.started", "task.started a"]
    assert_sound(execution)


def test_a_claim_with_an_old_token_gets_nothing() -> None:
    execution = flow.start()
    old = flow.hint_of(execution, "a")
    who = flow.claimant()
    flow.take(who)
    store.hand_back(flow.row(execution).pk, who.worker_id)
    assert store.claim(old, flow.claimant(pid=102)) is None
    assert flow.row(execution).status == "queued"


def test_a_doubled_hint_gets_nothing_while_another_process_has_the_task() -> None:
    execution = flow.start()
    hint = flow.hint_of(execution, "a")
    assert store.claim(hint, flow.claimant(pid=101))
    assert store.claim(hint, flow.claimant(pid=102)) is None
    assert store.claim(hint, flow.claimant("w2", 101)) is None


def test_a_hint_for_a_task_run_that_is_gone_gets_nothing() -> None:
    execution = flow.start()
    hint = flow.hint_of(execution, "a")
    execution.delete()
    assert store.claim(hint, flow.claimant()) is None


def test_at_most_max_parallel_task_runs_run_at_once() -> None:
    execution = flow.start(flow.FAN, max_parallel=2)
    claims = [flow.take_task(execution, name, flow.claimant(pid=pid)) for name, pid in (("a", 1), ("b", 2))]
    third = flow.claimant(pid=3)
    assert store.claim(flow.hint_of(execution, "c"), third) is None
    assert store.claim_oldest(third) is None
    flow.complete(claims[0], flow.claimant(pid=1))
    assert store.claim(flow.hint_of(execution, "c"), third)
    assert_sound(execution)


def test_the_oldest_claimable_task_run_of_all_executions_comes_first() -> None:
    first, second = flow.start(flow.FAN, max_parallel=1), flow.start(flow.ONE)
    flow.make_due(second, "queued_at", "a")
    who = flow.claimant()
    assert flow.take(who).execution_id == second.pk
    assert flow.take(who).execution_id == first.pk
    assert store.claim_oldest(who) is None


def test_only_queues_the_worker_listens_to_are_looked_at() -> None:
    execution = flow.start()
    TaskRun.objects.filter(execution=execution).update(queue="large")
    assert store.claim_oldest(flow.claimant()) is None
    assert store.claim_oldest(flow.claimant(queues=("default", "large")))


def test_a_task_type_without_a_handler_here_is_left_to_other_workers() -> None:
    execution = flow.start()
    ignorant = flow.claimant("w2", task_types=frozenset({"custom"}))
    assert store.claim(flow.hint_of(execution, "a"), ignorant) is None
    assert store.claim_oldest(ignorant) is None
    assert store.claim_oldest(flow.claimant())


@pytest.mark.usefixtures("broker")
def test_a_continuing_worker_leaves_out_types_it_has_no_handler_for() -> None:
    execution = flow.start({"a": [], "b": ["a"], "c": ["a"]}, tasks={"b": {"type": "sleep"}})
    who = flow.claimant(task_types=frozenset({"echo"}))
    step = flow.complete(flow.take(who), who, take_next=True)
    assert step.next_claim is not None
    assert step.next_claim.name == "c"
    assert [hint.task_run_id for hint in step.hints] == [flow.row(execution, "b").pk]


def test_the_reason_shown_names_the_task_type_nobody_can_run() -> None:
    execution = flow.start(tasks={"a": {"type": "sleep", "parameters": {"seconds": 0}}})
    assert "no worker is running" in str(execution_status(execution.pk)["reason"])
    worker = flow.claimant()
    _knows(worker.worker_id, ["echo"])
    assert 'no worker has a handler for "sleep"' in str(execution_status(execution.pk)["reason"])
    _knows(worker.worker_id, ["echo", "sleep"])
    assert execution_status(execution.pk)["reason"] == "1 task queued for the next free worker"


def _knows(worker_id: str, task_types: list[str]) -> None:
    Worker.objects.filter(pk=worker_id).update(task_types=task_types, queues=["default"])


def test_a_private_execution_is_claimed_by_its_own_process_alone() -> None:
    execution = flow.start(options={"private_worker": "w1"})
    own = flow.claimant("w1", is_private=True)
    for stranger in (flow.claimant("w1"), flow.claimant("w2"), replace(flow.claimant("w2"), is_private=True)):
        assert store.claim(flow.hint_of(execution, "a"), stranger) is None
        assert store.claim_oldest(stranger) is None
    assert store.claim_oldest(own)


def test_a_private_worker_claims_nothing_else() -> None:
    flow.start()
    assert store.claim_oldest(flow.claimant("w1", is_private=True)) is None
