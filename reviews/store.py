"""The only writer of reviews: every change is one conditional UPDATE plus its line of history, under the review's lock.

Lock order: the review, then (at most one) reviewer. Under the lock reading before writing is safe; the UPDATE still
names version and allowed states, so that nothing can slip through.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.dispatch import Signal

from reviews import clock, signals
from reviews.actors import Actor
from reviews.audit.trail import record
from reviews.exceptions import IllegalMove, ReviewNotFound, StaleReview
from reviews.models import ReviewAssignment, ReviewerProfile, ReviewRequest
from reviews.models.requests import LARGE
from reviews.states import ENDED, HELD, MOVES, AssignedBy, AssignmentEnd, ReviewStatus, sources_of

# Columns whose change the history shows.
_TOLD = (
    "status",
    "assignee_id",
    "priority",
    "due_at",
    "is_escalated",
    "needs_lead",
    "is_widened",
    "snoozed_until",
)
# What a state does not have; emptied on the way into any other.
_ONLY_IN: dict[str, ReviewStatus] = {
    "lease_expires_at": ReviewStatus.IN_REVIEW,
    "snoozed_until": ReviewStatus.SNOOZED,
    "clock_paused_at": ReviewStatus.WAITING_INFO,
}


def find_review(review_id: UUID | str) -> ReviewRequest:
    """Raises `ReviewNotFound`."""
    found = ReviewRequest.objects.select_related("assignee", "policy").filter(pk=parse_id(review_id)).first()
    if found is None:
        raise _not_found(review_id)
    return found


def parse_id(review_id: UUID | str) -> UUID:
    """Raises `ReviewNotFound` for what is no id at all."""
    try:
        return review_id if isinstance(review_id, UUID) else UUID(review_id)
    except ValueError as error:
        raise _not_found(review_id) from error


def _not_found(review_id: UUID | str) -> ReviewNotFound:
    return ReviewNotFound(f'there is no review "{str(review_id)[:80]}"; manage.py reviews lists them')


class Entry:
    """A review under its lock, with the time of the transaction."""

    def __init__(self, review: ReviewRequest, now: datetime, channel: str) -> None:
        self.review = review
        self.now = now
        self.channel = channel

    @property
    def stream(self) -> str:
        return f"review:{self.review.pk}"

    def tell(self, kind: str, actor: Actor, sentence: str, **details: Any) -> None:
        """A line of history without a change."""
        self._record(kind, actor, sentence, {}, {}, details)

    def change(
        self,
        kind: str,
        actor: Actor,
        sentence: str,
        *,
        to: ReviewStatus | None = None,
        details: dict[str, Any] | None = None,
        **columns: Any,
    ) -> None:
        """Write columns, and the status when `to` is given, and the line of history that tells it.

        Raises `IllegalMove` for a move that the table of states does not have.
        """
        review = self.review
        if to is not None:
            self._check_move(to)
            columns |= {name: None for name, state in _ONLY_IN.items() if state != to}
            columns |= {} if to in (*HELD, ReviewStatus.WAITING_INFO, ReviewStatus.DECIDED) else {"assignee": None}
            has_ended = to in ENDED
            columns |= {"closed_at": self.now, "next_step_at": None} if has_ended else {"closed_at": None}
            columns["status"] = to
        before = {name: getattr(review, name) for name in _TOLD}
        allowed = sources_of(to) if to is not None else (ReviewStatus(review.status),)
        rows = ReviewRequest.objects.filter(pk=review.pk, version=review.version, status__in=allowed)
        if not rows.update(version=F("version") + 1, **columns):
            raise StaleReview(f"review {review.pk} was changed by somebody else meanwhile; look again")
        review.version += 1
        for name, value in columns.items():
            setattr(review, name, value)
        changed = [name for name in _TOLD if before[name] != getattr(review, name)]
        after = {name: getattr(review, name) for name in changed}
        self._record(kind, actor, sentence, {name: before[name] for name in changed}, after, details or {})

    def renew(self, seconds: float) -> datetime:
        """A sign of life: the lease lives on. No change of the review, so no line of history."""
        expires_at = self.now + timedelta(seconds=seconds)
        ReviewRequest.objects.filter(pk=self.review.pk).update(lease_expires_at=expires_at)
        self.review.lease_expires_at = expires_at
        return expires_at

    def schedule_step(self, position: int, at: datetime | None) -> None:
        """Which step of the policy comes next, and when. What steps do has lines of its own."""
        ReviewRequest.objects.filter(pk=self.review.pk).update(next_step=position, next_step_at=at)
        self.review.next_step, self.review.next_step_at = position, at

    def mark_announced(self) -> None:
        """The decision has taken effect."""
        ReviewRequest.objects.filter(pk=self.review.pk).update(announced_at=self.now)
        self.review.announced_at = self.now

    def erase(self) -> None:
        """Empty the columns that hold what the review was about."""
        empty: dict[str, Any] = {name: None for name in LARGE if name != "instructions"}
        empty |= {"instructions": "", "subject_label": "", "reasons": [], "group": "", "close_reason": ""}
        ReviewRequest.objects.filter(pk=self.review.pk).update(**empty)

    def begin_assignment(
        self, reviewer: ReviewerProfile, by: AssignedBy, actor: Actor, *, explanation: Any = None, note: str = ""
    ) -> ReviewAssignment:
        """The review is theirs from now on (the caller also writes `assignee`)."""
        return ReviewAssignment.objects.create(
            review=self.review,
            reviewer=reviewer,
            weight=self.review.weight,
            by=by,
            assigned_by=actor.key[:200],
            explanation=explanation,
            note=note[:300],
            assigned_at=self.now,
        )

    def end_assignment(self, end: AssignmentEnd, note: str = "") -> None:
        """Whoever has the review has it no more; nothing when nobody has."""
        columns = {"ended_at": self.now, "end": end} | ({"note": note[:300]} if note else {})
        ReviewAssignment.objects.filter(review=self.review, ended_at=None).update(**columns)

    def _check_move(self, to: ReviewStatus) -> None:
        status = ReviewStatus(self.review.status)
        if to not in MOVES[status]:
            possible = ", ".join(sorted(MOVES[status])) or "nothing: it has ended"
            raise IllegalMove(f"review {self.review.pk} is {status} and cannot become {to}; possible: {possible}")

    def _record(
        self,
        kind: str,
        actor: Actor,
        sentence: str,
        before: dict[str, Any],
        after: dict[str, Any],
        details: dict[str, Any],
    ) -> None:
        record(
            stream=self.stream,
            kind=f"review.{kind}",
            actor=actor,
            channel=self.channel,
            at=self.now,
            sentence=sentence,
            status=str(self.review.status),
            before=before,
            after=after,
            details=details,
        )


@contextmanager
def locked(review_id: UUID | str, channel: str, *, with_values: bool = False) -> Iterator[Entry]:
    """One transaction with the review locked. Raises `ReviewNotFound`. `with_values` reads the large columns too."""
    with transaction.atomic():
        entry = lock(review_id, channel, with_values=with_values)
        if entry is None:
            raise _not_found(review_id)
        yield entry


def lock(review_id: UUID | str, channel: str, *, with_values: bool = False, skip_locked: bool = False) -> Entry | None:
    """Inside a transaction: the same, or None when it is not there (or, with `skip_locked`, somebody else has it)."""
    rows = ReviewRequest.objects.select_for_update(of=("self",), skip_locked=skip_locked)
    rows = rows.select_related("assignee", "policy")
    review = (rows if with_values else rows.defer(*LARGE)).filter(pk=parse_id(review_id)).first()
    return Entry(review, clock.now(), channel) if review else None


def announce(signal: Signal, review: ReviewRequest, **news: Any) -> None:
    """Send a signal of ours once the transaction has committed."""
    about = {"review_id": review.pk, "subject_kind": review.subject_kind, "subject_id": review.subject_id}
    transaction.on_commit(lambda: signal.send_robust(sender=ReviewRequest, **about, **news))


def announce_decision(review: ReviewRequest, decision: str) -> None:
    announce(signals.review_decided, review, decision=decision)
