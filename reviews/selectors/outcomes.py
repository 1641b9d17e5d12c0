"""What came of reviews, for whoever asked: decisions that took effect, and nothing before they do."""

from collections.abc import Iterable
from uuid import UUID

from reviews import clock
from reviews.models import ReviewDecision
from reviews.outcome import Outcome
from reviews.states import FINAL
from reviews.store import find_review
from reviews.values import loaded


def decided_for(subject_ids: Iterable[object], subject_kind: str = "") -> dict[str, Outcome]:
    """The outcome of each subject whose review was decided, by subject id as text. One query; at most as many rows."""
    keys = [str(key) for key in subject_ids]
    rows = ReviewDecision.objects.filter(review__subject_id__in=keys)
    if subject_kind:
        rows = rows.filter(review__subject_kind=subject_kind)
    effective = rows.filter(verdict__in=FINAL, undone_at=None, effective_at__lte=clock.now()) if keys else rows.none()
    return {made.review.subject_id: _outcome(made) for made in effective.select_related("review").defer(*_LARGE)}


def outcome(review_id: UUID | str) -> Outcome | None:
    """What was decided; None while it is open, while the decision can be undone, and when it was closed without one.

    Raises `ReviewNotFound`.
    """
    review = find_review(review_id)
    rows = ReviewDecision.objects.filter(review=review, verdict__in=FINAL, undone_at=None)
    made = rows.filter(effective_at__lte=clock.now()).select_related("review").defer(*_LARGE).first()
    return _outcome(made) if made else None


_LARGE = tuple(f"review__{name}" for name in ("input", "proposed_output", "output_schema", "source", "instructions"))


def _outcome(made: ReviewDecision) -> Outcome:
    return Outcome(
        review_id=made.review_id,
        subject_id=made.review.subject_id,
        decision=str(made.verdict),
        output=loaded(made.output),
        by=made.actor,
        label=made.label,
        comment=made.comment,
        reason_code=made.reason_code,
        decided_at=made.decided_at,
        effective_at=made.effective_at,
    )
