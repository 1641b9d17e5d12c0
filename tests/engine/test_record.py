"""Recording: conditional on the token, counters, children, what the worker continues with, the execution's end."""

import pytest

from orchestration.engine import store
from orchestration.engine.outcomes import Completed
from orchestration.models import TaskAttempt
from tests.engine import flow
from tests.engine.soundness import assert_sound

pytestmark = pytest.mark.django_db


def test_a_completed_task_releases_its_children() -> None:
    execution = flow.start(flow.DIAMOND)
    who = flow.claimant()
    flow.complete(flow.take(who), who)
    assert flow.statuses(execution) == {"a": "completed", "b": "queued", "c": "queued", "d": "pending"}
    flow.complete(flow.take(who), who)
    assert flow.row(execution, "d").remaining_dependencies == 1
    flow.complete(flow.take(who), who)
    assert flow.statuses(execution)["d"] == "queued"
    assert_sound(execution)
    flow.complete(flow.take(who), who)
    assert flow.reload(execution).status == "completed"
    assert_sound(execution)


def test_the_result_the_usage_and_the_attempt_are_kept() -> None:
    execution = flow.start()
    who = flow.claimant()
    store.record(flow.take(who), Completed({"x": 1}, usage={"tokens": 5}, model="m"), who, take_next=False)
    found = flow.row(execution)
    assert (found.output, found.usage, found.error) == ({"x": 1}, {"tokens": 5}, None)
    attempt = found.attempts.get()
    assert (attempt.status, attempt.token, attempt.worker, attempt.model) == ("completed", 1, who.name, "m")
    assert attempt.started_at == found.started_at
    assert_sound(execution)


@pytest.mark.usefixtures("broker")
def test_the_worker_continues_in_the_same_execution_and_wakes_others_for_the_rest() -> None:
    execution = flow.start({"a": [], "b": ["a"], "c": ["a"], "d": ["a"]}, max_parallel=2)
    who = flow.claimant()
    step = flow.complete(flow.take(who), who, take_next=True)
    assert step.next_claim is not None
    assert step.next_claim.name == "b"
    assert step.hints == [flow.hint_of(execution, "c")], "one hint: there is one more slot"
    assert_sound(execution)


@pytest.mark.usefixtures("broker")
def test_a_worker_that_does_not_continue_passes_a_hint_on_for_what_waited_longest() -> None:
    execution = flow.start(flow.FAN, max_parallel=1)
    who = flow.claimant()
    step = flow.complete(flow.take(who), who, take_next=False)
    assert step.next_claim is None
    assert step.hints == [flow.hint_of(execution, "b")]


def test_a_late_report_is_kept_as_a_discarded_attempt_with_its_usage() -> None:
    execution = flow.start()
    who = flow.claimant()
    claim = flow.take(who)
    store.cancel(execution.pk)
    step = store.record(claim, Completed({"x": 1}, usage={"tokens": 5}), who, take_next=True)
    assert (step.accepted, step.next_claim) == (False, None)
    found = flow.row(execution)
    assert (found.status, found.output) == ("cancelled", None)
    attempt = found.attempts.get()
    assert (attempt.status, attempt.usage, attempt.token) == ("discarded", {"tokens": 5}, claim.token)
    assert_sound(execution)


def test_the_report_of_an_attempt_that_was_given_up_adds_its_usage_and_changes_nothing_else() -> None:
    execution = flow.start()
    slow, quick = flow.claimant(pid=1), flow.claimant(pid=2)
    late = flow.take(slow)
    store.lose_worker(late.task_run_id, late.token, message="gone")
    again = flow.take(quick)
    assert not store.record(late, Completed({"by": "slow"}, usage={"tokens": 5}), slow, take_next=False).accepted
    assert flow.row(execution).status == "running"
    assert flow.complete(again, quick, {"by": "quick"}).accepted
    assert flow.row(execution).output == {"by": "quick"}
    attempts = flow.row(execution).attempts.order_by("token")
    assert [(attempt.status, attempt.usage) for attempt in attempts] == [
        ("crashed", {"tokens": 5}),
        ("completed", None),
    ]
    assert_sound(execution)


def test_a_report_repeated_changes_nothing() -> None:
    execution = flow.start(flow.CHAIN)
    who = flow.claimant()
    claim = flow.take(who)
    first = flow.complete(claim, who, {"x": 1}, take_next=True)
    again = flow.complete(claim, who, {"x": 1}, take_next=True)
    assert again.accepted
    assert again.next_claim == first.next_claim
    assert TaskAttempt.objects.filter(task_run__execution=execution).count() == 1
    assert_sound(execution)


def test_a_final_failure_skips_descendants_while_independent_branches_go_on() -> None:
    graph = {"a": [], "b": ["a"], "c": ["b"], "x": [], "y": ["x"], "both": ["c", "y"]}
    execution = flow.start(graph, max_parallel=2)
    who, other = flow.claimant(pid=1), flow.claimant(pid=2)
    bad, good = flow.take_task(execution, "a", who), flow.take_task(execution, "x", other)
    flow.fail(bad, who)
    assert flow.statuses(execution) == {
        "a": "failed", "x": "running", "b": "skipped", "c": "skipped", "both": "skipped", "y": "pending",
    }  # fmt: skip
    assert flow.row(execution, "both").error == {
        "code": "upstream_failed",
        "message": 'task "a" before it did not complete',
        "task": "a",
    }
    assert not flow.reload(execution).is_terminal
    assert_sound(execution)
    flow.complete(good, other)
    flow.complete(flow.take(other), other)
    ended = flow.reload(execution)
    assert (ended.status, ended.error) == ("failed", {"code": "broken", "message": "it broke", "task": "a"})
    assert_sound(execution)


def test_the_first_failure_is_the_reason_the_execution_gives() -> None:
    execution = flow.start({"a": [], "b": []})
    for name, pid in (("a", 1), ("b", 2)):
        who = flow.claimant(pid=pid)
        flow.fail(flow.take_task(execution, name, who), who)
    assert (flow.reload(execution).error or {})["task"] == "a"
    assert flow.reload(execution).failed_task_runs == 2


def test_history_tells_what_happened_in_order() -> None:
    execution = flow.start({"a": [], "b": ["a"]})
    who = flow.claimant()
    flow.fail(flow.take(who), who, retryable=True)
    store.release_retry(flow.row(execution).pk)
    flow.fail(flow.take(who), who)
    assert flow.event_kinds(execution) == [
        "execution.created", "execution.started", "task.started a", "task.retrying a", "task.started a",
        "task.failed a", "task.skipped b", "execution.failed",
    ]  # fmt: skip
