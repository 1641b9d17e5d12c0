"""An execution waits for a person without holding anything, and goes on with what they decided."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from orchestration import receivers
from orchestration.engine import runner, store
from orchestration.engine.blobs import load_value
from orchestration.engine.scope import StoredValues
from orchestration.handlers.base import NeedsReview, TaskContext
from orchestration.handlers.catalog import register_task_handler
from orchestration.models import Blob, Execution, TaskRun, Worker
from orchestration.selectors.invariants import broken_invariants
from orchestration.selectors.waiting import explain_waiting
from orchestration.services.executions import cancel_execution
from orchestration.services.reviews import close_needless, settle_decided
from reviews import clock
from reviews.escalation.running import run_due
from reviews.exceptions import InvalidDecision
from reviews.models import ReviewerProfile, ReviewRequest
from reviews.services.decisions import decide
from reviews.services.policies import save_policy
from reviews.services.requests import close_review
from tests.engine import flow
from tests.engine.soundness import assert_sound
from tests.engine.test_attempts import work

pytestmark = pytest.mark.django_db(transaction=True)

SCORED: dict[str, Any] = {"label": "invoice", "confidence": 0.4, "_confidence": {"total": 0.3}, "note": "x\x00y"}
LOW = {"confidence_below": 0.8}


@pytest.fixture(autouse=True)
def handlers() -> None:
    def score(config: Any, input_data: dict[str, Any], context: TaskContext) -> dict[str, Any]:
        context.usage["requests"] = 1
        return {**SCORED, **config["parameters"].get("output", {})}

    register_task_handler("score", score)


@pytest.fixture
def ana() -> ReviewerProfile:
    return ReviewerProfile.objects.create(id="ana", name="Ana Ruiz", email="ana@example.com")


def asked(review: dict[str, Any] | None = None, **task: Any) -> Execution:
    """A `score` whose result waits for a person, and an `echo` behind it."""
    tasks = {"a": {"type": "score", "review": LOW if review is None else review, **task}}
    execution = flow.start({"a": [], "b": ["a"]}, tasks=tasks)
    work(execution)
    return flow.reload(execution)


def review_of(execution: Execution, name: str = "a") -> ReviewRequest:
    found = flow.row(execution, name).review
    assert found is not None
    return found


def finish(execution: Execution) -> Execution:
    """All that the ticker and a worker would do now."""
    settle_decided()
    close_needless()
    return work(execution)


def output(execution: Execution, name: str = "a") -> Any:
    return load_value(flow.row(execution, name).output)


def test_a_result_of_low_confidence_waits_for_a_person_and_holds_no_worker() -> None:
    execution = asked()
    row, review = flow.row(execution), review_of(execution)
    assert flow.statuses(execution) == {"a": "waiting", "b": "pending"}
    assert execution.status == "waiting"
    assert (row.worker_id, row.lease_expires_at, row.deadline_at) == (None, None, None)
    assert execution.running_task_runs == execution.active_task_runs == 0
    assert (review.task_name, review.task_type, review.confidence) == ("a", "score", 0.4)
    assert [reason["code"] for reason in review.reasons] == ["low_confidence"]
    assert review.subject_url == reverse("execution", args=[execution.pk])
    assert_sound(execution)


def test_a_reason_may_name_any_field() -> None:
    register_task_handler("score", lambda config, input_data, context: {"_confidence": {"to\x00tal": 0.3}})
    assert asked({"fields_below": 0.8}).status == "waiting"


@pytest.mark.one_database
def test_a_good_result_passes() -> None:
    execution = asked(parameters={"output": {"confidence": 0.9}})
    assert execution.status == "completed"
    assert not ReviewRequest.objects.exists()


@pytest.mark.one_database
def test_the_attempt_that_proposed_it_counts_as_completed() -> None:
    (attempt,) = flow.row(asked()).attempts.all()
    assert (attempt.status, attempt.usage) == ("completed", {"requests": 1})


@pytest.mark.one_database
def test_an_approval_lets_it_pass_unchanged(ana: ReviewerProfile) -> None:
    execution = asked()
    decide(review_id=review_of(execution).pk, decision="approve", by=ana, comment="fine")
    assert finish(execution).status == "completed"
    found = output(execution)
    note = found.pop("_review")
    assert found == SCORED
    assert note == {
        "decision": "approve",
        "approved": True,
        "corrected": False,
        "by": "reviewer:ana",
        "comment": "fine",
        "reason_code": "",
    }
    assert flow.row(execution).usage == {"requests": 1}


@pytest.mark.one_database
def test_corrections_go_on_and_the_rest_stays(ana: ReviewerProfile) -> None:
    execution = asked()
    decide(review_id=review_of(execution).pk, decision="approve_with_edits", by=ana, output={"label": "order", "x": 1})
    assert finish(execution).status == "completed"
    found = output(execution)
    assert (found["label"], found["x"], found["confidence"]) == ("order", 1, 0.4)
    assert found["_review"]["corrected"] is True


def test_the_decision_is_heard_at_once_without_the_ticker(ana: ReviewerProfile) -> None:
    execution = asked()
    decide(review_id=review_of(execution).pk, decision="approve", by=ana)
    assert flow.statuses(execution) == {"a": "completed", "b": "queued"}


@pytest.mark.one_database
def test_a_rejection_fails_the_task_and_skips_what_follows(ana: ReviewerProfile) -> None:
    execution = asked()
    decide(review_id=review_of(execution).pk, decision="reject", by=ana, comment="not ours")
    ended = finish(execution)
    assert ended.status == "failed"
    assert ended.error == {"code": "review_rejected", "message": "Ana Ruiz rejected it: not ours", "task": "a"}
    assert flow.statuses(execution) == {"a": "failed", "b": "skipped"}
    assert flow.row(execution).output is None


@pytest.mark.one_database
def test_a_rejection_may_be_only_reported(ana: ReviewerProfile) -> None:
    execution = asked({**LOW, "on_reject": "continue"})
    decide(review_id=review_of(execution).pk, decision="reject", by=ana)
    assert finish(execution).status == "completed"
    assert output(execution)["_review"]["approved"] is False


def test_a_review_nobody_decided_in_time_times_the_task_out() -> None:
    save_policy(policy_id="strict", steps=[{"after": "100%", "action": "decide", "decision": "expire"}])
    execution = asked({**LOW, "policy": "strict"})
    with clock.moved(timedelta(days=30)):
        run_due()
        ended = finish(execution)
    assert (ended.status, flow.row(execution).status) == ("failed", "timed_out")
    assert (flow.row(execution).error or {})["code"] == "review_timed_out"


def test_a_review_that_was_closed_fails_the_task_that_waited() -> None:
    execution = asked()
    close_review(review_id=review_of(execution).pk, reason="asked by mistake", actor="tests")
    assert finish(execution).status == "failed"
    assert (flow.row(execution).error or {})["message"] == "the review was closed: asked by mistake"


def test_cancelling_the_execution_closes_the_review() -> None:
    execution = asked()
    cancel_execution(execution_id=execution.pk)
    review = review_of(execution)
    assert (flow.row(execution).status, review.status) == ("cancelled", "cancelled")
    assert "cancelled" in review.close_reason


def test_a_decision_that_comes_after_the_end_changes_nothing(ana: ReviewerProfile) -> None:
    execution = asked()
    store.cancel(execution.pk)  # and the review is not closed yet
    decide(review_id=review_of(execution).pk, decision="approve", by=ana)
    finish(execution)
    assert (flow.reload(execution).status, flow.row(execution).status) == ("cancelled", "cancelled")


def test_the_ticker_closes_reviews_that_nobody_needs() -> None:
    execution = asked()
    store.cancel(execution.pk)
    assert close_needless() == 1
    assert review_of(execution).status == "cancelled"
    assert close_needless() == 0


def test_a_decision_with_an_undo_window_takes_effect_at_its_end(ana: ReviewerProfile) -> None:
    execution = asked({**LOW, "undo_seconds": 3600})
    review = review_of(execution)
    decide(review_id=review.pk, decision="approve", by=ana)
    assert settle_decided() == 0
    assert flow.row(execution).status == "waiting"
    with clock.moved(timedelta(hours=2)):
        assert finish(execution).status == "completed"


def test_a_decision_in_a_pause_counts_and_nothing_starts_before_it_ends(ana: ReviewerProfile) -> None:
    execution = asked()
    store.pause(execution.pk)
    decide(review_id=review_of(execution).pk, decision="approve", by=ana)
    assert finish(execution).status == "paused"
    assert flow.statuses(execution) == {"a": "completed", "b": "queued"}
    store.resume(execution.pk)
    assert work(execution).status == "completed"


def test_recording_a_proposal_twice_asks_once() -> None:
    execution = flow.start(tasks={"a": {"type": "score", "review": LOW}})
    who = flow.claimant()
    claim = flow.take(who)
    outcome = runner.run_attempt(claim, StoredValues(claim.execution_id, claim.stored_input))
    first = store.record(claim, outcome, who, take_next=False)
    second = store.record(claim, outcome, who, take_next=False)
    assert (first.accepted, second.accepted) == (True, True)
    assert ReviewRequest.objects.count() == 1
    assert flow.row(execution).status == "waiting"


@pytest.mark.one_database
def test_what_cannot_be_asked_fails_the_task_with_the_reason() -> None:
    execution = asked({**LOW, "policy": "no_such_policy"})
    assert execution.status == "failed"
    error = flow.row(execution).error or {}
    assert error["code"] == "policy_not_found"
    assert "no_such_policy" in error["message"]
    assert_sound(execution)


@pytest.mark.one_database
def test_human_review_proposes_a_value_and_adds_the_decision(ana: ReviewerProfile) -> None:
    task = {"type": "human_review", "parameters": {"value": "{input.total}", "schema": {"type": "number"}}}
    execution = flow.start({"a": [], "b": ["a"]}, tasks={"a": task}, input_data={"total": 12})
    work(execution)
    review = review_of(execution)
    assert review.proposed_output == {"value": 12}
    decide(review_id=review.pk, decision="approve_with_edits", by=ana, output={"value": 15}, comment="typo")
    finish(execution)
    assert output(execution) == {
        "value": 15,
        "decision": "approve_with_edits",
        "approved": True,
        "corrected": True,
        "by": "reviewer:ana",
        "comment": "typo",
        "reason_code": "",
    }


@pytest.mark.one_database
def test_a_corrected_value_must_fit_the_schema(ana: ReviewerProfile) -> None:
    task = {"type": "human_review", "parameters": {"value": 1, "schema": {"type": "number"}}}
    execution = flow.start(tasks={"a": task})
    work(execution)
    with pytest.raises(InvalidDecision):
        decide(review_id=review_of(execution).pk, decision="approve_with_edits", by=ana, output={"value": "much"})
    assert flow.row(execution).status == "waiting"


@pytest.mark.one_database
def test_a_validation_that_fails_may_be_accepted_by_a_person(ana: ReviewerProfile) -> None:
    rules = {"value": {"total": -1}, "rules": [{"field": "value.total", "minimum": 0}]}
    task = {"type": "validation", "parameters": rules, "review": {"validation_failed": True}}
    execution = flow.start(tasks={"a": task})
    work(execution)
    assert [reason["code"] for reason in review_of(execution).reasons] == ["validation_failed"]
    decide(review_id=review_of(execution).pk, decision="approve", by=ana)
    assert finish(execution).status == "completed"
    assert output(execution)["valid"] is False


@pytest.mark.one_database
def test_a_handler_of_ones_own_may_ask(ana: ReviewerProfile) -> None:
    def unsure(config: Any, input_data: dict[str, Any], context: TaskContext) -> NeedsReview:
        return NeedsReview(output={"guess": 1}, reasons=())

    register_task_handler("unsure", unsure)
    execution = flow.start(tasks={"a": {"type": "unsure"}})
    work(execution)
    decide(review_id=review_of(execution).pk, decision="approve_with_edits", by=ana, output={"guess": 2})
    finish(execution)
    assert output(execution)["guess"] == 2


@pytest.mark.one_database
def test_an_extraction_shows_where_it_found_its_fields() -> None:
    text = "Lease agreement\nDate: 2026-01-31\nTotal: EUR 120.00"
    task = {
        "type": "extraction",
        "parameters": {"text": text, "schema": {"date": "date", "iban": "string"}},
        "review": {"always": True},
    }
    execution = flow.start(tasks={"a": task})
    work(execution)
    review = review_of(execution)
    assert review.source is not None
    assert review.source["text"] == text
    (first, last) = review.source["places"]["date"][0]
    assert text[first:last] == "2026-01-31"
    assert set(review.proposed_output) == {"date", "iban"}
    assert set(review.output_schema["properties"]) == {"date", "iban"}


@pytest.mark.one_database
def test_who_looks_at_the_execution_is_told_whose_turn_it_is() -> None:
    execution = asked()
    said = explain_waiting(execution, list(execution.task_runs.all()))
    assert said is not None
    assert said.startswith('a person has to decide about "a": nobody has taken it yet, due ')


def test_waiting_for_an_open_review_breaks_no_invariant_and_for_a_forgotten_one_does(
    ana: ReviewerProfile, monkeypatch: pytest.MonkeyPatch
) -> None:
    execution = asked()
    assert broken_invariants() == []
    monkeypatch.setattr(receivers, "settle_review", lambda **_: False)
    decide(review_id=review_of(execution).pk, decision="approve", by=ana)
    past = "2020-01-01T00:00:00Z"
    ReviewRequest.objects.update(closed_at=past, decided_at=past, effective_at=past, announced_at=past)
    assert [found.invariant for found in broken_invariants()] == ["waiting_has_a_cause"]


@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_a_late_result_of_the_attempt_that_asked_changes_nothing(decision: str, ana: ReviewerProfile) -> None:
    """The attempt's token is spent when the question is asked."""
    execution = flow.start(tasks={"a": {"type": "score", "review": LOW}})
    who = flow.claimant()
    claim = flow.take(who)
    outcome = runner.run_attempt(claim, StoredValues(claim.execution_id, claim.stored_input))
    store.record(claim, outcome, who, take_next=False)
    decide(review_id=review_of(execution).pk, decision=decision, by=ana)
    ended = flow.row(execution).status
    store.record(claim, outcome, who, take_next=False)
    assert flow.row(execution).status == ended
    assert TaskRun.objects.get().token > claim.token
    assert Worker.objects.count() == 1


def test_a_decision_that_can_never_be_brought_back_fails_its_task_and_stops_no_other(
    ana: ReviewerProfile, configure: Callable[..., None]
) -> None:
    configure(inline_value_max_bytes=50)
    undoable = {**LOW, "undo_seconds": 3600}
    bad, good = asked(undoable, parameters={"output": {"text": "x" * 100}}), asked(undoable)
    for execution in (bad, good):
        decide(review_id=review_of(execution).pk, decision="approve", by=ana)
    Blob.objects.filter(digest=(flow.row(bad).output or {})["$blob"]).delete()
    with clock.moved(timedelta(hours=2)):
        assert settle_decided() == 2
    assert (flow.row(bad).status, flow.row(good).status) == ("failed", "completed")
    error = flow.row(bad).error or {}
    assert error["code"] == "value_gone"
    assert error["message"] == "the decision has no effect: the output that was decided about is lost"


@pytest.mark.one_database
def test_a_correction_that_is_too_large_to_keep_fails_its_task(
    ana: ReviewerProfile, configure: Callable[..., None]
) -> None:
    execution = asked({**LOW, "undo_seconds": 3600})
    decide(review_id=review_of(execution).pk, decision="approve_with_edits", by=ana, output={"label": "x" * 3000})
    configure(value_max_bytes=2000, inline_value_max_bytes=1000)
    with clock.moved(timedelta(hours=2)):
        settle_decided()
    assert (flow.row(execution).error or {})["code"] == "unstorable_value"
    assert flow.reload(execution).status == "failed"


def test_a_decision_whose_settling_fails_unexpectedly_stops_no_other(
    ana: ReviewerProfile, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = asked({**LOW, "undo_seconds": 3600}), asked({**LOW, "undo_seconds": 3600})
    for execution in (bad, good):
        decide(review_id=review_of(execution).pk, decision="approve", by=ana)
    settle, broken = store.settle, flow.row(bad).pk

    def fail(key: int, *words: Any, **options: Any) -> Any:
        if key == broken:
            raise KeyError("something in this row")
        return settle(key, *words, **options)

    monkeypatch.setattr(store, "settle", fail)
    with clock.moved(timedelta(hours=2)):
        assert settle_decided() == 1
    assert (flow.row(bad).status, flow.row(good).status) == ("waiting", "completed")
