"""Giving reviews to people: by routing, or because somebody says so."""

from collections.abc import Iterator
from uuid import UUID

from django.db import transaction

from reviews import clock
from reviews.actors import By, as_actor, find_reviewer
from reviews.assignment.explanation import Explanation
from reviews.assignment.routing import check_eligible, give, lock_for, route
from reviews.assignment.scoring import judge
from reviews.assignment.team import Team
from reviews.exceptions import HeldByAnother, InvalidReview, NobodyEligible
from reviews.models import ReviewAssignment, ReviewerProfile, ReviewRequest
from reviews.services.claims import is_lease_alive
from reviews.services.closing_words import closed, held
from reviews.skills import Requirements
from reviews.states import AssignedBy, AssignmentEnd, ReviewStatus
from reviews.store import lock, locked
from reviews.values import text

BATCH = 200
"""Reviews that one call of `assign_due` places at most."""


def assign_review(*, review_id: UUID | str, channel: str = "python") -> ReviewAssignment:
    """Give an unclaimed review to whom it suits best; the explanation is stored with the assignment.

    Raises `NobodyEligible` saying why and what would mend it, `HeldByAnother`, `ReviewClosed`.
    """
    with locked(review_id, channel) as entry:
        if not entry.review.is_open:
            raise closed(entry.review)
        if entry.review.status != ReviewStatus.PENDING:
            raise held(entry.review, entry.now)
        found = route(entry, Team.read(entry.now))
        if isinstance(found, Explanation):
            remedies = "; ".join(found.remedies)
            raise NobodyEligible(f"{found.sentence}. What would help: {remedies}")
        return found


def reassign_review(
    *,
    review_id: UUID | str,
    to: ReviewerProfile | str,
    by: By,
    reason: str = "",
    over_capacity: bool = False,
    channel: str = "python",
) -> ReviewAssignment:
    """Give a review to somebody named, whoever has it now; also the first time.

    They need not be at work. `over_capacity` allows more than their capacity, and wants a `reason`. Raises
    `InvalidReview`, `FourEyes`, `NotEligible`, `AtCapacity`, `HeldByAnother` (somebody is working on it and `by` is no
    lead), `ReviewClosed`.
    """
    actor, reason = as_actor(by), text(reason, 300)
    reviewer = find_reviewer(to.pk if isinstance(to, ReviewerProfile) else to)
    if over_capacity and not reason.strip():
        raise InvalidReview("say why it goes beyond their capacity", [("/reason", "must not be empty")])
    with locked(review_id, channel) as entry:
        review = entry.review
        if not review.is_open:
            raise closed(review)
        if review.assignee_id == reviewer.pk:
            raise HeldByAnother(f"{reviewer} has this review already")
        if is_lease_alive(review, entry.now) and not actor.leads and review.assignee_id != actor.reviewer_id:
            raise held(review, entry.now)
        check_eligible(entry, reviewer, is_pull=True, ignoring=("capacity",))
        if not over_capacity:
            lock_for(reviewer, review.weight)
        before = review.assignee
        entry.end_assignment(AssignmentEnd.REASSIGNED, reason)
        sentence = f"{actor.label} gave it to {reviewer}" + (f" (before: {before})" if before else "")
        sentence += f": {reason}" if reason else ""
        why = Explanation(reviewer.pk, f"{actor.label} chose {reviewer}" + (f": {reason}" if reason else ""), ())
        if review.status == ReviewStatus.WAITING_INFO:
            entry.change("reassigned", actor, sentence, assignee=reviewer)
            return entry.begin_assignment(reviewer, AssignedBy.PERSON, actor, explanation=why.as_dict(), note=reason)
        return give(entry, reviewer, AssignedBy.PERSON, actor, sentence, explanation=why, note=reason)


def assign_due(limit: int = BATCH) -> int:
    """Place unclaimed reviews, the most pressing first; returns how many. A ticker duty; safe in two processes.

    Kinds of reviews that nobody can take now are not even looked at, so that they hold up no others.
    """
    team, placed = Team.read(clock.now()), 0
    for review_id in _placeable(team, limit):
        with transaction.atomic():
            entry = lock(review_id, "routing", skip_locked=True)
            if entry and entry.review.status == ReviewStatus.PENDING:
                placed += isinstance(route(entry, team), ReviewAssignment)
    return placed


def _placeable(team: Team, limit: int) -> Iterator[UUID]:
    """Ids of pending reviews that somebody of the team has room for; asked again when somebody became full."""
    seen: set[UUID] = set()
    while keys := _open_keys(team):
        rows = ReviewRequest.objects.filter(status=ReviewStatus.PENDING, requirements_key__in=keys)
        found = list(rows.exclude(pk__in=seen).order_by("rank_at", "id").values_list("pk", "requirements_key")[:50])
        for review_id, key in found:
            if len(seen) >= limit:
                return
            seen.add(review_id)
            if _has_room(team, key):
                yield review_id
        if not found:
            return


def _open_keys(team: Team) -> list[str]:
    pending = ReviewRequest.objects.filter(status=ReviewStatus.PENDING).order_by()
    return [key for key in pending.values_list("requirements_key", flat=True).distinct() if _has_room(team, key)]


def _has_room(team: Team, key: str) -> bool:
    judged = judge(list(team.members.values()), Requirements.from_key(key), 1, "")
    return any(one.is_eligible for one in judged)
