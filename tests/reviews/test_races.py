"""People, policies and processes at the same moment: exactly one outcome, and everybody else is told."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection

from common.errors import Conflict
from reviews import clock
from reviews.audit.verification import verify
from reviews.escalation.running import run_due
from reviews.exceptions import AtCapacity, HeldByAnother, LeaseLost, ReviewClosed
from reviews.models import Draft, ReviewAssignment, ReviewDecision, ReviewRequest
from reviews.services.assignment import assign_due
from reviews.services.claims import claim_review, renew_claim
from reviews.services.decisions import decide
from reviews.services.next_review import claim_next
from reviews.services.policies import save_policy
from reviews.services.requests import close_review
from tests.reviews.scenes import again, review, reviewer

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 4


def side_by_side(*works: Callable[[], object]) -> list[object]:
    """Run each on a thread and connection of its own, all let go at once; conflicts are returned, not raised."""
    gate = threading.Barrier(len(works))

    def closing(work: Callable[[], object]) -> object:
        try:
            connection.ensure_connection()
            gate.wait(60)
            return work()
        except Conflict as conflict:
            return conflict
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as threads:
        return [future.result(60) for future in [threads.submit(closing, work) for work in works]]


def made(results: list[object]) -> list[ReviewDecision]:
    return [one for one in results if isinstance(one, ReviewDecision)]


def test_of_two_who_decide_at_once_one_does_and_the_other_keeps_a_draft() -> None:
    ana, ben = reviewer("ana"), reviewer("ben")
    for _ in range(ROUNDS):
        asked = review()
        results = side_by_side(
            partial(decide, review_id=asked.pk, decision="approve", by=ana, comment="yes"),
            partial(decide, review_id=asked.pk, decision="reject", by=ben, comment="no"),
        )
        (winner,) = made(results)
        (loser,) = [one for one in results if isinstance(one, ReviewClosed)]
        assert str(winner.label) in str(loser)
        assert Draft.objects.get(review=asked).author != winner.actor
    assert verify().is_sound


def test_a_decision_and_a_timeout_at_once_are_one_of_the_two() -> None:
    save_policy(policy_id="strict", steps=[{"after": "0s", "action": "decide", "decision": "reject"}])
    ana = reviewer("ana")
    for _ in range(ROUNDS):
        asked = review(policy="strict")
        results = side_by_side(partial(decide, review_id=asked.pk, decision="approve", by=ana), run_due, run_due)
        outcome = ReviewDecision.objects.get(review=asked)
        assert outcome.actor in ("reviewer:ana", "policy:strict@1")
        assert bool(made(results)) == (outcome.actor == "reviewer:ana")
        assert sum(one for one in results if isinstance(one, int)) == (outcome.actor != "reviewer:ana")
    assert verify().is_sound


def test_a_decision_and_a_cancel_at_once_are_one_of_the_two() -> None:
    ana = reviewer("ana")
    for _ in range(ROUNDS):
        asked = review()
        claimed = claim_review(review_id=asked.pk, by=ana)
        decided, closed = side_by_side(
            partial(decide, review_id=asked.pk, decision="approve", by=ana, token=claimed.token),
            partial(close_review, review_id=asked.pk, reason="execution cancelled", actor="engine"),
        )
        assert isinstance(decided, ReviewDecision) != bool(closed)
        assert again(asked).status == ("cancelled" if closed else "decided")
        assert ReviewAssignment.objects.get(review=asked).ended_at is not None


def test_of_two_who_claim_at_once_one_gets_it() -> None:
    ana, ben = reviewer("ana", capacity=50), reviewer("ben", capacity=50)
    for _ in range(ROUNDS):
        asked = review()
        results = side_by_side(*(partial(claim_review, review_id=asked.pk, by=one) for one in (ana, ben)))
        assert [type(one) for one in results].count(HeldByAnother) == 1
        assert again(asked).token == 1


def test_two_who_ask_for_the_next_get_different_ones() -> None:
    people = [reviewer(name) for name in ("ana", "ben", "cem")]
    for _ in range(4):
        review()
    taken = side_by_side(*(partial(claim_next, by=one) for one in people))
    keys = [one.pk for one in taken if isinstance(one, ReviewRequest)]
    assert len(set(keys)) == len(keys) == 3


def test_capacity_holds_against_claims_and_routing_at_once() -> None:
    ana = reviewer("ana", capacity=2)
    asked = [review() for _ in range(6)]
    results = side_by_side(
        *(partial(claim_review, review_id=one.pk, by=ana) for one in asked[:3]), assign_due, assign_due
    )
    assert ReviewAssignment.objects.filter(reviewer=ana, ended_at=None).count() == 2
    refused = [one for one in results if isinstance(one, Conflict)]
    assert all(isinstance(one, AtCapacity | HeldByAnother) for one in refused)
    assert verify().is_sound


def test_after_a_takeover_the_old_token_is_worth_nothing() -> None:
    ana, ben, asked = reviewer("ana"), reviewer("ben"), review()
    old = claim_review(review_id=asked.pk, by=ana).token
    with clock.moved(timedelta(minutes=10)):
        results = side_by_side(
            partial(claim_review, review_id=asked.pk, by=ben),
            partial(renew_claim, review_id=asked.pk, by=ana, token=old),
        )
        holder = again(asked).assignee_id
        if holder == "ben":
            assert isinstance(results[1], LeaseLost | HeldByAnother)
            with pytest.raises(LeaseLost):
                decide(review_id=asked.pk, decision="approve", by=ana, token=old)
        else:
            assert isinstance(results[0], HeldByAnother)


def test_opening_for_the_same_subject_at_once_opens_one() -> None:
    reviews = side_by_side(*(partial(review, "17") for _ in range(3)))
    assert len({one.pk for one in reviews if isinstance(one, ReviewRequest)}) == 1
    assert verify().is_sound


def test_two_tickers_carry_out_each_step_once() -> None:
    steps = [{"after": "0s", "action": "raise_priority"}, {"after": "0s", "action": "raise_priority"}]
    save_policy(policy_id="hurry", steps=steps)
    asked = [review(policy="hurry", priority="low") for _ in range(5)]
    for _ in range(4):
        side_by_side(run_due, run_due)
    assert {again(one).priority for one in asked} == {"high"}
    assert verify().is_sound
