"""Taking a review to work on it, as a lease that signs of life renew, and giving it back.

A claim gets a fencing token. When the lease ends the review is free again, but the token stays good until somebody
else claims: a lunch break costs nothing unless the work was taken over.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from reviews.actors import SYSTEM, Actor, By, as_actor
from reviews.assignment.explanation import Explanation
from reviews.assignment.routing import check_eligible, lock_for
from reviews.exceptions import HeldByAnother, InvalidReview
from reviews.models import ReviewerProfile, ReviewExclusion, ReviewRequest
from reviews.services.closing_words import closed, held, lease_lost
from reviews.states import AssignedBy, AssignmentEnd, ReviewStatus
from reviews.store import Entry, locked
from reviews.values import text

S = ReviewStatus


def claim_review(*, review_id: UUID | str, by: By, channel: str = "python") -> ReviewRequest:
    """Start working on a review: `token` and `lease_expires_at` of what is returned are the claim's.

    Repeated by the same reviewer it renews. A lead may take what is assigned to others and not being worked on.
    Raises `ReviewClosed`, `HeldByAnother`, `FourEyes`, `NotEligible`, `AtCapacity`, `ReviewNotFound`.
    """
    actor = as_actor(by)
    reviewer = _profile(actor)
    with locked(review_id, channel) as entry:
        claim(entry, actor, reviewer)
        return entry.review


def claim(entry: Entry, actor: Actor, reviewer: ReviewerProfile, token: int | None = None) -> None:
    """`claim_review` inside a transaction that has the lock; with the `token` of an earlier claim that goes on."""
    review = entry.review
    if not review.is_open:
        raise closed(review)
    is_mine = review.assignee_id == reviewer.pk
    if review.status == S.IN_REVIEW:
        if is_mine:
            entry.renew(settings.ORCHESTRATION.hitl_lease_seconds)
            return
        if is_lease_alive(review, entry.now):
            raise held(review, entry.now)
        expire_lease(entry)
    elif review.status == S.WAITING_INFO:
        raise HeldByAnother("This review waits for an answer to a question; it comes back when that is there.")
    elif not is_mine and review.assignee_id is not None:
        if not reviewer.is_lead:
            raise held(review, entry.now)
        entry.end_assignment(AssignmentEnd.REASSIGNED, f"taken over by {actor.label}")
        entry.change("released", actor, f"{actor.label} took it over from {review.assignee}", to=S.PENDING)
    if review.status == S.PENDING:
        check_eligible(entry, reviewer, is_pull=True)
        lock_for(reviewer, review.weight)
        why = Explanation(reviewer.pk, f"{reviewer.name} took it from the queue", ())
        entry.begin_assignment(reviewer, AssignedBy.CLAIM, actor, explanation=why.as_dict())
    token = review.token + 1 if token is None else token
    entry.change(
        "claimed",
        actor,
        f"{actor.label} started reviewing",
        to=S.IN_REVIEW,
        assignee=reviewer,
        token=token,
        lease_expires_at=entry.now + timedelta(seconds=settings.ORCHESTRATION.hitl_lease_seconds),
        details={"token": token},
    )


def renew_claim(*, review_id: UUID | str, by: By, token: int, channel: str = "python") -> datetime:
    """A sign of life, every third of HITL_LEASE_SECONDS or oftener; returns when the lease now ends.

    After the lease had ended, and nobody came, it is claimed again. Raises `LeaseLost`, `ReviewClosed`.
    """
    actor = as_actor(by)
    reviewer = _profile(actor)
    with locked(review_id, channel) as entry:
        review = entry.review
        check_token(entry, actor, token)
        if review.status == S.IN_REVIEW:
            return entry.renew(settings.ORCHESTRATION.hitl_lease_seconds)
        claim(entry, actor, reviewer, token)
        return entry.renew(settings.ORCHESTRATION.hitl_lease_seconds)


def release_review(*, review_id: UUID | str, by: By, reason: str = "", channel: str = "python") -> ReviewRequest:
    """Give a review back to the queue. Its reviewer, or a lead. Raises `HeldByAnother`, `ReviewClosed`."""
    actor, reason = as_actor(by), text(reason, 300)
    with locked(review_id, channel) as entry:
        _check_theirs(entry, actor)
        give_back(entry, actor, AssignmentEnd.RELEASED, "gave it back", reason)
        return entry.review


def decline_review(*, review_id: UUID | str, by: By, reason: str, channel: str = "python") -> ReviewRequest:
    """Say no to a review: it goes back to the queue and does not come again. `reason` is asked for.

    Raises `InvalidReview` without a reason, `HeldByAnother`, `ReviewClosed`.
    """
    actor, reason = as_actor(by), text(reason, 300)
    if not reason.strip():
        raise InvalidReview("say why you decline it", [("/reason", "must not be empty")])
    reviewer = _profile(actor)
    with locked(review_id, channel) as entry:
        _check_theirs(entry, actor)
        ReviewExclusion.objects.get_or_create(review=entry.review, person=reviewer.pk, reason="declined")
        give_back(entry, actor, AssignmentEnd.DECLINED, "declined it", reason)
        return entry.review


def snooze_review(*, review_id: UUID | str, by: By, until: datetime, channel: str = "python") -> ReviewRequest:
    """Put a review off; it stays theirs, counts as workload, and its due time does not move.

    Raises `InvalidReview` when `until` is not in the future, `HeldByAnother`, `ReviewClosed`.
    """
    actor = as_actor(by)
    with locked(review_id, channel) as entry:
        _check_theirs(entry, actor)
        if until <= entry.now:
            raise InvalidReview("put it off until a time in the future", [("/until", "must be in the future")])
        if entry.review.status == S.IN_REVIEW:
            token = entry.review.token + 1
            entry.change("paused", actor, f"{actor.label} stopped reviewing", to=S.ASSIGNED, token=token)
        sentence = f"{actor.label} put it off until {until:%Y-%m-%d %H:%M} UTC"
        to = None if entry.review.status == S.SNOOZED else S.SNOOZED
        entry.change("snoozed", actor, sentence, to=to, snoozed_until=until)
        return entry.review


def wake_review(entry: Entry) -> None:
    """The time it was put off until has come."""
    entry.change("woken", SYSTEM, "its time to be put off is over", to=S.ASSIGNED)


def give_back(entry: Entry, actor: Actor, end: AssignmentEnd, what: str, reason: str = "") -> None:
    """Nobody has it any more; the history says who gave it back and why."""
    entry.end_assignment(end, reason)
    sentence = f"{actor.label} {what}" + (f": {reason}" if reason else "")
    # A page that is still open must not take it again with its next sign of life.
    columns = {"token": entry.review.token + 1}
    entry.change(str(end), actor, sentence, to=S.PENDING, details={"reason": reason}, **columns)


def expire_lease(entry: Entry) -> None:
    """No sign of life for too long: back to the queue. Drafts stay."""
    name = entry.review.assignee
    entry.end_assignment(AssignmentEnd.LEASE_EXPIRED)
    entry.change("lease_expired", SYSTEM, f"no sign of life from {name}: back in the queue", to=S.PENDING)


def is_lease_alive(review: ReviewRequest, now: datetime) -> bool:
    return review.lease_expires_at is not None and review.lease_expires_at > now


def check_token(entry: Entry, actor: Actor, token: int) -> None:
    """A token of an earlier claim is worth nothing. Raises `ReviewClosed`, `LeaseLost`, `HeldByAnother`."""
    review = entry.review
    if not review.is_open:
        raise closed(review)
    if token != review.token:
        raise lease_lost(review, actor, token)
    if review.assignee_id not in (None, actor.reviewer_id):
        raise held(review, entry.now)


def _check_theirs(entry: Entry, actor: Actor) -> None:
    review = entry.review
    if not review.is_open:
        raise closed(review)
    if review.assignee_id is None:
        raise InvalidReview("nobody has this review; there is nothing to give back")
    if review.status == S.WAITING_INFO:
        raise HeldByAnother("This review waits for an answer to a question; answer that first.")
    if review.assignee_id != actor.reviewer_id and not actor.leads:
        raise held(review, entry.now)


def _profile(actor: Actor) -> ReviewerProfile:
    if actor.reviewer is None:
        raise InvalidReview(
            f"{actor.label} has no reviewer profile; register one and link it to the login, then claim reviews"
        )
    return actor.reviewer
