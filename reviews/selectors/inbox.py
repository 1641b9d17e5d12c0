"""A reviewer's inbox: tabs, filters, counts and the next item. The same rules of eligibility as routing.

Lists are keyset pages in the order of the queue (ended ones: the newest first) and read none of the large columns.
"""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from reviews import clock
from reviews.assignment.scoring import Candidate, obstacles
from reviews.assignment.team import lasting_candidate
from reviews.exceptions import InvalidReview
from reviews.models import ReviewDecision, ReviewerProfile, ReviewExclusion, ReviewRequest
from reviews.models.requests import LARGE
from reviews.skills import Requirements, key_part
from reviews.states import DECIDED, FINAL, ReviewStatus

S = ReviewStatus
PAGE = 50
LONGEST_PAGE = 200
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
            rows = rows.filter(requirements_key__contains=key_part(self.specialization))
        if self.is_overdue:
            rows = rows.filter(due_at__lt=now, closed_at=None)
        if self.search:
            rows = rows.filter(Q(subject_label__icontains=self.search) | Q(task_name__icontains=self.search))
        return rows


@dataclass(frozen=True, slots=True)
class Reach:
    """What of the unclaimed somebody may take, room or not: looked up once for all that a page asks.

    Without a reviewer (an operator's login) everything.
    """

    reviewer: ReviewerProfile | None
    kinds: Mapping[str, int]
    """Requirements that they fit → how many unclaimed reviews have them."""

    @classmethod
    def of(cls, reviewer: ReviewerProfile | None) -> "Reach":
        """Two queries at most, however many reviews and reviewers there are."""
        rows = ReviewRequest.objects.filter(status=S.PENDING).order_by()
        kinds = dict(rows.values_list("requirements_key").annotate(n=Count("pk")))
        if reviewer is not None and kinds:
            candidate = lasting_candidate(reviewer)
            kinds = {key: number for key, number in kinds.items() if _may_take(candidate, key)}
        return cls(reviewer, kinds)

    def rows(self) -> Rows:
        """The reviews."""
        pending = ReviewRequest.objects.filter(status=S.PENDING, closed_at=None)
        if self.reviewer is None:
            return pending
        barred = ReviewExclusion.objects.filter(review=OuterRef("pk"), person__in=_names(self.reviewer))
        return pending.filter(~Exists(barred), requirements_key__in=self.kinds)

    def count(self) -> int:
        """By kind, less those the reviewer is excluded from: thousands of rows are not looked at one by one."""
        total = sum(self.kinds.values())
        if self.reviewer is None or not total:
            return total
        barred = ReviewExclusion.objects.filter(
            person__in=_names(self.reviewer), review__status=S.PENDING, review__requirements_key__in=self.kinds
        )
        return total - barred.order_by().values("review").distinct().count()


def _names(reviewer: ReviewerProfile) -> list[str]:
    """Under which somebody is excluded from reviews."""
    return [reviewer.pk] + ([reviewer.user.get_username()] if reviewer.user else [])


def _may_take(candidate: Candidate, key: str) -> bool:
    found = obstacles(candidate, Requirements.from_key(key), 1, is_pull=True)
    return all(one.code == "capacity" for one in found)


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
    reach: Reach | None = None,
) -> InboxPage:
    """One page of a tab. Without a reviewer (an operator's login) nothing is left out for eligibility, and nothing is
    mine.

    `reach`: the reviewer's, where it is known already. Raises `InvalidReview` for an unknown tab, or a cursor that is
    none.
    """
    now = clock.now()
    rows = _of_tab(reviewer, _parse(tab), reach)
    rows = (filters or Filters()).apply(rows, now).select_related("assignee").defer(*LARGE)
    field, is_falling = ("closed_at", True) if tab in (Tab.DONE, Tab.ENDED) else ("rank_at", False)
    if cursor:
        rows = rows.filter(_after(field, is_falling, *_read(cursor)))
    sign, limit = "-" if is_falling else "", min(max(limit, 1), LONGEST_PAGE)
    found = list(rows.order_by(f"{sign}{field}", f"{sign}id")[: limit + 1])
    last = found[limit - 1] if len(found) > limit else None
    return InboxPage(found[:limit], _write(getattr(last, field), last.pk) if last else "")


def verdicts_of(rows: Iterable[ReviewRequest]) -> dict[UUID, str]:
    """What was decided about each of the reviews, as far as it stands."""
    made = ReviewDecision.objects.filter(review__in=[row.pk for row in rows], verdict__in=FINAL, undone_at=None)
    return dict(made.values_list("review_id", "verdict"))


def next_item(reviewer: ReviewerProfile, *, beside: UUID | None = None) -> ReviewRequest | None:
    """What to do next: first what they have, then what they may take; the most pressing. Claims nothing.

    `beside`: leave this one out (the one just decided, or being skipped).
    """
    for rows in queues_of(reviewer):
        found = rows.exclude(pk=beside) if beside else rows
        if (first := found.select_related("assignee").defer(*LARGE).order_by("rank_at", "id").first()) is not None:
            return first
    return None


def queues_of(reviewer: ReviewerProfile) -> Iterator[Rows]:
    """Where somebody's next review comes from: what they have, then what they may take. Not in order."""
    yield ReviewRequest.objects.filter(assignee=reviewer, closed_at=None, status__in=(S.ASSIGNED, S.IN_REVIEW))
    yield Reach.of(reviewer).rows()


def counts(reviewer: ReviewerProfile | None, *, reach: Reach | None = None) -> dict[str, int]:
    """How many there are in each tab (but ended), how many of mine are overdue, and how many I decided today (UTC).

    Without a reviewer nothing is mine, and the other numbers are everybody's. `reach`: the reviewer's, where it is
    known already.
    """
    now = clock.now()
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    rows = ReviewRequest.objects.filter(closed_at=None).order_by()
    mine = rows.filter(assignee=reviewer) if reviewer else rows
    found: dict[str, int] = mine.aggregate(
        mine=Count("pk", filter=Q(assignee=reviewer, status__in=(S.ASSIGNED, S.IN_REVIEW))),
        waiting=Count("pk", filter=Q(status=S.WAITING_INFO)),
        snoozed=Count("pk", filter=Q(status=S.SNOOZED)),
        overdue=Count("pk", filter=Q(due_at__lt=now)),
    )
    done = ReviewDecision.objects.filter(verdict__in=FINAL, undone_at=None, decided_at__gte=today)
    return found | {
        "escalated": rows.filter(_escalated(reviewer)).count(),
        "all": rows.count(),
        "done_today": (done.filter(reviewer=reviewer) if reviewer else done).count(),
        "unclaimed": (reach or Reach.of(reviewer)).count(),
    }


def _of_tab(reviewer: ReviewerProfile | None, tab: Tab, reach: Reach | None) -> Rows:
    rows = ReviewRequest.objects.all()
    mine = Q(assignee=reviewer) if reviewer else Q(assignee__isnull=False)
    if tab == Tab.UNCLAIMED:
        return (reach or Reach.of(reviewer)).rows()
    if tab == Tab.DONE:
        decided = ReviewDecision.objects.filter(verdict__in=FINAL, undone_at=None)
        decided = decided.filter(reviewer=reviewer) if reviewer else decided
        return rows.filter(pk__in=decided.values("review"), closed_at__isnull=False, status__in=DECIDED)
    if tab == Tab.ENDED:
        return rows.filter(closed_at__isnull=False)
    condition = {
        Tab.MINE: Q(assignee=reviewer, status__in=(S.ASSIGNED, S.IN_REVIEW)),  # nobody's is held: none without one
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
