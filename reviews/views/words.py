"""How reviews are put into words for pages: due times, states, why a person is asked, verdicts. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from reviews.models import ReviewRequest
from reviews.states import ReviewStatus, Verdict
from web.quantities import HARD, rough

S = ReviewStatus
SOON = timedelta(hours=4)
# State in the page's language of states (icon and colour).
STATES: Mapping[ReviewStatus, str] = {
    S.PENDING: "queued",
    S.ASSIGNED: "mine",
    S.IN_REVIEW: "running",
    S.WAITING_INFO: "waiting",
    S.SNOOZED: "paused",
    S.DECIDED: "completed",
    S.EXPIRED: "timed_out",
    S.CANCELLED: "cancelled",
    S.SUPERSEDED: "skipped",
}
VERDICTS: Mapping[str, str] = {
    Verdict.APPROVE: "completed",
    Verdict.APPROVE_WITH_EDITS: "edit",
    Verdict.REJECT: "failed",
    Verdict.EXPIRE: "timed_out",
    Verdict.ESCALATE: "flag",
    Verdict.NEED_INFORMATION: "ask",
}


DONE: Mapping[str, str] = {
    Verdict.APPROVE: "approved",
    Verdict.APPROVE_WITH_EDITS: "approved with edits",
    Verdict.REJECT: "rejected",
    Verdict.EXPIRE: "expired",
    Verdict.ESCALATE: "escalated",
    Verdict.NEED_INFORMATION: "asked back",
}
"""What became of a review, in lists and headings."""


@dataclass(frozen=True, slots=True)
class Countdown:
    """Until when, in words; `tone` is a class of the style sheet."""

    text: str
    tone: str
    icon: str
    at: datetime


def countdown(due_at: datetime, now: datetime) -> Countdown:
    """`12 min overdue`, `2 h 20 m left`, `today by 18:00`, `tomorrow by 12:00`, `Mon by 10:00`, `3 Dec by 10:00`."""
    left = due_at - now
    amount = rough(max(60.0, abs(left.total_seconds())))
    if left < timedelta():
        return Countdown(f"{amount} overdue", "bad", "timed_out", due_at)
    if left < SOON:
        return Countdown(f"{amount} left", "wait", "clock", due_at)
    return Countdown(f"{_day(due_at.astimezone(UTC), now.astimezone(UTC))} by {due_at:%H:%M}", "muted", "clock", due_at)


def _day(at: datetime, now: datetime) -> str:
    days = (at.date() - now.date()).days
    if days < 2:
        return ("today", "tomorrow")[days]
    if days < 7:
        return f"{at:%a}"
    return f"{at:%-d}{HARD}{at:%b}" + ("" if at.year == now.year else f" {at:%Y}")


@dataclass(frozen=True, slots=True)
class Chip:
    """Why a person is asked, shortly; the whole sentence is its title."""

    text: str
    tone: str
    title: str


_REASONS = {
    "low_confidence": ("Low confidence", "wait"),
    "low_field_confidence": ("Uncertain", "wait"),
    "validation_failed": ("Validation failed", "bad"),
    "always": ("Always looked at", ""),
    "sample": ("Random sample", ""),
}


def reason_chips(reasons: Sequence[Mapping[str, Any]], most: int = 3) -> list[Chip]:
    """Chips of the first reasons, worst first; what does not fit is counted."""
    chips = sorted((_chip(reason) for reason in reasons), key=lambda chip: ("bad", "wait", "").index(chip.tone))
    more = len(chips) - most
    rest = [Chip(f"+{more}", "", "; ".join(chip.title for chip in chips[most:])[:500])] if more > 0 else []
    return chips[:most] + rest


def reason_label(code: str) -> str:
    """A reason's code for people: `low_confidence` is "Low confidence"."""
    return _REASONS[code][0] if code in _REASONS else code.replace("_", " ").capitalize()


def _chip(reason: Mapping[str, Any]) -> Chip:
    code = str(reason.get("code", ""))
    tone = _REASONS.get(code, ("", ""))[1]
    field, value = reason.get("field"), reason.get("value")
    text = f"{reason_label(code)}: {field}" if field else reason_label(code)
    text += f" {value:.2f}" if isinstance(value, float) else ""
    return Chip(text[:60], tone, str(reason.get("message") or text))


def title_of(review: ReviewRequest) -> str:
    return review.subject_label or review.task_name.replace("_", " ")


def state_words(review: ReviewRequest, me: str | None = None) -> str:
    """The status with the name of whoever has it; `me` is the reviewer who reads it."""
    label, name = S(review.status).label, review.assignee.name if review.assignee else ""
    is_mine = me is not None and review.assignee_id == me
    if review.status == S.ASSIGNED:
        return "yours" if is_mine else f"assigned to {name}"
    if review.status == S.IN_REVIEW:
        return "you are reviewing it" if is_mine else f"{name} is reviewing it"
    return label


def as_sentence(text: str) -> str:
    """With a capital letter and a full stop."""
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "…", "!")) else ".")
