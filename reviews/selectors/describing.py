"""A review as programs see it: JSON-serialisable, values decoded."""

from datetime import datetime
from typing import Any

from reviews.models import Draft, InformationRequest, ReviewDecision, ReviewRequest
from reviews.values import loaded

_PLAIN = (
    *("subject_kind", "subject_id", "subject_label", "subject_url", "task_name", "task_type", "group"),
    *("status", "priority", "risk", "required", "language", "sensitivity", "confidence", "reasons", "may_edit"),
    *("is_escalated", "needs_lead", "is_widened", "weight", "estimated_minutes", "version", "created_by"),
    *("close_reason", "undo_seconds", "shown_digest"),
)
_TIMES = (
    *("created_at", "due_at", "next_step_at", "lease_expires_at", "snoozed_until", "decided_at", "effective_at"),
    "closed_at",
)


def summary(review: ReviewRequest) -> dict[str, Any]:
    """What a list shows; reads none of the large columns. Times are ISO 8601 in UTC, or null."""
    found: dict[str, Any] = {"review_id": str(review.pk)} | {name: getattr(review, name) for name in _PLAIN}
    found |= {name: _iso(getattr(review, name)) for name in _TIMES}
    found["status"], found["priority"], found["risk"] = str(review.status), str(review.priority), str(review.risk)
    return found | {"assignee": review.assignee_id, "assignee_name": review.assignee.name if review.assignee else None}


def describe(review: ReviewRequest) -> dict[str, Any]:
    """Everything: what is shown to the reviewer, the decisions, the questions."""
    decisions = ReviewDecision.objects.filter(review=review)
    questions = InformationRequest.objects.filter(review=review)
    return summary(review) | {
        "input": loaded(review.input),
        "proposed_output": loaded(review.proposed_output),
        "output_schema": loaded(review.output_schema),
        "source": loaded(review.source),
        "instructions": review.instructions,
        "policy": review.policy.label if review.policy else None,
        "decisions": [_decision(one) for one in decisions],
        "questions": [_question(one) for one in questions],
    }


def draft_of(review: ReviewRequest, author: str) -> dict[str, Any] | None:
    """What an actor (such as `reviewer:ana`) has written so far, with the version to save the next one with."""
    draft = Draft.objects.filter(review=review, author=author).first()
    if draft is None:
        return None
    return {
        "output": loaded(draft.output),
        "comment": draft.comment,
        "version": draft.version,
        "updated_at": _iso(draft.updated_at),
    }


def _decision(made: ReviewDecision) -> dict[str, Any]:
    return {
        "decision": str(made.verdict),
        "output": loaded(made.output),
        "comment": made.comment,
        "reason_code": made.reason_code,
        "by": made.actor,
        "label": made.label,
        "channel": made.channel,
        "decided_at": _iso(made.decided_at),
        "effective_at": _iso(made.effective_at),
        "undone_at": _iso(made.undone_at),
    }


def _question(one: InformationRequest) -> dict[str, Any]:
    return {
        "question": one.question,
        "asked_by": one.asked_by,
        "asked_at": _iso(one.asked_at),
        "answer": one.answer,
        "answered_by": one.answered_by,
        "answered_at": _iso(one.answered_at),
    }


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
