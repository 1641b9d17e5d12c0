"""`orchestrator.human_loop_manager`: reviews from Python. Every method calls the verb that pages and REST call.

Works with and without a running event loop (`common.database_thread`).
"""

from typing import Any

from common.database_thread import in_database_thread
from reviews.actors import By, find_reviewer, system
from reviews.models import ReviewerProfile
from reviews.outcome import Outcome
from reviews.selectors import describing, history, inbox, outcomes, team
from reviews.services.assignment import assign_review, reassign_review
from reviews.services.claims import claim_review, decline_review, release_review
from reviews.services.decisions import UNSET, decide
from reviews.services.requests import close_review, open_review
from reviews.services.reviewers import register_reviewer
from reviews.store import find_review

PROGRAM = system("python", "a program")
"""Who acts where a call names nobody."""


class HumanLoopManager:
    """Reviewers, review requests and decisions. Ids are text; errors are those of `reviews.exceptions`."""

    @in_database_thread
    def register_reviewer(self, reviewer: ReviewerProfile) -> ReviewerProfile:
        """Make an unsaved `ReviewerProfile` a reviewer; returns the saved one. Idempotent: for a known id, name, email,
        specializations and capacity are updated and nothing else. Raises `InvalidReview`.
        """
        return register_reviewer(reviewer=reviewer)

    @in_database_thread
    def create_review(
        self, task_name: str, task_type: str, input_data: Any, priority: str = "normal", **options: Any
    ) -> str:
        """Ask a person; returns the review's id. Priorities: low, normal, high, urgent.

        Options: those of `reviews.services.requests.open_review`. Raises `InvalidReview`, `PolicyNotFound`.
        """
        review = open_review(
            task_name=task_name, task_type=task_type, input_data=input_data, priority=priority, **options
        )
        return str(review.pk)

    @in_database_thread
    def get_review(self, review_id: str) -> dict[str, Any]:
        """Everything about a review, JSON-serialisable. Raises `ReviewNotFound`."""
        return describing.describe(find_review(review_id))

    @in_database_thread
    def get_outcome(self, review_id: str) -> Outcome | None:
        """What was decided; None while nothing is, or it can still be undone. Raises `ReviewNotFound`."""
        return outcomes.outcome(review_id)

    @in_database_thread
    def assign(self, review_id: str, reviewer_id: str | None = None, *, by: By = PROGRAM, reason: str = "") -> str:
        """Give a review to whom it suits best, or to the reviewer named; returns the reviewer's id.

        Raises `NobodyEligible` saying why, `NotEligible`, `AtCapacity`, `FourEyes`, `HeldByAnother`, `ReviewClosed`.
        """
        if reviewer_id is None:
            return assign_review(review_id=review_id).reviewer_id
        return reassign_review(review_id=review_id, to=reviewer_id, by=by, reason=reason).reviewer_id

    @in_database_thread
    def claim(self, review_id: str, reviewer_id: By) -> int:
        """Start working on a review; returns the token to decide with. Raises as `claim_review`."""
        return claim_review(review_id=review_id, by=reviewer_id).token

    @in_database_thread
    def release(self, review_id: str, reviewer_id: By, reason: str = "") -> None:
        """Give a review back to the queue."""
        release_review(review_id=review_id, by=reviewer_id, reason=reason)

    @in_database_thread
    def decline(self, review_id: str, reviewer_id: By, reason: str) -> None:
        """Say no to a review; it does not come again."""
        decline_review(review_id=review_id, by=reviewer_id, reason=reason)

    @in_database_thread
    def decide(
        self,
        review_id: str,
        decision: str,
        by: By,
        output: Any = UNSET,
        *,
        comment: str = "",
        reason_code: str = "",
        token: int | None = None,
    ) -> dict[str, Any]:
        """approve, approve_with_edits (with `output`), reject, escalate or need_information; the review afterwards.

        Raises as `reviews.services.decisions.decide`.
        """
        decide(
            review_id=review_id,
            decision=decision,
            by=by,
            output=output,
            comment=comment,
            reason_code=reason_code,
            token=token,
        )
        return describing.describe(find_review(review_id))

    def escalate(self, review_id: str, by: By, reason: str) -> dict[str, Any]:
        """Hand a review up to a lead; the review afterwards."""
        return self.decide(review_id, "escalate", by, comment=reason)

    @in_database_thread
    def cancel_review(self, review_id: str, reason: str = "") -> bool:
        """End a review that nobody has to decide any more; False when it had ended."""
        return close_review(review_id=review_id, reason=reason, actor="python")

    @in_database_thread
    def history(self, review_id: str) -> list[dict[str, Any]]:
        """What happened to a review, oldest first: `sentence`, `actor`, `before`, `after` … Raises `ReviewNotFound`."""
        return [line.as_dict() for line in history.history(review_id)]

    @in_database_thread
    def why(self, review_id: str) -> dict[str, Any]:
        """Why it is with whom it is, who would get it, or why nobody. Raises `ReviewNotFound`."""
        return team.why(review_id)

    @in_database_thread
    def pending_reviews(self, reviewer_id: str | None = None, limit: int = 50) -> list[dict[str, Any]]:
        """What a reviewer may take (without one: all that nobody has), the most pressing first.

        Raises `ReviewerNotFound`.
        """
        reviewer = find_reviewer(reviewer_id) if reviewer_id else None
        return [describing.summary(row) for row in inbox.inbox(reviewer, inbox.Tab.UNCLAIMED, limit=limit).rows]
