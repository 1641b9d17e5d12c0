"""Take the next review and work on it, in one step: what "start reviewing" and "submit and next" do."""

from uuid import UUID

from django.db import transaction

from reviews.actors import By, as_actor
from reviews.exceptions import AtCapacity, FourEyes, HeldByAnother, InvalidReview, NotEligible, ReviewClosed
from reviews.models import ReviewRequest
from reviews.selectors.inbox import queues_of
from reviews.services.claims import claim
from reviews.store import lock

TRIES = 20


def claim_next(*, by: By, beside: UUID | None = None, channel: str = "python") -> ReviewRequest | None:
    """Claim the most pressing review of those the reviewer has or may take; None when there is none.

    Of two who ask at once each gets another: what somebody else is just taking is passed over. Raises `AtCapacity`
    when there is work but no room.
    """
    actor = as_actor(by)
    reviewer = actor.reviewer
    if reviewer is None:
        raise InvalidReview(f"{actor.label} has no reviewer profile; register one and link it to the login")
    full: AtCapacity | None = None
    for rows in queues_of(reviewer):
        found = rows.exclude(pk=beside) if beside else rows
        for review_id in found.order_by("rank_at", "id").values_list("pk", flat=True)[:TRIES]:
            with transaction.atomic():
                entry = lock(review_id, channel, skip_locked=True)
                if entry is None:
                    continue
                try:
                    with transaction.atomic():
                        claim(entry, actor, reviewer)
                except AtCapacity as error:  # a lighter one may fit
                    full = full or error
                    continue
                except (HeldByAnother, ReviewClosed, NotEligible, FourEyes):
                    continue
                return entry.review
    if full is not None:
        raise full
    return None
