"""Erasing what a review was about, as data protection asks for: the values go, the record that it happened stays.

The chain of the history holds on, because it hangs on salted digests of the content, not on the content itself.
"""

from uuid import UUID

from reviews.actors import By, as_actor
from reviews.exceptions import InvalidReview
from reviews.models import (
    Draft,
    InformationRequest,
    Notice,
    Notification,
    ReviewAssignment,
    ReviewDecision,
    ReviewEvent,
    ReviewRequest,
)
from reviews.store import locked
from reviews.values import text

ERASED = "(erased)"


def erase_content(*, review_id: UUID | str, by: By, reason: str, channel: str = "python") -> ReviewRequest:
    """Erase what a review that has ended was about: values, source, texts, drafts, questions, messages, reasons.

    Who decided what kind of thing, and when, stays. Cannot be undone. Raises `InvalidReview` while the review is open.
    """
    actor, reason = as_actor(by), text(reason, 300)
    with locked(review_id, channel) as entry:
        review = entry.review
        if review.is_open:
            raise InvalidReview("this review is open; close it or let it be decided before its content is erased")
        ReviewDecision.objects.filter(review=review).update(output=None, comment="")
        ReviewAssignment.objects.filter(review=review).update(note="", explanation=None)
        InformationRequest.objects.filter(review=review).update(question=ERASED, answer="")
        for rows in (Draft.objects, Notice.objects, Notification.objects):
            rows.filter(review=review).delete()
        ReviewEvent.objects.filter(stream=entry.stream).update(payload=None, salt="")
        entry.erase()
        entry.tell("erased", actor, f"{actor.label} erased the content: {reason}")
        return review
