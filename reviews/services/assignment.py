"""Giving reviews to people: by routing, or because somebody says so."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from reviews import clock
from reviews.actors import By, as_actor, find_reviewer
from reviews.assignment.explanation import Explanation
from reviews.assignment.routing import check_eligible, give, lock_for, route
from reviews.assignment.scoring import obstacles
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
"""Reviews that one call of `assign_due` looks at: so many of the most pressing, and so many behind them."""
AT_ONCE = 50


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


Place = tuple[datetime, UUID]
"""Where a review stands in the queue: `rank_at`, id."""


@dataclass
class _Turn:
    """How far behind the head of the queue this process has looked; None: it begins at the head's end."""

    at: Place | None = None


_turn = _Turn()


def assign_due(limit: int = BATCH) -> int:
    """Place unclaimed reviews, the most pressing first; returns how many. A ticker duty; safe in two processes.

    Kinds of reviews that nobody can take now are not even looked at. Some others cannot be placed either: everybody who
    could is excluded from them, or they weigh too much. So that those hold up nothing, a call that has looked at the
    first `limit` looks at `limit` more, which are others in each call until it has been through the whole queue.
    """
    if not ReviewRequest.objects.filter(status=ReviewStatus.PENDING).exists():
        return 0  # the usual case: one query
    team = Team.read(clock.now())
    placed, end = _place(team, None, limit)
    if end is None:
        _turn.at = None
        return placed
    behind, _turn.at = _place(team, max(end, _turn.at or end), limit)
    return placed + behind


def _place(team: Team, after: Place | None, limit: int) -> tuple[int, Place | None]:
    """Look at `limit` reviews at most: how many were placed, and where it stopped (None: nothing is left to look at).

    What fits nobody is passed over without being locked.
    """
    placed = looked = 0
    while looked < limit and (keys := _open_keys(team)):
        wanted = min(AT_ONCE, limit - looked)
        found = list(_queue(keys, after).values_list("rank_at", "pk", "requirements_key", "weight")[:wanted])
        barred = team.barred([review_id for _, review_id, *_ in found])
        for rank_at, review_id, key, weight in found:
            after = rank_at, review_id
            if _fits_somebody(team, key, weight, barred.get(review_id, frozenset())):
                placed += _route(review_id, team)
        if len(found) < wanted:
            return placed, None
        looked += wanted
    return placed, after if looked >= limit else None


def _queue(keys: list[str], after: Place | None) -> "QuerySet[ReviewRequest]":
    rows = ReviewRequest.objects.filter(status=ReviewStatus.PENDING, requirements_key__in=keys)
    if after is not None:
        rows = rows.filter(Q(rank_at__gt=after[0]) | Q(rank_at=after[0], id__gt=after[1]))
    return rows.order_by("rank_at", "id")


def _route(review_id: UUID, team: Team) -> bool:
    with transaction.atomic():
        entry = lock(review_id, "routing", skip_locked=True)
        if entry is None or entry.review.status != ReviewStatus.PENDING:
            return False
        return isinstance(route(entry, team), ReviewAssignment)


def _open_keys(team: Team) -> list[str]:
    pending = ReviewRequest.objects.filter(status=ReviewStatus.PENDING).order_by()
    return [key for key in pending.values_list("requirements_key", flat=True).distinct() if _fits_somebody(team, key)]


def _fits_somebody(team: Team, key: str, weight: int = 1, barred: Collection[str] = ()) -> bool:
    needs = Requirements.from_key(key)
    return any(one.id not in barred and not obstacles(one, needs, weight) for one in team.members.values())
