"""The words for where a review stands, what may be decided, and the one table of allowed moves. Pure."""

from datetime import timedelta
from enum import StrEnum


class ReviewStatus(StrEnum):
    PENDING = "pending"
    ASSIGNED = "assigned"
    IN_REVIEW = "in_review"
    WAITING_INFO = "waiting_info"
    SNOOZED = "snoozed"
    DECIDED = "decided"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"

    @property
    def label(self) -> str:
        return LABELS[self]

    @property
    def is_open(self) -> bool:
        return self in OPEN


_S = ReviewStatus
LABELS: dict[ReviewStatus, str] = {
    _S.PENDING: "waiting for somebody",
    _S.ASSIGNED: "assigned",
    _S.IN_REVIEW: "being reviewed",
    _S.WAITING_INFO: "waiting for information",
    _S.SNOOZED: "put off",
    _S.DECIDED: "decided",
    _S.EXPIRED: "expired",
    _S.CANCELLED: "cancelled",
    _S.SUPERSEDED: "superseded",
}

_ENDS = frozenset({_S.DECIDED, _S.EXPIRED, _S.CANCELLED, _S.SUPERSEDED})
MOVES: dict[ReviewStatus, frozenset[ReviewStatus]] = {
    _S.PENDING: frozenset({_S.ASSIGNED, _S.IN_REVIEW, _S.WAITING_INFO}) | _ENDS,
    _S.ASSIGNED: frozenset({_S.PENDING, _S.ASSIGNED, _S.IN_REVIEW, _S.WAITING_INFO, _S.SNOOZED}) | _ENDS,
    _S.IN_REVIEW: frozenset({_S.PENDING, _S.ASSIGNED, _S.WAITING_INFO, _S.SNOOZED}) | _ENDS,
    _S.WAITING_INFO: frozenset({_S.PENDING, _S.ASSIGNED}) | _ENDS,
    _S.SNOOZED: frozenset({_S.PENDING, _S.ASSIGNED, _S.IN_REVIEW, _S.WAITING_INFO}) | _ENDS,
    # Undone within the window, while nobody has acted on the decision yet.
    _S.DECIDED: frozenset({_S.PENDING, _S.IN_REVIEW}),
    _S.EXPIRED: frozenset(),
    _S.CANCELLED: frozenset(),
    _S.SUPERSEDED: frozenset(),
}
OPEN = tuple(status for status in ReviewStatus if status not in _ENDS)
ENDED = tuple(status for status in ReviewStatus if status in _ENDS)
DECIDED = (_S.DECIDED, _S.EXPIRED)
"""States that have an outcome."""
HELD = (_S.ASSIGNED, _S.IN_REVIEW, _S.SNOOZED)
"""States that need an assignee."""


def sources_of(target: ReviewStatus) -> tuple[ReviewStatus, ...]:
    """The states a review may come from to be `target`."""
    return tuple(status for status, targets in MOVES.items() if target in targets)


class Verdict(StrEnum):
    """What somebody can say to a review. The first four end it."""

    APPROVE = "approve"
    APPROVE_WITH_EDITS = "approve_with_edits"
    REJECT = "reject"
    EXPIRE = "expire"
    ESCALATE = "escalate"
    NEED_INFORMATION = "need_information"

    @property
    def is_final(self) -> bool:
        return self in FINAL

    @property
    def past(self) -> str:
        """For sentences: `Jane approved it`."""
        return _PAST[self]


FINAL = (Verdict.APPROVE, Verdict.APPROVE_WITH_EDITS, Verdict.REJECT, Verdict.EXPIRE)
APPROVING = (Verdict.APPROVE, Verdict.APPROVE_WITH_EDITS)
FOR_PEOPLE = tuple(verdict for verdict in Verdict if verdict is not Verdict.EXPIRE)
FOR_POLICIES = (Verdict.APPROVE, Verdict.REJECT, Verdict.EXPIRE)
_PAST = {
    Verdict.APPROVE: "approved it",
    Verdict.APPROVE_WITH_EDITS: "approved it with edits",
    Verdict.REJECT: "rejected it",
    Verdict.EXPIRE: "let it expire",
    Verdict.ESCALATE: "escalated it",
    Verdict.NEED_INFORMATION: "asked for information about it",
}


class Priority(StrEnum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"

    @property
    def horizon(self) -> timedelta:
        """By when a review of this priority should be done, where no due time is nearer (assignment.ranking)."""
        return _HORIZONS[self]

    @property
    def raised(self) -> "Priority":
        return _RAISED[self]


_HORIZONS = {
    Priority.LOW: timedelta(hours=96),
    Priority.NORMAL: timedelta(hours=48),
    Priority.HIGH: timedelta(hours=12),
    Priority.URGENT: timedelta(hours=1),
}
_RAISED = {
    Priority.LOW: Priority.NORMAL,
    Priority.NORMAL: Priority.HIGH,
    Priority.HIGH: Priority.URGENT,
    Priority.URGENT: Priority.URGENT,
}


class Risk(StrEnum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


class Availability(StrEnum):
    AVAILABLE = "available"
    BUSY = "busy"
    AWAY = "away"


class AssignedBy(StrEnum):
    """How a review came to somebody."""

    ROUTING = "routing"
    PERSON = "person"
    CLAIM = "claim"


class AssignmentEnd(StrEnum):
    """Why an assignment is over."""

    DECIDED = "decided"
    RELEASED = "released"
    DECLINED = "declined"
    REASSIGNED = "reassigned"
    ESCALATED = "escalated"
    LEASE_EXPIRED = "lease_expired"
    AWAY = "away"
    CLOSED = "closed"


class StepAction(StrEnum):
    """What a step of an escalation policy does."""

    NOTIFY = "notify"
    RAISE_PRIORITY = "raise_priority"
    WIDEN_SKILLS = "widen_skills"
    REASSIGN = "reassign"
    ESCALATE_TO_LEAD = "escalate_to_lead"
    DECIDE = "decide"


class StepCondition(StrEnum):
    """When a step that is due is carried out; otherwise it is passed over, and the history says so."""

    ALWAYS = "always"
    UNCLAIMED = "unclaimed"


class NoticeChannel(StrEnum):
    EMAIL = "email"
    WEBHOOK = "webhook"


class NoticeStatus(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
