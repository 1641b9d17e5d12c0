"""Handing a review up: to a lead where there is one."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from reviews.actors import Actor
from reviews.assignment.ranking import rank
from reviews.models import ReviewExclusion, ReviewRequest
from reviews.notices.outbox import leads, tell_addresses, tell_reviewers, tell_webhooks
from reviews.services.claims import is_lease_alive
from reviews.states import AssignmentEnd, Priority, ReviewStatus
from reviews.store import Entry


def escalate(entry: Entry, actor: Actor, sentence: str, *, hands_over: bool = False) -> None:
    """Mark a review as escalated and, unless somebody is working on it, free it for a lead.

    `hands_over`: the actor gives it up, and does not get it again. Without a lead besides them anybody may have it.
    """
    review = entry.review
    if hands_over and actor.reviewer_id:
        ReviewExclusion.objects.get_or_create(review=review, person=actor.reviewer_id, reason="declined")
    others = [lead for lead in leads() if not (hands_over and lead.pk == actor.reviewer_id)]
    needs = replace(review.requirements, needs_lead=bool(others))
    columns: dict[str, Any] = {"is_escalated": True, "needs_lead": needs.needs_lead, "requirements_key": needs.key}
    is_free = hands_over or not is_lease_alive(review, entry.now)
    if is_free and review.status not in (ReviewStatus.PENDING, ReviewStatus.WAITING_INFO):
        entry.end_assignment(AssignmentEnd.ESCALATED)
        entry.change("escalated", actor, sentence, to=ReviewStatus.PENDING, **columns)
    else:
        entry.change("escalated", actor, sentence, **columns)
    tell_reviewers(review, others, "review.escalated", sentence, entry.now)
    tell_webhooks(review, "review.escalated", entry.now, reason=sentence)


def raise_priority(entry: Entry, actor: Actor, sentence: str) -> None:
    """One step up, and forward in the queue."""
    review = entry.review
    raised = Priority(review.priority).raised
    entry.change("priority_raised", actor, sentence, priority=raised, rank_at=rank_of(review, raised))


def rank_of(review: ReviewRequest, priority: Priority) -> Any:
    return rank(
        created_at=review.created_at,
        due_at=review.due_at,
        priority=priority,
        estimated_minutes=review.estimated_minutes,
    )


def tell(entry: Entry, targets: Sequence[str], kind: str, text: str) -> None:
    """Word to whom a policy names: `assignee`, `leads`, `webhooks`, or e-mail addresses."""
    review = entry.review
    people = [review.assignee] if "assignee" in targets and review.assignee else []
    tell_reviewers(review, people + (leads() if "leads" in targets else []), kind, text, entry.now)
    tell_addresses(review, [target for target in targets if "@" in target], kind, text, entry.now)
    if "webhooks" in targets:
        tell_webhooks(review, kind, entry.now, reason=text)
