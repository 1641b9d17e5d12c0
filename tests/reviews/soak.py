"""Reviewers, routing and policies at work at random, until nothing is open. Run as a module it is one of the processes.

python -m tests.reviews.soak SEED
"""

import random
import sys
import time
from collections import Counter

MODES = ("decide", "decide", "decide", "decide", "release", "abandon", "decline", "reassign", "ask", "escalate")


def prepare(reviewers: int, requests: int, seed: int = 1) -> None:
    """People with different skills and capacities, and requests that need them; a third are decided by time."""
    from reviews.services.policies import save_policy
    from tests.reviews.scenes import review, reviewer

    chance = random.Random(seed)
    for number in range(reviewers):
        skills = ["legal", "tax", "medical"][: 1 + number % 3]
        reviewer(f"r{number:02}", *skills, capacity=chance.randint(1, 6), is_lead=number % 5 == 0)
    save_policy(
        policy_id="quick",
        steps=[
            {"after": "0s", "action": "raise_priority"},
            {"after": "1s", "action": "widen_skills"},
            {"after": "3s", "action": "decide", "decision": "reject"},
        ],
    )
    for number in range(requests):
        needs = chance.choice([[], ["legal"], ["tax"], ["medical:2?"]])
        review(str(number), required_specializations=needs, policy="quick" if number % 3 == 0 else None)


def take_part(seed: int, seconds: float) -> Counter[str]:
    """Act at random until nothing is open or the time is over; returns what was done. Anything unexpected is raised."""
    from common.errors import Conflict, Invalid
    from reviews.escalation.running import run_due
    from reviews.models import ReviewRequest
    from reviews.services.assignment import assign_due

    chance, done, deadline = random.Random(seed), Counter[str](), time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            done["assigned"] += assign_due(10) if chance.random() < 0.1 else 0
            done["timed"] += run_due(limit=10) if chance.random() < 0.1 else 0
            done[_act(chance)] += 1
        except (Conflict, Invalid) as refused:
            done[f"refused: {refused.code}"] += 1
        over = overloaded()
        if over:
            raise AssertionError(f"over capacity: {over}")
        if done["nothing"] and not ReviewRequest.objects.filter(closed_at=None).exists():
            break
    return done


def _act(chance: random.Random) -> str:
    """One thing a reviewer might do."""
    from reviews.actors import find_reviewer
    from reviews.models import ReviewerProfile
    from reviews.services import afterwards, assignment, claims, decisions
    from reviews.services.next_review import claim_next

    everybody = list(ReviewerProfile.objects.values_list("pk", flat=True))
    who = find_reviewer(chance.choice(everybody))
    review = claim_next(by=who)
    if review is None:
        return "nothing"
    mode = chance.choice(MODES)
    if mode == "decide":
        verdict = chance.choice(("approve", "reject"))
        decisions.decide(review_id=review.pk, decision=verdict, by=who, token=review.token, comment=who.pk)
    elif mode == "release":
        claims.release_review(review_id=review.pk, by=who)
    elif mode == "decline" and chance.random() < 0.2:
        claims.decline_review(review_id=review.pk, by=who, reason="not mine")
    elif mode == "reassign":
        assignment.reassign_review(review_id=review.pk, to=chance.choice(everybody), by=who)
    elif mode == "ask":
        decisions.decide(review_id=review.pk, decision="need_information", by=who, token=review.token, comment="Why?")
        afterwards.answer_information(review_id=review.pk, answer="so", by=who)
    elif mode == "escalate" and chance.random() < 0.2:
        decisions.decide(review_id=review.pk, decision="escalate", by=who, token=review.token, comment="hard")
    return mode


def overloaded() -> list[str]:
    """Reviewers with more than their capacity, in one consistent look."""
    from django.db.models import F, Q, Sum

    from reviews.models import ReviewerProfile

    load = Sum("assignments__weight", filter=Q(assignments__ended_at=None))
    over = ReviewerProfile.objects.annotate(load=load).filter(load__gt=F("max_concurrent_reviews"))
    return list(over.values_list("pk", flat=True))


def judge(requests: int) -> None:
    """No double decision, none unseen, the chain verifies."""
    from reviews.audit.trail import write_checkpoint
    from reviews.audit.verification import verify
    from reviews.models import ReviewAssignment, ReviewDecision, ReviewRequest
    from reviews.states import FINAL

    assert ReviewRequest.objects.filter(closed_at__isnull=False).count() == requests
    final = ReviewDecision.objects.filter(verdict__in=FINAL, undone_at=None).values_list("review", flat=True)
    assert len(final) == len(set(final)) == requests
    assert not ReviewAssignment.objects.filter(ended_at=None).exists()
    write_checkpoint()
    found = verify()
    assert found.is_sound, found.breaks


if __name__ == "__main__":
    import django

    django.setup()
    sys.stdout.write(repr(dict(take_part(int(sys.argv[1]), 600))) + "\n")
