"""Small questions about reviews that pages and REST ask: reasons there are, what can still be undone, lists."""

from collections import Counter
from datetime import datetime

from django.db.models import QuerySet

from reviews.models import ReviewDecision, ReviewerProfile, ReviewRequest
from reviews.models.requests import LARGE
from reviews.selectors.visibility import visible_to
from reviews.states import FINAL

MOST_KINDS = 200


def list_reviews(reviewer: ReviewerProfile | None, *, sees_all: bool) -> "QuerySet[ReviewRequest]":
    """All that somebody may see, without the large columns. The caller filters, orders and pages."""
    return visible_to(reviewer, sees_all=sees_all).select_related("assignee").defer(*LARGE)


def count_open_reasons() -> dict[str, int]:
    """Codes of the reasons why a person is asked, among what is open: how many each, most first. One query."""
    rows = ReviewRequest.objects.filter(closed_at=None).exclude(reason_codes="").order_by()
    counted: Counter[str] = Counter()
    for codes in rows.values_list("reason_codes", flat=True).distinct()[:MOST_KINDS]:
        counted.update({code for code in codes.split("|") if code})
    return dict(counted.most_common())


def last_undoable(actor: str, now: datetime) -> ReviewDecision | None:
    """The newest decision of an actor that has not taken effect yet, with its review."""
    waiting = {"review__announced_at": None, "review__effective_at__gt": now}  # the index of what is to announce
    rows = ReviewDecision.objects.filter(actor=actor, verdict__in=FINAL, undone_at=None, **waiting)
    return rows.select_related("review").defer(*(f"review__{name}" for name in LARGE)).order_by("-decided_at").first()
