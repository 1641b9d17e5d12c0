"""What a person is told when a review is not theirs to act on any more: who, what and when."""

from datetime import UTC, datetime

from reviews.actors import Actor
from reviews.exceptions import HeldByAnother, LeaseLost, ReviewClosed
from reviews.models import ReviewDecision, ReviewRequest
from reviews.states import FINAL, ReviewStatus, Verdict

KEPT = "What you wrote is kept as your draft."


def closed(review: ReviewRequest) -> ReviewClosed:
    """The review ended; the message says how."""
    made = ReviewDecision.objects.filter(review=review, verdict__in=FINAL, undone_at=None).first()
    if made is not None:
        said = f"{made.label} {Verdict(made.verdict).past} on {moment(made.decided_at)}"
        said += f' ("{made.comment[:120]}")' if made.comment else ""
    else:
        why = f": {review.close_reason}" if review.close_reason else ""
        at = f" on {moment(review.closed_at)}" if review.closed_at else ""
        said = f"it was {ReviewStatus(review.status).label}{at}{why}"
    return ReviewClosed(f"This review is over: {said}. {KEPT}")


def held(review: ReviewRequest, now: datetime) -> HeldByAnother:
    """Somebody else has it."""
    name = review.assignee or "somebody else"
    if review.status == ReviewStatus.IN_REVIEW and review.lease_expires_at:
        seconds = max(0, round((review.lease_expires_at - now).total_seconds()))
        return HeldByAnother(f"{name} is working on this review; free in {seconds} s unless they go on. {KEPT}")
    label = ReviewStatus(review.status).label
    return HeldByAnother(f"This review is {label} and belongs to {name}. Ask them, or a lead to reassign it. {KEPT}")


def lease_lost(review: ReviewRequest, actor: Actor, token: int) -> LeaseLost:
    """The token is not that of the claim there is."""
    if review.token == 0:
        return LeaseLost(f"Nobody has claimed this review yet: claim it first, and use the token of that claim. {KEPT}")
    if review.assignee_id is not None and review.assignee_id == actor.reviewer_id:
        said = f"The token {token} is not of your present claim on this review; claim it again to get that one's"
    elif token > review.token:
        said = f"No claim on this review had the token {token}: claim it first, and use the token of that claim"
    elif review.assignee is None:
        said = "The claim that you act on has ended, and nobody has this review now; claim it again to go on"
    else:
        said = f"The claim that you act on has ended, and {review.assignee} has claimed it since"
    return LeaseLost(f"{said}. {KEPT}")


def moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
