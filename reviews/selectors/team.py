"""The team at a glance, and why a review is with whom it is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from reviews import clock
from reviews.assignment.explanation import explain_choice, explain_nobody
from reviews.assignment.scoring import judge
from reviews.assignment.team import Team
from reviews.models import ReviewAssignment, ReviewDecision, ReviewRequest
from reviews.states import FINAL, ReviewStatus
from reviews.store import find_review


@dataclass(frozen=True, slots=True)
class MemberLoad:
    """One reviewer now: workload against capacity, and whether new reviews reach them."""

    id: str
    name: str
    load: int
    capacity: int
    reviews: int
    overdue: int
    decided_today: int
    availability: str
    is_on_shift: bool
    next_shift_at: datetime | None
    is_lead: bool
    specializations: tuple[str, ...]


def team_load() -> list[MemberLoad]:
    """All active reviewers, the most loaded share first. Eight queries, however many reviews there are."""
    now = clock.now()
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    team = Team.read(now)
    overdue = Count("pk", filter=Q(due_at__lt=now))
    rows = ReviewRequest.objects.filter(closed_at=None, assignee__isnull=False).order_by()
    held = {row[0]: row[1:] for row in rows.values_list("assignee").annotate(n=Count("pk"), late=overdue)}
    done = ReviewDecision.objects.filter(
        verdict__in=FINAL, undone_at=None, decided_at__gte=today, reviewer__isnull=False
    )
    decided = dict(done.order_by().values_list("reviewer").annotate(n=Count("pk")))
    members = [
        MemberLoad(
            id=one.id,
            name=one.name,
            load=one.load,
            capacity=one.capacity,
            reviews=held.get(one.id, (0, 0))[0],
            overdue=held.get(one.id, (0, 0))[1],
            decided_today=decided.get(one.id, 0),
            availability=one.availability,
            is_on_shift=one.is_on_shift,
            next_shift_at=one.next_shift_at,
            is_lead=one.is_lead,
            specializations=tuple(f"{skill.name}:{skill.level}" for skill in one.skills),
        )
        for one in team.members.values()
    ]
    return sorted(members, key=lambda one: (-one.load / one.capacity, one.id))


def why(review_id: UUID | str) -> dict[str, Any]:
    """Why it is theirs (as stored then), or who would get it now, or why nobody and what would mend it.

    Keys: `question` ("why them", "who now", "why nobody", "over"), `chosen`, `sentence`, `candidates`, `remedies`,
    `can_wait`. Raises `ReviewNotFound`.
    """
    review = find_review(review_id)
    empty: dict[str, Any] = {"chosen": None, "candidates": [], "remedies": [], "can_wait": False}
    if not review.is_open:
        return {"question": "over", "sentence": f"it is {ReviewStatus(review.status).label}"} | empty
    given = ReviewAssignment.objects.filter(review=review, ended_at=None).first()
    if given is not None:
        return {"question": "why them"} | empty | (given.explanation or {"sentence": "", "chosen": given.reviewer_id})
    candidates = Team.read(clock.now()).of(review)
    judged = judge(candidates, review.requirements, review.weight, str(review.pk))
    if judged and judged[0].is_eligible:
        return {"question": "who now"} | explain_choice(judged[0], judged).as_dict()
    return {"question": "why nobody"} | explain_nobody(judged).as_dict()


def unassignable(limit: int = 100) -> list[tuple[str, int, str]]:
    """Kinds of unclaimed reviews that nobody can take: (requirements, how many, why and what would mend it)."""
    members = list(Team.read(clock.now()).members.values())
    kinds = ReviewRequest.objects.filter(status=ReviewStatus.PENDING).order_by()
    found = []
    for key, number in kinds.values_list("requirements_key").annotate(n=Count("pk"))[:limit]:
        example = ReviewRequest(requirements_key=key)
        judged = judge(members, example.requirements, 1, "")
        if not any(one.is_eligible for one in judged):
            nobody = explain_nobody(judged)
            found.append((key, number, f"{nobody.sentence}. {'; '.join(nobody.remedies)}"))
    return found
