"""What may follow a decision: taking it back within its window, and answering a reviewer's question."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings

from reviews.actors import Actor, By, as_actor
from reviews.assignment.routing import lock_with_room
from reviews.escalation.timeline import next_step_time
from reviews.exceptions import InvalidDecision, NotUndoable
from reviews.models import InformationRequest, ReviewDecision, ReviewRequest
from reviews.notices.outbox import tell_reviewers
from reviews.services.closing_words import closed, moment
from reviews.services.escalations import rank_of
from reviews.states import FINAL, AssignedBy, Priority, ReviewStatus, Verdict
from reviews.store import Entry, locked
from reviews.values import text


def undo_decision(*, review_id: UUID | str, by: By, channel: str = "python") -> ReviewRequest:
    """Take a decision back that has not taken effect; its reviewer works on the review again, with a new token.

    Who decided, or a lead. Raises `NotUndoable` saying why.
    """
    actor = as_actor(by)
    with locked(review_id, channel) as entry:
        review = entry.review
        made = ReviewDecision.objects.filter(review=review, verdict__in=FINAL, undone_at=None).first()
        if made is None:
            raise NotUndoable("there is no decision to undo")
        if made.actor != actor.key and not actor.leads:
            raise NotUndoable(f"{made.label} decided this; they, or a lead, can undo it")
        if review.announced_at is not None or made.effective_at <= entry.now:
            raise NotUndoable(f"the decision took effect on {moment(made.effective_at)}; it cannot be undone any more")
        ReviewDecision.objects.filter(pk=made.pk).update(undone_at=entry.now)
        _reopen(entry, made, actor)
        return review


def _reopen(entry: Entry, made: ReviewDecision, actor: Actor) -> None:
    """Back to who decided, if they have room for it; else to the queue."""
    review, who = entry.review, made.reviewer
    sentence = f"{actor.label} took the decision back ({Verdict(made.verdict).past})"
    columns: dict[str, Any] = {
        "decided_at": None,
        "effective_at": None,
        "announced_at": None,
        "next_step_at": _next_step_at(review),
    }
    if who is None or lock_with_room(who.pk, review.weight) is None:
        entry.change("undone", actor, sentence, to=ReviewStatus.PENDING, **columns)
        return
    entry.begin_assignment(who, AssignedBy.CLAIM, actor)
    lease_expires_at = entry.now + timedelta(seconds=settings.ORCHESTRATION.hitl_lease_seconds)
    columns |= {"assignee": who, "token": review.token + 1, "lease_expires_at": lease_expires_at}
    entry.change("undone", actor, sentence, to=ReviewStatus.IN_REVIEW, **columns)


def answer_information(*, review_id: UUID | str, answer: str, by: By, channel: str = "python") -> ReviewRequest:
    """Answer the open question; the review goes back to who asked, and its clocks go on from where they rested.

    Raises `InvalidDecision` without words or without a question, `ReviewClosed`.
    """
    actor, answer = as_actor(by), text(answer).strip()
    if not answer:
        raise InvalidDecision("the answer has no words", [("/answer", "must not be empty")])
    with locked(review_id, channel) as entry:
        review = entry.review
        if not review.is_open:
            raise closed(review)
        question = InformationRequest.objects.filter(review=review, answered_at=None).first()
        if review.status != ReviewStatus.WAITING_INFO or question is None:
            raise InvalidDecision("no question is open on this review")
        InformationRequest.objects.filter(pk=question.pk).update(
            answer=answer, answered_by=actor.key, answered_at=entry.now
        )
        _go_on(entry)
        entry.change(
            "information_answered",
            actor,
            f"{actor.label} answers: {answer}",
            to=ReviewStatus.ASSIGNED if review.assignee_id else ReviewStatus.PENDING,
            clock_started_at=review.clock_started_at,
            due_at=review.due_at,
            next_step_at=review.next_step_at,
            rank_at=rank_of(review, Priority(review.priority)),
        )
        if review.assignee:
            tell_reviewers(review, [review.assignee], "review.answered", f"{actor.label} answered you", entry.now)
        return review


def _go_on(entry: Entry) -> None:
    """Move the clocks on by the working time that passed while the review waited."""
    review = entry.review
    if review.policy is None or review.clock_paused_at is None:
        return
    calendar = review.policy.calendar
    rested = calendar.between(review.clock_paused_at, entry.now)
    review.clock_started_at = calendar.add(review.clock_started_at, rested)
    review.due_at = calendar.add(review.due_at, rested)
    review.next_step_at = _next_step_at(review)


def _next_step_at(review: ReviewRequest) -> datetime | None:
    if review.policy is None:
        return None
    steps = list(review.policy.steps.all())
    return next_step_time(review.policy, steps, review.next_step, review.clock_started_at, review.due_at)
