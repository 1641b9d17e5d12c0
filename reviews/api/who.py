"""Who asks: the login's reviewer profile, and what may be done without one."""

from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from reviews.models import ReviewRequest
from reviews.selectors.visibility import find_visible
from reviews.views.who import Who, who_looks

CHANNEL = "api"


def decider(request: Request) -> Who:
    """Somebody who may decide. Raises `PermissionDenied` for a login without a profile that may not route either."""
    who = who_looks(request)
    if not who.may_decide:
        raise PermissionDenied(
            "deciding takes a reviewer profile linked to your login, or the right to route reviews: "
            "PATCH /api/v1/reviewers/{id} with your login as `user`"
        )
    return who


def find(request: Request, review_id: str) -> ReviewRequest:
    """The review, if who asks may see it. Raises `ReviewNotFound`."""
    who = who_looks(request)
    return find_visible(review_id, who.reviewer, sees_all=who.sees_all)
