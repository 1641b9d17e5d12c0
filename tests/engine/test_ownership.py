"""Who holds an attempt: leases, crashes, hand-backs. A crash is no failure, a hand-back neither."""

import pytest

from orchestration.engine import recovery, store
from tests.engine import flow
from tests.engine.soundness import assert_sound

pytestmark = pytest.mark.django_db


def test_a_lost_worker_counts_a_crash_and_no_failure() -> None:
    execution = flow.start()
    claim = flow.take(flow.claimant())
    store.lose_worker(claim.task_run_id, claim.token, message="it died")
    found = flow.row(execution)
    assert (found.status, found.crashes, found.failures, found.token) == ("queued", 1, 0, claim.token + 1)
    attempt = found.attempts.get()
    assert (attempt.status, attempt.error) == ("crashed", {"code": "worker_lost", "message": "it died"})
    assert_sound(execution)


def test_a_task_that_keeps_killing_its_worker_fails_after_max_crashes() -> None:
    execution = flow.start({"a": [], "b": ["a"]}, each={"max_crashes": 2, "retry": {"max_attempts": 1}})
    who = flow.claimant()
    for _ in range(2):
        claim = flow.take(who)
        store.lose_worker(claim.task_run_id, claim.token, message="it died")
    found = flow.row(execution)
    assert (found.status, found.crashes, found.failures) == ("failed", 2, 0)
    assert found.error == {
        "code": "crashed_too_often",
        "message": "2 workers were lost while running it; the last: it died",
    }
    assert flow.statuses(execution)["b"] == "skipped"
    assert flow.reload(execution).status == "failed"
    assert_sound(execution)


def test_a_worker_is_lost_once_however_many_notice() -> None:
    execution = flow.start()
    claim = flow.take(flow.claimant())
    for _ in range(3):
        store.lose_worker(claim.task_run_id, claim.token, message="it died")
    assert flow.row(execution).crashes == 1


@pytest.mark.usefixtures("broker")
def test_a_hand_back_counts_nothing() -> None:
    execution = flow.start(each={"max_crashes": 1, "retry": {"max_attempts": 1}})
    who = flow.claimant()
    for token in (2, 4, 6):
        claim = flow.take(who)
        hints = store.hand_back(claim.task_run_id, who.worker_id)
        found = flow.row(execution)
        assert (found.status, found.failures, found.crashes, found.token) == ("queued", 0, 0, token)
        assert [hint.token for hint in hints] == [token]
    assert [attempt.status for attempt in flow.row(execution).attempts.all()] == ["handed_back"] * 3
    assert flow.take(who).attempt == 1
    assert_sound(execution)


def test_nobody_hands_back_what_another_worker_holds() -> None:
    flow.start()
    claim = flow.take(flow.claimant("w1"))
    assert store.hand_back(claim.task_run_id, "w2") == []


def test_an_expired_lease_is_a_crash() -> None:
    execution = flow.start()
    flow.take(flow.claimant())
    assert recovery.expire_leases() == 0
    flow.make_due(execution, "lease_expires_at", "a")
    assert recovery.expire_leases() == 1
    found = flow.row(execution)
    assert (found.status, found.crashes, found.failures) == ("queued", 1, 0)
    assert (found.attempts.get().error or {})["message"] == "its worker on host stopped renewing the lease"
    assert_sound(execution)


def test_expiry_looks_at_the_lease_again_under_the_lock() -> None:
    execution = flow.start()
    who = flow.claimant()
    claim = flow.take(who)
    flow.make_due(execution, "lease_expires_at", "a")
    assert store.renew_leases(who.worker_id, {who.pid}) == 1  # between the ticker's look and its verb
    assert store.lose_worker(claim.task_run_id, claim.token, message="late", only_if_expired=True) == []
    assert (flow.row(execution).status, flow.row(execution).crashes) == ("running", 0)


def test_leases_of_live_processes_of_this_worker_alone_are_renewed() -> None:
    execution = flow.start({"a": [], "b": [], "c": []})
    holders = {"a": flow.claimant("w1", 1), "b": flow.claimant("w1", 2), "c": flow.claimant("w2", 1)}
    for name, who in holders.items():
        flow.take_task(execution, name, who)
        flow.make_due(execution, "lease_expires_at", name)
    assert store.renew_leases("w1", {1}) == 1
    assert recovery.expire_leases() == 2
    assert flow.statuses(execution) == {"a": "running", "b": "queued", "c": "queued"}


def test_all_leases_of_a_worker_without_child_processes_are_renewed() -> None:
    execution = flow.start({"a": [], "b": []})
    for pid, name in enumerate("ab"):
        flow.take_task(execution, name, flow.claimant("w1", pid + 1))
    assert store.renew_leases("w1", None) == 2


@pytest.mark.usefixtures("broker")
def test_a_lost_task_run_is_hinted_at_once() -> None:
    execution = flow.start()
    claim = flow.take(flow.claimant())
    hints = store.lose_worker(claim.task_run_id, claim.token, message="gone")
    assert hints == [flow.hint_of(execution, "a")]


def test_a_task_run_that_lost_its_worker_keeps_its_place_in_the_queue() -> None:
    first = flow.start()
    claim = flow.take(flow.claimant())
    flow.start(name="second")
    store.lose_worker(claim.task_run_id, claim.token, message="gone")
    assert flow.take(flow.claimant()).execution_id == first.pk
