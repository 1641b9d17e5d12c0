"""What reviews have to say elsewhere: in the side bar, on the overview, on the page of what is reviewed, in search."""

from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse

from reviews import clock
from reviews.models import Notification, ReviewerProfile, ReviewRequest
from reviews.models.requests import LARGE
from reviews.selectors.visibility import visible_to
from reviews.states import FINAL, ReviewStatus
from reviews.views import words
from reviews.views.who import VIEW, who_looks
from web.navigation import User
from web.panels import Shown
from web.search import Hit

S = ReviewStatus


def count_mine(request: HttpRequest) -> int:
    """Reviews that somebody has and did not put off; the number beside Inbox."""
    return _numbers(request)["mine"]


def count_unread(request: HttpRequest) -> int:
    """The number beside Notifications."""
    return _numbers(request)["unread"]


def _numbers(request: Any) -> dict[str, int]:
    """Both numbers, asked once in a request, in one query for who has no profile and two for who has."""
    known: dict[str, int] | None = getattr(request, "_reviews_numbers", None)
    if known is None:
        reviewer = ReviewerProfile.objects.filter(user=request.user, is_active=True).only("pk").first()
        known = request._reviews_numbers = _count(reviewer) if reviewer else {"mine": 0, "unread": 0}
    return known


def _count(reviewer: ReviewerProfile) -> dict[str, int]:
    mine = ReviewRequest.objects.filter(assignee=reviewer, closed_at=None, status__in=(S.ASSIGNED, S.IN_REVIEW))
    unread = Notification.objects.filter(reviewer=reviewer, read_at=None)
    return {"mine": mine.count(), "unread": unread.count()}


def needs_me(request: HttpRequest, _: Any) -> Shown | None:
    """For the overview: what waits for this person; nothing when nothing does."""
    if not request.user.has_perm(VIEW):
        return None
    who, now = who_looks(request), clock.now()
    mine = Q(assignee=who.reviewer) if who.reviewer else Q(pk=None)
    open_ones = ReviewRequest.objects.filter(closed_at=None).order_by()
    found = open_ones.aggregate(
        mine=Count("pk", filter=mine & Q(status__in=(S.ASSIGNED, S.IN_REVIEW))),
        late=Count("pk", filter=mine & Q(due_at__lt=now)),
        escalated=Count("pk", filter=Q(is_escalated=True)),
        unclaimed=Count("pk", filter=Q(status=S.PENDING)),
        overdue=Count("pk", filter=Q(due_at__lt=now)),
    )
    if not (found["mine"] or (who.may_decide and found["unclaimed"]) or (who.sees_all and found["overdue"])):
        return None
    return Shown("reviews/panels/needs.html", {"found": found, "who": who}, needs_somebody=True)


def review_of(request: HttpRequest, subject: Any) -> Shown | None:
    """For the page of what is reviewed (whatever has a `review_id`): where it stands, or what was decided."""
    if subject.review_id is None or not request.user.has_perm(VIEW):
        return None
    who = who_looks(request)
    rows = visible_to(who.reviewer, sees_all=who.sees_all).select_related("assignee").defer(*LARGE)
    review = rows.filter(pk=subject.review_id).first()
    if review is None:
        return None
    made = review.decisions.filter(undone_at=None, verdict__in=FINAL).first()
    status = S(review.status)
    context = {"review": review, "made": made, "state": words.STATES[status], "label": words.state_words(review)}
    due = words.countdown(review.due_at, clock.now()) if review.is_open else None
    return Shown("reviews/panels/review.html", context | {"due": due})


def search_reviews(user: User, text: str, limit: int) -> list[Hit]:
    """Open reviews by what they are about, the most pressing first; reviewers by name."""
    if not user.has_perm(VIEW):  # type: ignore[union-attr]
        return []
    rows = ReviewRequest.objects.filter(closed_at=None, sensitivity=0).defer(*LARGE).select_related("assignee")
    rows = rows.filter(Q(subject_label__icontains=text) | Q(task_name__icontains=text)).order_by("rank_at", "id")
    found = rows[:limit]
    return [
        Hit(words.title_of(one), words.state_words(one), reverse("review", args=[one.pk]), "inbox") for one in found
    ]


def search_reviewers(user: User, text: str, limit: int) -> list[Hit]:
    """Reviewers by name or id."""
    if not user.has_perm("reviews.view_reviewerprofile"):  # type: ignore[union-attr]
        return []
    rows = ReviewerProfile.objects.filter(Q(name__icontains=text) | Q(pk__icontains=text), is_active=True)
    return [Hit(str(row), row.pk, reverse("reviewer", args=[row.pk]), "team") for row in rows.order_by("name")[:limit]]
