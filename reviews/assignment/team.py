"""The reviewers as routing sees them at a moment: one read of a few queries, however many reviews follow."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Q, Sum

from reviews.assignment.scoring import Candidate
from reviews.models import (
    Absence,
    ReviewAssignment,
    ReviewDecision,
    ReviewerProfile,
    ReviewExclusion,
    ReviewRequest,
)
from reviews.states import AssignmentEnd, Availability

FAIRNESS_WINDOW = timedelta(days=7)


class Team:
    """Candidates by reviewer id, without what depends on one review; `of` adds that."""

    def __init__(self, members: dict[str, Candidate], logins: dict[str, str]) -> None:
        self.members = members
        self._logins = logins

    @classmethod
    def read(cls, now: datetime, only: Iterable[str] | None = None) -> "Team":
        """All active reviewers, or those named (active or not). Six queries."""
        reviewers = ReviewerProfile.objects.select_related("user").prefetch_related("skills")
        reviewers = reviewers.filter(is_active=True) if only is None else reviewers.filter(pk__in=list(only))
        profiles = list(reviewers)
        keys = [profile.pk for profile in profiles]
        loads, recent, away = open_loads(keys), _recent(keys, now), _away(keys, now)
        members = {
            profile.pk: _candidate(profile, now, loads.get(profile.pk, 0), recent.get(profile.pk, {}), away)
            for profile in profiles
        }
        return cls(members, {profile.pk: profile.user.get_username() for profile in profiles if profile.user})

    def of(self, review: ReviewRequest) -> list[Candidate]:
        """Everybody, for one review: who is excluded, who knows its group."""
        excluded: dict[str, list[str]] = defaultdict(list)
        for person, reason in ReviewExclusion.objects.filter(review=review).values_list("person", "reason"):
            excluded[person].append(reason)
        knowing = _knowing(review.group)
        return [
            replace(
                one,
                excluded=tuple(sorted({*excluded.get(one.id, ()), *excluded.get(self._logins.get(one.id, ""), ())})),
                knows_group=one.id in knowing,
            )
            if excluded or knowing
            else one
            for one in self.members.values()
        ]

    def barred(self, review_ids: Collection[UUID]) -> dict[UUID, set[str]]:
        """Who of the team is excluded from each of these reviews, by id; one query."""
        members = {login: reviewer_id for reviewer_id, login in self._logins.items()}
        found: dict[UUID, set[str]] = defaultdict(set)
        rows = ReviewExclusion.objects.filter(review__in=review_ids).values_list("review_id", "person")
        for review_id, person in rows:
            found[review_id] |= {person, members.get(person, person)}
        return found

    def note_assignment(self, reviewer_id: str, weight: int, now: datetime) -> None:
        """Keep the picture right for the next review without reading again."""
        one = self.members[reviewer_id]
        self.members[reviewer_id] = replace(
            one, load=one.load + weight, received=one.received + weight, last_assigned_at=now
        )

    def note_full(self, reviewer_id: str) -> None:
        """Somebody else was quicker, and they have no room."""
        one = self.members[reviewer_id]
        self.members[reviewer_id] = replace(one, load=max(one.load, one.capacity))


def open_loads(reviewer_ids: Iterable[str]) -> dict[str, int]:
    """Workload: the weight of what somebody has, snoozed and waiting included."""
    rows = ReviewAssignment.objects.filter(ended_at=None, reviewer__in=list(reviewer_ids))
    return dict(rows.values_list("reviewer").annotate(load=Sum("weight")).order_by())


def _recent(keys: list[str], now: datetime) -> dict[str, dict[str, Any]]:
    rows = ReviewAssignment.objects.filter(assigned_at__gte=now - FAIRNESS_WINDOW, reviewer__in=keys)
    declined = Count("pk", filter=Q(end=AssignmentEnd.DECLINED))
    found = rows.values("reviewer").annotate(received=Sum("weight"), last=Max("assigned_at"), declines=declined)
    return {row["reviewer"]: dict(row) for row in found.order_by()}


def _away(keys: list[str], now: datetime) -> dict[str, datetime]:
    rows = Absence.objects.filter(reviewer__in=keys, starts_at__lte=now, ends_at__gt=now)
    return dict(rows.order_by("ends_at").values_list("reviewer", "ends_at"))


def _knowing(group: str) -> set[str | None]:
    if not group:
        return set()
    rows = ReviewDecision.objects.filter(review__group=group, undone_at=None, reviewer__isnull=False)
    return set(rows.values_list("reviewer", flat=True)[:200])


def lasting_candidate(profile: ReviewerProfile) -> Candidate:
    """What of a reviewer does not change by the hour: no load, no absences. One query where skills are not there."""
    return Candidate(
        id=profile.pk,
        name=str(profile),
        skills=profile.skill_list,
        languages=frozenset(profile.languages),
        clearance=profile.clearance,
        is_lead=profile.is_lead,
        is_active=profile.is_active,
        capacity=profile.max_concurrent_reviews,
    )


def _candidate(
    profile: ReviewerProfile, now: datetime, load: int, recent: dict[str, Any], away: dict[str, datetime]
) -> Candidate:
    hours = profile.hours
    is_on_shift = hours.is_open(now)
    availability, until = profile.availability, profile.away_until
    if availability == Availability.AWAY and until is not None and until <= now:
        availability, until = Availability.AVAILABLE, None
    if profile.pk in away:
        availability, until = Availability.AWAY, away[profile.pk]
    return replace(
        lasting_candidate(profile),
        availability=str(availability),
        away_until=until,
        is_on_shift=is_on_shift,
        next_shift_at=None if is_on_shift else hours.next_open(now),
        load=load,
        received=recent.get("received") or 0,
        declines=recent.get("declines") or 0,
        last_assigned_at=recent.get("last"),
    )
