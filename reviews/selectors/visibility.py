"""Who may see which reviews: one rule for pages and REST. Whoever may not is told that there is no such review."""

from uuid import UUID

from django.db.models import Q, QuerySet

from reviews.exceptions import ReviewNotFound
from reviews.models import ReviewerProfile, ReviewRequest
from reviews.store import find_review


def visible_to(reviewer: ReviewerProfile | None, *, sees_all: bool) -> "QuerySet[ReviewRequest]":
    """Reviews up to somebody's clearance, and those they have; all of them for who leads or routes."""
    rows = ReviewRequest.objects.all()
    if sees_all:
        return rows
    cleared = Q(sensitivity__lte=reviewer.clearance) | Q(assignee=reviewer) if reviewer else Q(sensitivity=0)
    return rows.filter(cleared)


def find_visible(review_id: UUID | str, reviewer: ReviewerProfile | None, *, sees_all: bool) -> ReviewRequest:
    """The review with all its columns. Raises `ReviewNotFound` also for what may not be seen."""
    review = find_review(review_id)
    is_theirs = reviewer is not None and review.assignee_id == reviewer.pk
    clearance = reviewer.clearance if reviewer else 0
    if not (sees_all or is_theirs or review.sensitivity <= clearance):
        raise ReviewNotFound(f'there is no review "{review_id}"; manage.py reviews lists them')
    return review
