"""Errors of the reviews app. The kind they inherit decides REST's status and a command's exit code."""

from collections.abc import Sequence

from common.errors import Conflict, Failed, Invalid, NotFound, OrchestrationError


class ReviewNotFound(NotFound):
    code = "review_not_found"


class ReviewerNotFound(NotFound):
    code = "reviewer_not_found"


class PolicyNotFound(NotFound):
    code = "policy_not_found"


class StreamNotFound(NotFound):
    code = "stream_not_found"


class ReviewClosed(Conflict):
    """Somebody decided, a policy did, or the execution went away; the message says who, what and when."""

    code = "review_closed"


class LeaseLost(Conflict):
    """The token is not that of the claim there is: that one is over, or there was none. The draft is kept."""

    code = "lease_lost"


class HeldByAnother(Conflict):
    """Somebody else has it: it is assigned to them, or they are working on it."""

    code = "held_by_another"


class NotEligible(Conflict):
    """The reviewer may not have this review; the message names every reason."""

    code = "not_eligible"


class NobodyEligible(Conflict):
    """Routing found nobody; the message says why, and what would mend it."""

    code = "nobody_eligible"


class AtCapacity(Conflict):
    """The reviewer has as many reviews as `max_concurrent_reviews` allows."""

    code = "at_capacity"


class FourEyes(Conflict):
    """Who asked for or made the work may not decide about it. No role is exempt."""

    code = "four_eyes"


class DraftConflict(Conflict):
    """The draft was changed elsewhere since; both versions are still there."""

    code = "draft_conflict"


class NotUndoable(Conflict):
    """There is nothing to undo, or its window is over."""

    code = "not_undoable"


class StaleReview(Conflict):
    """The review changed between reading and writing."""

    code = "stale_review"


class IllegalMove(OrchestrationError):
    """A status change the state machine does not know; the message names what is possible."""

    code = "illegal_move"


class PolicyRefused(Conflict):
    """A policy may not approve what is marked high risk, nor approve at all unless it says so."""

    code = "policy_refused"


class InvalidReview(Invalid):
    """A request, reviewer or policy that makes no sense; `problems` holds (JSON pointer, message) pairs."""

    code = "invalid_review"

    def __init__(self, message: str, problems: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class InvalidDecision(InvalidReview):
    """An answer that does not fit: the output breaks its schema, a question without words …"""

    code = "invalid_decision"


class AuditBroken(Failed):
    """The history does not verify; the message names the first break of each stream."""

    code = "audit_broken"
