"""What time does: due times, steps of policies, and what a policy may not do."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reviews import clock
from reviews.escalation.running import run_due
from reviews.escalation.timeline import preview
from reviews.exceptions import InvalidReview, PolicyNotFound
from reviews.models import EscalationPolicyVersion, Notification, ReviewRequest
from reviews.selectors.history import history, history_of
from reviews.selectors.outcomes import outcome
from reviews.services.claims import claim_review, renew_claim
from reviews.services.policies import policy_version, save_policy
from tests.reviews.scenes import HOURS, again, review, reviewer

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


def sentences(asked: ReviewRequest) -> list[str]:
    return [line.sentence for line in history(asked.pk)]


def run_all() -> int:
    return sum(iter(run_due, 0))


def test_the_default_timeout_is_the_setting(configure: Any) -> None:
    configure(hitl_default_timeout_hours=6)
    asked = review()
    assert asked.due_at - asked.created_at == timedelta(hours=6)


def test_without_a_policy_it_is_escalated_when_due_and_waits_on() -> None:
    lea = reviewer("lea", is_lead=True)
    asked = review()
    with clock.moved(timedelta(hours=13)):
        assert run_all() == 1
        assert "policy:default@1 sent a reminder" in sentences(asked)
    with clock.moved(timedelta(hours=25)):
        assert run_all() == 2
    later = again(asked)
    assert (later.is_escalated, later.needs_lead, later.priority, later.status) == (True, True, "high", "pending")
    assert Notification.objects.filter(reviewer=lea).count() >= 2
    assert later.next_step_at is None
    with clock.moved(timedelta(days=365)):
        assert run_all() == 0, "silence is no answer"


def test_a_default_decision_is_labelled_as_the_policys() -> None:
    save_policy(policy_id="strict", steps=[{"after": "2h", "action": "decide", "decision": "reject"}])
    asked = review(policy="strict")
    with clock.moved(timedelta(hours=2, seconds=1)):
        assert run_due() == 1
        found = outcome(asked.pk)
    assert found is not None
    assert (found.decision, found.by, found.label) == ("reject", "policy:strict@1", "policy:strict@1")
    assert history(asked.pk)[-1].channel == "policy"


def test_expiring_is_an_outcome_too() -> None:
    save_policy(policy_id="short", steps=[{"after": "1h", "action": "decide", "decision": "expire"}])
    asked = review("5", policy="short")
    with clock.moved(timedelta(hours=2)):
        run_due()
        found = outcome(asked.pk)
    assert found is not None
    assert (found.decision, again(asked).status) == ("expire", "expired")


class TestApprovingByTime:
    STEPS = ({"after": "1h", "action": "decide", "decision": "approve"},)

    def test_needs_the_flag(self) -> None:
        with pytest.raises(InvalidReview, match="needs may_approve=True"):
            save_policy(policy_id="easy", steps=self.STEPS)

    def test_with_the_flag_it_approves_what_was_proposed(self) -> None:
        save_policy(policy_id="easy", steps=self.STEPS, may_approve=True)
        asked = review(policy="easy")
        with clock.moved(timedelta(hours=2)):
            run_due()
            found = outcome(asked.pk)
        assert found is not None
        assert (found.decision, found.output) == ("approve", {"total": 12, "currency": "EUR"})

    @pytest.mark.parametrize(
        "options",
        [
            {"risk": "high"},
            {"proposed_output": {"total": "?"}, "output_schema": {"total": "string", "currency": "any"}},
        ],
    )
    def test_never_what_is_high_risk_or_does_not_fit(self, options: dict[str, Any]) -> None:
        save_policy(policy_id="easy", steps=self.STEPS, may_approve=True)
        asked = review(policy="easy", **options)
        with clock.moved(timedelta(hours=2)):
            assert run_due() == 1
            assert run_due() == 0
            assert outcome(asked.pk) is None
        assert again(asked).is_escalated
        assert "would approve it by now, but" in sentences(asked)[-1]


def test_a_step_for_unclaimed_reviews_passes_over_claimed_ones() -> None:
    save_policy(policy_id="p", steps=[{"after": "30s", "action": "raise_priority", "if": "unclaimed"}])
    ana = reviewer()
    free, taken = review(policy="p"), review(policy="p")
    claim_review(review_id=taken.pk, by=ana)
    with clock.moved(timedelta(seconds=40)):
        assert run_due() == 2
    assert (again(free).priority, again(taken).priority) == ("high", "normal")
    assert "somebody has claimed it" in sentences(taken)[-1]


def test_widening_drops_what_is_preferred_and_keeps_what_is_required() -> None:
    save_policy(policy_id="p", steps=[{"after": "1h", "action": "widen_skills"}])
    ana = reviewer("ana", "legal:1")
    asked = review(policy="p", required_specializations=["legal:4", "tax?"])
    with clock.moved(timedelta(hours=1, seconds=1)):
        run_due()
    claim_review(review_id=asked.pk, by=ana)
    assert again(asked).required == ["legal:4", "tax?"]


def test_reassigning_takes_it_from_who_does_not_work_on_it() -> None:
    from reviews.services.assignment import assign_review

    save_policy(policy_id="p", steps=[{"after": "1h", "action": "reassign"}])
    reviewer("ana")
    asked = review(policy="p")
    assign_review(review_id=asked.pk)
    with clock.moved(timedelta(hours=1, seconds=1)):
        run_due()
    assert again(asked).status == "pending"


def test_a_lease_without_a_sign_of_life_ends() -> None:
    ana, asked = reviewer(), review()
    token = claim_review(review_id=asked.pk, by=ana).token
    with clock.moved(timedelta(seconds=100)):
        renew_claim(review_id=asked.pk, by=ana, token=token)
        assert run_due() == 0
    with clock.moved(timedelta(seconds=250)):
        assert run_due() == 1
        assert again(asked).status == "pending"
        renew_claim(review_id=asked.pk, by=ana, token=token)
        assert (again(asked).status, again(asked).token) == ("in_review", token)


def test_one_call_does_no_more_than_its_limit() -> None:
    save_policy(policy_id="p", steps=[{"after": "1h", "action": "raise_priority"}])
    for _ in range(5):
        review(policy="p")
    with clock.moved(timedelta(hours=2)):
        assert [run_due(limit=2), run_due(limit=2), run_due(limit=2), run_due(limit=2)] == [2, 2, 1, 0]


def test_business_hours_count_for_the_due_time_and_the_steps() -> None:
    save_policy(
        policy_id="office",
        steps=[{"after": "50%", "action": "raise_priority"}, {"after": "12h", "action": "escalate_to_lead"}],
        due_in=timedelta(hours=8),
        business_hours=HOURS,
        time_zone="Europe/Berlin",
    )
    with clock.moved(to=MONDAY.replace(day=27, hour=15)):  # Friday, 16:00 in Berlin
        asked = review(policy="office")
    assert abs(asked.due_at - datetime(2026, 11, 30, 15, tzinfo=UTC)) < timedelta(minutes=1)
    assert asked.next_step_at is not None
    assert abs(asked.next_step_at - datetime(2026, 11, 30, 11, tzinfo=UTC)) < timedelta(minutes=1)


def test_the_preview_is_what_happens() -> None:
    version = save_policy(
        policy_id="p",
        may_approve=True,
        due_in=timedelta(hours=4),
        steps=[
            {"after": "50%", "action": "notify", "notify": ["leads"], "if": "unclaimed"},
            {"after": "100%", "action": "escalate_to_lead"},
            {"after": "1d", "action": "decide", "decision": "approve"},
        ],
    )
    moments = preview(version, MONDAY)
    assert [(moment.at - MONDAY, moment.sentence) for moment in moments] == [
        (timedelta(hours=2), "remind leads, if nobody has claimed it"),
        (timedelta(hours=4), "it is due"),
        (timedelta(hours=4), "escalate it to a lead"),
        (timedelta(hours=24), "approve it by this policy"),
    ]
    assert "never approves" in preview(version, MONDAY, is_high_risk=True)[-1].sentence


class TestVersions:
    def test_the_same_content_is_the_same_version(self) -> None:
        steps = [{"after": "1h", "action": "raise_priority"}]
        assert save_policy(policy_id="p", steps=steps).number == 1
        assert save_policy(policy_id="p", name="Other name", steps=steps).number == 1
        assert save_policy(policy_id="p", steps=[*steps, *steps]).number == 2
        assert len(history_of("policy:p")) == 2

    def test_a_review_keeps_the_version_it_began_with(self) -> None:
        save_policy(policy_id="p", steps=[{"after": "1h", "action": "decide", "decision": "reject"}])
        asked = review(policy="p")
        save_policy(policy_id="p", steps=[])
        assert policy_version("p").number == 2
        with clock.moved(timedelta(hours=2)):
            run_due()
            found = outcome(asked.pk)
        assert found is not None
        assert found.by == "policy:p@1"

    def test_an_unknown_policy_is_told_the_near_name(self) -> None:
        save_policy(policy_id="contracts", steps=[])
        with pytest.raises(PolicyNotFound, match='Did you mean "contracts"'):
            review(policy="contract")

    @pytest.mark.one_database
    @pytest.mark.parametrize(
        ("step", "place"),
        [
            ({"after": "soon", "action": "raise_priority"}, "/steps/0/after"),
            ({"after": "1h", "action": "explode"}, "/steps/0/action"),
            ({"after": "1h", "action": "decide"}, "/steps/0/decision"),
            ({"after": "1h", "action": "notify"}, "/steps/0/notify"),
            ({"after": "1h", "action": "notify", "notify": ["bob"]}, "/steps/0/notify"),
            ({"after": "1h", "action": "raise_priority", "decision": "reject"}, "/steps/0/decision"),
            ({"after": "1h", "action": "raise_priority", "when": "x"}, "/steps/0"),
            ({"after": "1h", "action": "raise_priority", "if": "x"}, "/steps/0/if"),
            ({"after": "2000%", "action": "raise_priority"}, "/steps/0/after"),
        ],
    )
    def test_steps_that_make_no_sense_are_named(self, step: dict[str, Any], place: str) -> None:
        with pytest.raises(InvalidReview) as refused:
            save_policy(policy_id="p", steps=[step])
        assert place in [pointer for pointer, _ in refused.value.problems]
        assert not EscalationPolicyVersion.objects.exists()

    def test_steps_come_in_order(self) -> None:
        with pytest.raises(InvalidReview, match="order"):
            save_policy(policy_id="p", steps=[{"after": f"{n}h", "action": "raise_priority"} for n in (2, 1)])
