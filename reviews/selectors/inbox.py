"""A reviewer's inbox: tabs, filters, counts and the next item. The same rules of eligibility as routing.

Lists are keyset pages in the order of the queue (ended ones: the newest first) and read none of the large columns.
"""

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from reviews import clock
from reviews.assignment.scoring import obstacles
from reviews.assignment.team import Team
from reviews.exceptions import InvalidReview
from reviews.models import ReviewDecision, ReviewerProfile, ReviewExclusion, ReviewRequest
from reviews.models.requests import LARGE
from reviews.skills import Requirements
from reviews.states import DECIDED, FINAL, ReviewStatus

S = ReviewStatus
PAGE = 50
LONGEST_PAGE = 200
_NOT_IN_THE_WAY = ("capacity", "declined")
Rows = QuerySet[ReviewRequest]


class Tab(StrEnum):
    MINE = "mine"
    UNCLAIMED = "unclaimed"
    ESCALATED = "escalated"
    WAITING = "waiting"
    SNOOZED = "snoozed"
    DONE = "done"
    ALL = "all"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Filters:
    """What to leave out; empty lets everything through."""

    priority: str = ""
    risk: str = ""
    task_name: str = ""
    task_type: str = ""
    reason: str = ""
    specialization: str = ""
    assignee: str = ""
    is_overdue: bool = False
    search: str = ""

    def apply(self, rows: Rows, now: datetime) -> Rows:
        exact = ("priority", "risk", "task_name", "task_type", "assignee")
        rows = rows.filter(**{name: value for name in exact if (value := getattr(self, name))})
        if self.reason:
            rows = rows.filter(reason_codes__contains=f"|{self.reason}|")
        if self.specialization:
            rows = rows.filter(requirements_key__contains=f"[{json.dumps(self.specialization.casefold())}, ")
        if self.is_overdue:
            rows = rows.filter(due_at__lt=now, closed_at=None)
        if self.search:
            rows = rows.filter(Q(subject_label__icontains=self.search) | Q(task_name__icontains=self.search))
        return rows


@dataclass(frozen=True, slots=True)
class InboxPage:
    """Some rows, and how to ask for those after them ("" when there are none)."""

    rows: list[ReviewRequest]
    next_cursor: str


def inbox(
    reviewer: ReviewerProfile | None,
    tab: str = Tab.MINE,
    filters: Filters | None = None,
    *,
    limit: int = PAGE,
    cursor: str = "",
) -> InboxPage:
    """One page of a tab. Without a reviewer (an operator's login) nothing is left out for eligibility.

    Raises `InvalidReview` for an unknown tab or a cursor that is none.
    """
    now = clock.now()
    rows = _of_tab(reviewer, _parse(tab), now)
    rows = (filters or Filters()).apply(rows, now).select_related("assignee").defer(*LARGE)
    field, is_falling = ("closed_at", True) if tab in (Tab.DONE, Tab.ENDED) else ("rank_at", False)
    if cursor:
        rows = rows.filter(_after(field, is_falling, *_read(cursor)))
    sign, limit = "-" if is_falling else "", min(max(limit, 1), LONGEST_PAGE)
    found = list(rows.order_by(f"{sign}{field}", f"{sign}id")[: limit + 1])
    last = found[limit - 1] if len(found) > limit else None
    return InboxPage(found[:limit], _write(getattr(last, field), last.pk) if last else "")


def next_item(reviewer: ReviewerProfile, *, beside: UUID | None = None) -> ReviewRequest | None:
    """What to do next: first what they have, then what they may take; the most pressing. Claims nothing.

    `beside`: leave this one out (the one just decided, or being skipped).
    """
    now = clock.now()
    mine = ReviewRequest.objects.filter(assignee=reviewer, closed_at=None, status__in=(S.ASSIGNED, S.IN_REVIEW))
    for rows in (mine, unclaimed_for(reviewer, now)):
        found = rows.exclude(pk=beside) if beside else rows
        if (first := found.select_related("assignee").defer(*LARGE).order_by("rank_at", "id").first()) is not None:
            return first
    return None


def counts(reviewer: ReviewerProfile | None) -> dict[str, int]:
    """How many there are in each tab (but ended), how many of mine are overdue, and how many I decided today (UTC)."""
    now = clock.now()
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    rows = ReviewRequest.objects.filter(closed_at=None).order_by()
    mine = rows.filter(assignee=reviewer) if reviewer else rows
    found: dict[str, int] = mine.aggregate(
        mine=Count("pk", filter=Q(status__in=(S.ASSIGNED, S.IN_REVIEW))),
        waiting=Count("pk", filter=Q(status=S.WAITING_INFO)),
        snoozed=Count("pk", filter=Q(status=S.SNOOZED)),
        overdue=Count("pk", filter=Q(due_at__lt=now)),
    )
    done = ReviewDecision.objects.filter(verdict__in=FINAL, undone_at=None, decided_at__gte=today)
    return found | {
        "escalated": rows.filter(_escalated(reviewer)).count(),
        "all": rows.count(),
        "done_today": (done.filter(reviewer=reviewer) if reviewer else done).count(),
        "unclaimed": _count_unclaimed(reviewer, now),
    }


def _count_unclaimed(reviewer: ReviewerProfile | None, now: datetime) -> int:
    """By kind, less those the reviewer is excluded from: thousands of rows are not looked at one by one."""
    kinds = _kinds()
    if reviewer is None:
        return sum(kinds.values())
    keys = _suitable(reviewer, kinds, now)
    barred = ReviewExclusion.objects.filter(
        person__in=_names(reviewer), review__status=S.PENDING, review__requirements_key__in=keys
    )
    return sum(kinds[key] for key in keys) - barred.order_by().values("review").distinct().count()


def unclaimed_for(reviewer: ReviewerProfile | None, now: datetime) -> Rows:
    """What nobody has and this reviewer may take (room or not)."""
    rows = ReviewRequest.objects.filter(status=S.PENDING, closed_at=None)
    if reviewer is None:
        return rows
    barred = ReviewExclusion.objects.filter(review=OuterRef("pk"), person__in=_names(reviewer))
    return rows.filter(~Exists(barred), requirements_key__in=_suitable(reviewer, _kinds(), now))


def _names(reviewer: ReviewerProfile) -> list[str]:
    return [reviewer.pk] + ([reviewer.user.get_username()] if reviewer.user else [])


def _kinds() -> dict[str, int]:
    """The requirements there are among the unclaimed, and how many reviews of each."""
    rows = ReviewRequest.objects.filter(status=S.PENDING).order_by()
    return dict(rows.values_list("requirements_key").annotate(n=Count("pk")))


def _suitable(reviewer: ReviewerProfile, kinds: Iterable[str], now: datetime) -> list[str]:
    candidate = Team.read(now, [reviewer.pk]).members[reviewer.pk]

    def may_take(key: str) -> bool:
        found = obstacles(candidate, Requirements.from_key(key), 1, is_pull=True)
        return all(one.code in _NOT_IN_THE_WAY for one in found)

    return [key for key in kinds if may_take(key)]


def _of_tab(reviewer: ReviewerProfile | None, tab: Tab, now: datetime) -> Rows:
    rows = ReviewRequest.objects.all()
    mine = Q(assignee=reviewer) if reviewer else Q(assignee__isnull=False)
    if tab == Tab.UNCLAIMED:
        return unclaimed_for(reviewer, now)
    if tab == Tab.DONE:
        decided = ReviewDecision.objects.filter(verdict__in=FINAL, undone_at=None)
        decided = decided.filter(reviewer=reviewer) if reviewer else decided
        return rows.filter(pk__in=decided.values("review"), closed_at__isnull=False, status__in=DECIDED)
    if tab == Tab.ENDED:
        return rows.filter(closed_at__isnull=False)
    condition = {
        Tab.MINE: mine & Q(status__in=(S.ASSIGNED, S.IN_REVIEW)),
        Tab.ESCALATED: _escalated(reviewer),
        Tab.WAITING: (mine if reviewer else Q()) & Q(status=S.WAITING_INFO),
        Tab.SNOOZED: mine & Q(status=S.SNOOZED),
        Tab.ALL: Q(),
    }[tab]
    return rows.filter(condition, closed_at=None)


def _escalated(reviewer: ReviewerProfile | None) -> Q:
    """A lead sees all of them, others their own."""
    return Q(is_escalated=True) & (Q() if reviewer is None or reviewer.is_lead else Q(assignee=reviewer))


def _parse(tab: str) -> Tab:
    if tab not in list(Tab):
        raise InvalidReview(f'there is no tab "{tab[:40]}"; there are {", ".join(Tab)}')
    return Tab(tab)


def _after(field: str, is_falling: bool, at: datetime, key: UUID) -> Q:
    sign = "lt" if is_falling else "gt"
    return Q(**{f"{field}__{sign}": at}) | Q(**{field: at, f"id__{sign}": key})


def _write(at: datetime, key: UUID) -> str:
    return base64.urlsafe_b64encode(json.dumps([at.isoformat(), str(key)]).encode()).decode()


def _read(cursor: str) -> tuple[datetime, UUID]:
    try:
        at, key = json.loads(base64.urlsafe_b64decode(cursor))
        return datetime.fromisoformat(at).astimezone(UTC), UUID(key)
    except (ValueError, TypeError, AttributeError) as error:
        raise InvalidReview("this cursor is none of ours; begin with the first page") from error
