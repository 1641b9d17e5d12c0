"""Decisions: what each does, what is refused, and what is kept."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from common.errors import OrchestrationError
from reviews import clock
from reviews.escalation.running import run_due
from reviews.exceptions import (
    FourEyes,
    HeldByAnother,
    InvalidDecision,
    LeaseLost,
    NotEligible,
    NotUndoable,
    ReviewClosed,
    ReviewerNotFound,
    ReviewNotFound,
)
from reviews.models import Draft, InformationRequest, ReviewDecision, ReviewerProfile, ReviewRequest
from reviews.selectors.describing import describe, draft_of
from reviews.selectors.history import history
from reviews.selectors.outcomes import decided_for, outcome
from reviews.services.afterwards import answer_information, undo_decision
from reviews.services.assignment import reassign_review
from reviews.services.claims import claim_review, release_review, renew_claim, snooze_review
from reviews.services.decisions import decide
from reviews.services.drafts import save_draft
from reviews.services.requests import close_review
from tests.reviews.scenes import again, review, reviewer

pytestmark = pytest.mark.django_db


def test_approving_hands_the_proposed_output_on() -> None:
    ana, asked = reviewer(), review("7")
    claimed = claim_review(review_id=asked.pk, by=ana)
    decide(review_id=asked.pk, decision="approve", by=ana, token=claimed.token, comment="fine")
    found = outcome(asked.pk)
    assert found is not None
    assert (found.decision, found.output, found.by, found.label) == (
        "approve",
        {"total": 12, "currency": "EUR"},
        "reviewer:ana",
        "Ana",
    )
    assert decided_for(["7", "8"], "task_run") == {"7": found}
    assert decided_for(["7"], "other") == {}
    assert again(asked).status == "decided"


@pytest.mark.one_database
def test_an_edited_output_is_an_approval_with_edits_and_the_history_has_both() -> None:
    ana, asked = reviewer(), review()
    decide(review_id=asked.pk, decision="approve", by=ana, output={"total": 13, "currency": "EUR"})
    found = outcome(asked.pk)
    assert found
    assert (found.decision, found.output) == ("approve_with_edits", {"total": 13, "currency": "EUR"})
    told = history(asked.pk)[-1].details
    assert (told["proposed"]["total"], told["output"]["total"]) == (12, 13)


@pytest.mark.one_database
def test_edits_that_change_nothing_are_an_approval() -> None:
    ana, asked = reviewer(), review()
    decide(review_id=asked.pk, decision="approve_with_edits", by=ana, output={"currency": "EUR", "total": 12})
    assert ReviewDecision.objects.get().verdict == "approve"


@pytest.mark.one_database
def test_every_fault_of_an_output_is_named_by_its_place() -> None:
    ana, asked = reviewer(), review()
    with pytest.raises(InvalidDecision) as refused:
        decide(review_id=asked.pk, decision="approve", by=ana, output={"total": -1, "currency": "DM", "x": 1})
    assert {pointer for pointer, _ in refused.value.problems} == {"/output/total", "/output/currency", "/output"}
    assert again(asked).status == "pending"


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("decision", "options", "place"),
    [
        ("approve_with_edits", {}, "/output"),
        ("escalate", {}, "/comment"),
        ("need_information", {"comment": "  "}, "/comment"),
        ("maybe", {}, None),
        ("expire", {}, None),
    ],
)
def test_what_makes_no_sense_is_refused(decision: str, options: dict[str, Any], place: str | None) -> None:
    ana, asked = reviewer(), review()
    with pytest.raises(InvalidDecision) as refused:
        decide(review_id=asked.pk, decision=decision, by=ana, **options)
    assert [pointer for pointer, _ in refused.value.problems] == ([place] if place else [])


@pytest.mark.one_database
def test_a_review_that_may_not_be_edited_is_not() -> None:
    ana, asked = reviewer(), review(may_edit=False)
    with pytest.raises(InvalidDecision, match="not edited"):
        decide(review_id=asked.pk, decision="approve", by=ana, output={"total": 1, "currency": "EUR"})
    decide(review_id=asked.pk, decision="approve", by=ana)


@pytest.mark.one_database
def test_a_form_without_a_proposal_is_filled_in_by_approving() -> None:
    ana, asked = reviewer(), review(proposed_output=None, output_schema={"type": "integer"})
    with pytest.raises(InvalidDecision, match="must be of type integer"):
        decide(review_id=asked.pk, decision="approve", by=ana)
    decide(review_id=asked.pk, decision="approve", by=ana, output=4)
    found = outcome(asked.pk)
    assert found
    assert (found.decision, found.output) == ("approve", 4)


@pytest.mark.parametrize("value", ["text", 1.0, 0, False, None, [], "a\x00b", 1e300, {"$text": "x"}])
def test_any_value_comes_back_as_it_was(value: Any) -> None:
    ana, asked = reviewer(), review(proposed_output=value, input_data=value)
    decide(review_id=asked.pk, decision="approve", by=ana)
    found, shown = outcome(asked.pk), describe(again(asked))
    assert found
    assert (found.output, type(found.output)) == (value, type(value))
    assert (shown["input"], shown["proposed_output"]) == (value, value)


@pytest.mark.one_database
def test_a_schema_that_refers_to_itself_without_bound_ends_with_a_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("common.json_schema.MAX_REFERENCES", 2_000)
    doubled = {f"l{depth}": {"allOf": [{"$ref": f"#/$defs/l{depth + 1}"}] * 2} for depth in range(30)}
    schema = {"$defs": {**doubled, "l30": {}}, "$ref": "#/$defs/l0"}
    ana, asked = reviewer(), review(proposed_output=None, output_schema=schema)
    with pytest.raises(InvalidDecision, match="more than 2,000 references"):
        decide(review_id=asked.pk, decision="approve", by=ana, output=4)


@pytest.mark.one_database
def test_rejecting_has_no_output() -> None:
    ana, asked = reviewer(), review()
    decide(review_id=asked.pk, decision="reject", by=ana, comment="no", reason_code="wrong_total")
    found = outcome(asked.pk)
    assert found
    assert (found.decision, found.output, found.reason_code, found.is_approved) == (
        "reject",
        None,
        "wrong_total",
        False,
    )


def test_who_comes_too_late_is_told_who_decided_what_when_and_keeps_the_draft() -> None:
    ana, ben, asked = reviewer("ana"), reviewer("ben"), review()
    decide(review_id=asked.pk, decision="reject", by=ana, comment="wrong")
    with pytest.raises(ReviewClosed, match=r"Ana rejected it on 20\d\d-.* UTC \(\"wrong\"\)") as refused:
        decide(review_id=asked.pk, decision="approve", by=ben, output={"total": 5, "currency": "USD"}, comment="mine")
    assert "kept as your draft" in str(refused.value)
    kept = draft_of(again(asked), "reviewer:ben")
    assert kept
    assert (kept["output"], kept["comment"]) == ({"total": 5, "currency": "USD"}, "mine")
    assert ReviewDecision.objects.count() == 1


def test_the_same_decision_again_is_the_first_one() -> None:
    ana, asked = reviewer(), review()
    first = decide(review_id=asked.pk, decision="approve", by=ana)
    assert decide(review_id=asked.pk, decision="approve", by=ana).pk == first.pk
    with pytest.raises(ReviewClosed):
        decide(review_id=asked.pk, decision="reject", by=ana)


def test_a_lost_lease_keeps_the_draft_and_names_who_has_it() -> None:
    ana, ben, asked = reviewer("ana"), reviewer("ben"), review()
    claimed = claim_review(review_id=asked.pk, by=ana)
    draft = save_draft(review_id=asked.pk, by=ana, output={"total": 1}, comment="half")
    with clock.moved(timedelta(minutes=10)):
        run_due()
        claim_review(review_id=asked.pk, by=ben)
        later = save_draft(review_id=asked.pk, by=ana, output={"total": 2}, version=draft.version)
        assert later.version == draft.version + 1
        with pytest.raises(LeaseLost, match="Ben has claimed it since"):
            decide(review_id=asked.pk, decision="approve", by=ana, token=claimed.token, comment="mine")
    kept = draft_of(again(asked), "reviewer:ana")
    assert kept
    assert kept["comment"] == "mine"


def test_a_token_without_a_claim_and_one_of_another_claim_are_told_apart() -> None:
    ana, ben, asked = reviewer("ana"), reviewer("ben"), review()
    with pytest.raises(LeaseLost, match=r"^Nobody has claimed this review yet: claim it first"):
        decide(review_id=asked.pk, decision="approve", by=ana, token=1)
    claimed = claim_review(review_id=asked.pk, by=ana)
    with pytest.raises(LeaseLost, match=r"^The token 7 is not of your present claim"):
        decide(review_id=asked.pk, decision="approve", by=ana, token=7)
    with pytest.raises(LeaseLost, match=r"^No claim on this review had the token 7"):
        decide(review_id=asked.pk, decision="approve", by=ben, token=7)
    with pytest.raises(HeldByAnother, match="Ana is working on"):
        decide(review_id=asked.pk, decision="approve", by=ben, token=claimed.token)


def test_a_lease_that_ran_out_costs_nothing_while_nobody_came() -> None:
    ana, asked = reviewer(), review()
    claimed = claim_review(review_id=asked.pk, by=ana)
    with clock.moved(timedelta(minutes=10)):
        run_due()
        assert again(asked).status == "pending"
        decide(review_id=asked.pk, decision="approve", by=ana, token=claimed.token)


def test_what_somebody_works_on_nobody_else_decides() -> None:
    ana, ben, asked = reviewer("ana"), reviewer("ben", is_lead=True), review()
    claim_review(review_id=asked.pk, by=ana)
    with pytest.raises(HeldByAnother, match="Ana is working on this review; free in"):
        decide(review_id=asked.pk, decision="approve", by=ben)


def test_what_is_assigned_to_another_is_theirs_but_a_lead_may_decide_it() -> None:
    ana, ben, lea = reviewer("ana"), reviewer("ben"), reviewer("lea", is_lead=True)
    asked = review()
    reassign_review(review_id=asked.pk, to=ana, by=lea)
    with pytest.raises(HeldByAnother, match="belongs to Ana"):
        decide(review_id=asked.pk, decision="approve", by=ben)
    decide(review_id=asked.pk, decision="approve", by=lea)
    assert "Lea approved it" in ana.notifications.first().text  # type: ignore[union-attr]


@pytest.mark.one_database
def test_the_skills_that_are_asked_for_are_asked_of_who_decides() -> None:
    ana, asked = reviewer("ana", "tax:2"), review(required_specializations=["tax:4"])
    with pytest.raises(NotEligible, match="knows tax at level 2, not 4"):
        decide(review_id=asked.pk, decision="approve", by=ana)


@pytest.mark.one_database
def test_a_login_without_a_profile_may_decide_and_is_on_record() -> None:
    user = User.objects.create_user("olga", first_name="Olga", last_name="Ray")
    asked = review()
    decide(review_id=asked.pk, decision="approve", by=user)
    found = outcome(asked.pk)
    assert found
    assert (found.by, found.label) == ("user:olga", "Olga Ray")


@pytest.mark.one_database
class TestFourEyes:
    @pytest.mark.parametrize("role", ["requester", "author", "login"])
    def test_no_role_is_exempt(self, role: str) -> None:
        user = User.objects.create_superuser("boss")
        ana = reviewer("ana", is_lead=True, user=user)
        given: dict[str, dict[str, Any]] = {
            "requester": {"created_by": "ana"},
            "author": {"authors": ["ana"]},
            "login": {"created_by": "boss"},
        }
        asked = review(four_eyes=True, **given[role])
        for by in (ana, user):
            with pytest.raises(FourEyes, match="somebody else has to"):
                decide(review_id=asked.pk, decision="approve", by=by)
        with pytest.raises(FourEyes):
            claim_review(review_id=asked.pk, by=ana)
        with pytest.raises(FourEyes):
            reassign_review(review_id=asked.pk, to="ana", by=reviewer("lea", is_lead=True))

    def test_where_it_is_not_set_the_requester_may_decide(self) -> None:
        asked = review(created_by="ana")
        decide(review_id=asked.pk, decision="approve", by=reviewer("ana"))


class TestUndo:
    def test_within_the_window_nothing_has_happened_yet(self) -> None:
        ana, asked = reviewer(), review("9", undo_seconds=30)
        decide(review_id=asked.pk, decision="reject", by=ana)
        assert (outcome(asked.pk), decided_for(["9"])) == (None, {})
        undone = undo_decision(review_id=asked.pk, by=ana)
        assert (undone.status, undone.assignee_id) == ("in_review", "ana")
        decide(review_id=asked.pk, decision="approve", by=ana, token=undone.token)
        with clock.moved(timedelta(seconds=31)):
            assert run_due() == 1
            assert run_due() == 0
            found = outcome(asked.pk)
            assert found
            assert found.decision == "approve"
            with pytest.raises(NotUndoable, match="took effect"):
                undo_decision(review_id=asked.pk, by=ana)

    def test_without_a_window_there_is_nothing_to_undo(self) -> None:
        ana, asked = reviewer(), review()
        with pytest.raises(NotUndoable, match="no decision"):
            undo_decision(review_id=asked.pk, by=ana)
        decide(review_id=asked.pk, decision="approve", by=ana)
        with pytest.raises(NotUndoable, match="took effect"):
            undo_decision(review_id=asked.pk, by=ana)

    def test_another_reviewer_cannot(self) -> None:
        ana, ben, asked = reviewer("ana"), reviewer("ben"), review(undo_seconds=30)
        decide(review_id=asked.pk, decision="approve", by=ana)
        with pytest.raises(NotUndoable, match="Ana decided this"):
            undo_decision(review_id=asked.pk, by=ben)


@pytest.mark.one_database
class TestQuestions:
    def test_the_clocks_rest_until_the_answer(self) -> None:
        ana, asked = reviewer(), review()
        decide(review_id=asked.pk, decision="need_information", by=ana, comment="Which year?")
        waiting = again(asked)
        assert (waiting.status, waiting.assignee_id) == ("waiting_info", None)
        with clock.moved(timedelta(hours=100)):
            assert run_due() == 0
            answer_information(review_id=asked.pk, answer="2025", by=reviewer("olga"))
            later = again(asked)
            assert later.status == "pending"
            assert abs(later.due_at - asked.due_at - timedelta(hours=100)) < timedelta(minutes=1)
        assert describe(later)["questions"][0]["answer"] == "2025"

    def test_the_review_comes_back_to_who_asked(self) -> None:
        ana, asked = reviewer(), review()
        claimed = claim_review(review_id=asked.pk, by=ana)
        decide(review_id=asked.pk, decision="need_information", by=ana, token=claimed.token, comment="Which year?")
        answer_information(review_id=asked.pk, answer="2025", by=ana)
        assert (again(asked).status, again(asked).assignee_id) == ("assigned", "ana")

    def test_an_answer_needs_words_and_a_question(self) -> None:
        asked = review()
        with pytest.raises(InvalidDecision, match="no words"):
            answer_information(review_id=asked.pk, answer=" ", by=reviewer())
        with pytest.raises(InvalidDecision, match="no question"):
            answer_information(review_id=asked.pk, answer="x", by="ana")


class TestClosing:
    def test_a_cancelled_execution_closes_it_and_the_reviewer_is_told_so(self) -> None:
        ana, asked = reviewer(), review()
        claimed = claim_review(review_id=asked.pk, by=ana)
        assert close_review(review_id=asked.pk, reason="execution cancelled", actor="engine")
        assert not close_review(review_id=asked.pk, reason="again", actor="engine")
        with pytest.raises(ReviewClosed, match=r"it was cancelled on .*: execution cancelled"):
            decide(review_id=asked.pk, decision="approve", by=ana, token=claimed.token, comment="mine")
        assert Draft.objects.get().comment == "mine"
        assert outcome(asked.pk) is None
        assert ana.assignments.get().end == "closed"

    def test_it_may_be_superseded_instead(self) -> None:
        asked = review()
        close_review(review_id=asked.pk, reason="run again", actor="engine", superseded=True)
        assert again(asked).status == "superseded"


@pytest.mark.parametrize("key", ["nonsense", "00000000-0000-4000-8000-000000000000"])
def test_an_unknown_review_is_not_found(key: str) -> None:
    with pytest.raises(ReviewNotFound):
        decide(review_id=key, decision="approve", by=reviewer())


@pytest.mark.one_database
def test_an_unknown_reviewer_is_told_the_near_name() -> None:
    reviewer("expert_001")
    with pytest.raises(ReviewerNotFound, match='Did you mean "expert_001"'):
        decide(review_id=review().pk, decision="approve", by="expert_01")


@pytest.mark.one_database
def test_all_refusals_are_errors_of_ours_with_a_code(configure: Callable[..., None]) -> None:
    configure(value_max_bytes=10)
    with pytest.raises(OrchestrationError) as refused:
        review(input_data="x" * 100)
    assert refused.value.code == "invalid_review"
    assert "VALUE_MAX_BYTES" in str(refused.value)


def given_back(asked: ReviewRequest, by: ReviewerProfile) -> None:
    release_review(review_id=asked.pk, by=by)


def put_off(asked: ReviewRequest, by: ReviewerProfile) -> None:
    snooze_review(review_id=asked.pk, by=by, until=clock.now() + timedelta(days=1))


@pytest.mark.parametrize(
    ("act", "status", "said"),
    [(given_back, "pending", "nobody has this review now"), (put_off, "snoozed", "not of your present claim")],
)
def test_a_page_that_is_still_open_takes_nothing_again(
    act: Callable[[ReviewRequest, ReviewerProfile], None], status: str, said: str
) -> None:
    ana = reviewer("ana")
    asked = claim_review(review_id=review().pk, by=ana)
    act(asked, ana)
    with pytest.raises(LeaseLost, match=said):
        renew_claim(review_id=asked.pk, by=ana, token=asked.token)
    assert again(asked).status == status


def test_a_question_may_be_asked_again_after_a_decision_without_its_answer_was_undone() -> None:
    ana = reviewer("ana")
    asked = claim_review(review_id=review(undo_seconds=60).pk, by=ana)
    decide(review_id=asked.pk, decision="need_information", by=ana, token=asked.token, comment="Which?")
    decide(review_id=asked.pk, decision="approve", by=ana, token=asked.token)
    undo_decision(review_id=asked.pk, by=ana)
    token = again(asked).token
    decide(review_id=asked.pk, decision="need_information", by=ana, token=token, comment="Which then?")
    answers = InformationRequest.objects.filter(review=asked).order_by("pk").values_list("answer", flat=True)
    assert list(answers) == ["(decided without an answer)", ""]
