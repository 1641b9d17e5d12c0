"""What happened to a review (or reviewer, policy), oldest first, in words and for programs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from reviews.models import ReviewEvent
from reviews.store import find_review
from reviews.values import loaded


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One event. `before` and `after` have the columns that changed; empty when the content was erased."""

    sequence: int
    at: datetime
    kind: str
    sentence: str
    actor: str
    label: str
    channel: str
    before: dict[str, Any]
    after: dict[str, Any]
    details: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        return {
            "sequence": self.sequence,
            "at": self.at.isoformat(),
            "kind": self.kind,
            "sentence": self.sentence,
            "actor": self.actor,
            "label": self.label,
            "channel": self.channel,
            "before": self.before,
            "after": self.after,
            "details": self.details,
        }


def history(review_id: UUID | str) -> list[HistoryLine]:
    """A review's history. Raises `ReviewNotFound`."""
    return history_of(f"review:{find_review(review_id).pk}")


def history_of(stream: str, limit: int = 1000) -> list[HistoryLine]:
    """The history of a stream, such as `reviewer:ana` or `policy:contracts`; empty when there is none."""
    return [_line(event) for event in ReviewEvent.objects.filter(stream=stream).order_by("sequence")[:limit]]


def _line(event: ReviewEvent) -> HistoryLine:
    payload = loaded(event.payload) or {}
    return HistoryLine(
        sequence=event.sequence,
        at=event.at,
        kind=event.kind,
        sentence=event.sentence,
        actor=event.actor,
        label=event.actor_label,
        channel=event.channel,
        before=payload.get("before", {}),
        after=payload.get("after", {}),
        details=payload.get("details", {}),
    )
