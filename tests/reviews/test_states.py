"""The table of states: every move that is not in it is refused, and random work never leaves it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from common.errors import Conflict, Invalid
from reviews import clock
from reviews.actors import SYSTEM
from reviews.audit.verification import verify
from reviews.escalation.running import run_due
from reviews.exceptions import IllegalMove, StaleReview
from reviews.models import Draft, ReviewAssignment, ReviewDecision, ReviewRequest
from reviews.selectors.history import history
from reviews.services import afterwards, assignment, claims, drafts
from reviews.services.decisions import decide
from reviews.services.policies import save_policy
from reviews.services.requests import close_review
from reviews.states import DECIDED, FINAL, MOVES, ReviewStatus
from reviews.store import Entry, locked
from tests.reviews.scenes import again, review, reviewer

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ILLEGAL = [(at, to) for at in ReviewStatus for to in ReviewStatus if to not in MOVES[at]]


@pytest.mark.parametrize(("at", "to"), ILLEGAL, ids=lambda status: str(status))
def test_a_move_that_is_not_in_the_table_is_refused(at: ReviewStatus, to: ReviewStatus) -> None:
    entry = Entry(ReviewRequest(status=at), NOW, "test")
    with pytest.raises(IllegalMove, match=f"is {at} and cannot become {to}"):
        entry.change("x", SYSTEM, "x", to=to)


@pytest.mark.django_db
def test_a_change_of_what_was_read_earlier_is_refused() -> None:
    asked = review()
    with locked(asked.pk, "test") as entry:
        ReviewRequest.objects.filter(pk=asked.pk).update(version=7)
        with pytest.raises(StaleReview):
            entry.change("x", SYSTEM, "x", priority="high")


NAMES = st.sampled_from(["ana", "ben", "lea"])
TOKENS = st.sampled_from([None, 0, 1, 2])


class Review(RuleBasedStateMachine):
    """Three people, a policy and an engine do anything at any time to one review."""

    @initialize(policy=st.sampled_from(["reject", "expire", "none"]), undo=st.sampled_from([0, 30]))
    def open(self, policy: str, undo: int) -> None:
        for name in ("ana", "ben", "lea"):
            reviewer(name, capacity=1, is_lead=name == "lea")
        steps = [{"after": "1h", "action": "escalate_to_lead"}, {"after": "2h", "action": "reassign"}]
        end = [] if policy == "none" else [{"after": "3h", "action": "decide", "decision": policy}]
        save_policy(policy_id=policy, steps=[*steps, *end])
        self.review = review(policy=policy, undo_seconds=undo)
        self.later = timedelta()
        self.ended: str | None = None
        self.written: dict[str, str] = {}

    def _do(self, verb: Any, **options: Any) -> Any:
        """A verb at the present time of this run; refusals are fine, anything else is not."""
        with clock.moved(self.later):
            try:
                return verb(**options)
            except (Conflict, Invalid) as refused:
                return refused

    @rule(who=NAMES)
    def claim(self, who: str) -> None:
        before = again(self.review)
        result = self._do(claims.claim_review, review_id=self.review.pk, by=who)
        if before.status == "assigned" and before.assignee_id == who:
            assert not isinstance(result, Exception), result

    @rule(who=NAMES)
    def release(self, who: str) -> None:
        self._do(claims.release_review, review_id=self.review.pk, by=who)

    @rule(who=NAMES)
    def decline(self, who: str) -> None:
        self._do(claims.decline_review, review_id=self.review.pk, by=who, reason="no")

    @rule(who=NAMES)
    def snooze(self, who: str) -> None:
        until = clock.now() + self.later + timedelta(minutes=20)
        self._do(claims.snooze_review, review_id=self.review.pk, by=who, until=until)

    @rule(who=NAMES, token=TOKENS)
    def renew(self, who: str, token: int | None) -> None:
        self._do(claims.renew_claim, review_id=self.review.pk, by=who, token=token or 1)

    @rule(to=NAMES, by=NAMES)
    def reassign(self, to: str, by: str) -> None:
        self._do(assignment.reassign_review, review_id=self.review.pk, to=to, by=by)

    @rule()
    def route(self) -> None:
        self._do(assignment.assign_due)

    @rule(who=NAMES, token=TOKENS, verdict=st.sampled_from(["approve", "reject", "escalate", "need_information"]))
    def decide(self, who: str, token: int | None, verdict: str) -> None:
        before = again(self.review)
        with clock.moved(self.later):
            is_theirs = before.assignee_id == who and before.status == "in_review" and token in (None, before.token)
        result = self._do(
            decide, review_id=self.review.pk, decision=verdict, by=who, token=token, comment=f"{who} says {verdict}"
        )
        if is_theirs:
            assert not isinstance(result, Exception), result
        elif isinstance(result, Conflict):
            assert Draft.objects.get(review=self.review, author=f"reviewer:{who}").comment == f"{who} says {verdict}"

    @rule(who=NAMES)
    def write(self, who: str) -> None:
        draft = Draft.objects.filter(review=self.review, author=f"reviewer:{who}").first()
        version = draft.version if draft else None
        self._do(drafts.save_draft, review_id=self.review.pk, by=who, comment="half", version=version)
        assert Draft.objects.get(review=self.review, author=f"reviewer:{who}").comment == "half"

    @rule(who=NAMES)
    def answer(self, who: str) -> None:
        self._do(afterwards.answer_information, review_id=self.review.pk, answer="so", by=who)

    @rule(who=NAMES)
    def undo(self, who: str) -> None:
        self._do(afterwards.undo_decision, review_id=self.review.pk, by=who)

    @rule(minutes=st.sampled_from([1, 10, 70]))
    def pass_time(self, minutes: int) -> None:
        self.later += timedelta(minutes=minutes)
        self._do(run_due)

    @rule(is_sure=st.integers(0, 9))
    def close(self, is_sure: int) -> None:
        if is_sure == 0:
            self._do(close_review, review_id=self.review.pk, reason="cancelled", actor="engine")

    @invariant()
    def the_rows_agree(self) -> None:
        found = again(self.review)
        final = ReviewDecision.objects.filter(review=found, verdict__in=FINAL, undone_at=None).count()
        assert final == (found.status in DECIDED)
        rows = ReviewAssignment.objects.filter(review=found, ended_at=None)
        assert list(rows.values_list("reviewer", flat=True)) == (
            [found.assignee_id] if found.assignee_id and found.is_open else []
        )
        if self.ended and found.announced_at:
            assert found.status == self.ended, "what took effect never changes"
        self.ended = str(found.status) if found.announced_at or found.status in ("cancelled", "superseded") else None

    @invariant()
    def the_history_tells_only_moves_of_the_table(self) -> None:
        for line in history(self.review.pk):
            if "status" in line.before:
                assert line.after["status"] in MOVES[ReviewStatus(line.before["status"])], line
        found = verify(f"review:{self.review.pk}")
        assert found.is_sound, found.breaks


@pytest.mark.django_db
def test_random_work_keeps_to_the_table(request: pytest.FixtureRequest) -> None:
    class Rolled(Review):
        def __init__(self) -> None:
            super().__init__()
            self._atomic = transaction.atomic()
            self._atomic.__enter__()

        def teardown(self) -> None:
            transaction.set_rollback(True)
            self._atomic.__exit__(None, None, None)

    run_state_machine_as_test(
        Rolled,
        settings=settings(
            max_examples=8, stateful_step_count=25, suppress_health_check=list(HealthCheck), deadline=None
        ),
    )
