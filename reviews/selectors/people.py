"""One reviewer at a glance: the next days, what they did lately, and news for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Q

from reviews.models import Absence, Notification, ReviewDecision, ReviewerProfile
from reviews.models.requests import LARGE
from reviews.states import FINAL, Verdict
from reviews.working_hours import WorkingHours

STATISTICS_DAYS = 30


@dataclass(frozen=True, slots=True)
class Day:
    """A day in the reviewer's own zone: their hours, and why they are away."""

    at: date
    hours: tuple[str, ...]
    away: str = ""
    is_today: bool = False


def calendar_days(reviewer: ReviewerProfile, absences: Sequence[Absence], now: datetime, days: int = 14) -> list[Day]:
    """The days of this and the next week (or so many), from Monday on."""
    hours = reviewer.hours
    today = now.astimezone(hours.zone).date()
    first = today - timedelta(days=today.weekday())
    found = [first + timedelta(days=number) for number in range(days)]
    return [Day(day, _hours_on(hours, day), _away_on(absences, day, hours), day == today) for day in found]


def _hours_on(hours: WorkingHours, day: date) -> tuple[str, ...]:
    if not hours.weekly:
        return ("any time",)
    return tuple(f"{_clock(start)}–{_clock(end)}" for start, end in hours.weekly[day.weekday()])


def _clock(minutes: int) -> str:
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}"


def _away_on(absences: Sequence[Absence], day: date, hours: WorkingHours) -> str:
    start = datetime.combine(day, time(), hours.zone).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=1), time(), hours.zone).astimezone(UTC)
    found = next((one for one in absences if one.starts_at < end and one.ends_at > start), None)
    return (found.reason or "away") if found else ""


def coming_absences(reviewer: ReviewerProfile, now: datetime, most: int = 50) -> list[Absence]:
    """Those that are not over, the next first."""
    rows = Absence.objects.filter(reviewer=reviewer, ends_at__gt=now).select_related("substitute")
    return list(rows.order_by("starts_at")[:most])


def statistics(reviewer: ReviewerProfile, now: datetime) -> dict[str, Any]:
    """Decisions of the last 30 days: how many, and how many of them with edits or rejecting."""
    since = now - timedelta(days=STATISTICS_DAYS)
    rows = ReviewDecision.objects.filter(reviewer=reviewer, verdict__in=FINAL, undone_at=None, decided_at__gte=since)
    return rows.order_by().aggregate(
        decided=Count("pk"),
        edited=Count("pk", filter=Q(verdict=Verdict.APPROVE_WITH_EDITS)),
        rejected=Count("pk", filter=Q(verdict=Verdict.REJECT)),
    )


def recent_decisions(reviewer: ReviewerProfile, most: int = 10) -> list[ReviewDecision]:
    """The newest, with their reviews."""
    rows = ReviewDecision.objects.filter(reviewer=reviewer).select_related("review").order_by("-decided_at")
    return list(rows.defer("output", *(f"review__{name}" for name in LARGE))[:most])


def notifications(reviewer: ReviewerProfile, *, before: int | None = None, most: int = 50) -> list[Notification]:
    """News for a reviewer, newest first; `before` an id for the next page. One more than asked for, if there is."""
    rows = Notification.objects.filter(reviewer=reviewer).select_related("review")
    rows = rows.filter(pk__lt=before) if before else rows
    return list(rows.defer(*(f"review__{name}" for name in LARGE)).order_by("-id")[: most + 1])
