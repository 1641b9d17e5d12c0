"""Several reviews given to somebody at once: first a page that says what would happen to each, then the deed."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from common.errors import OrchestrationError
from reviews import clock
from reviews.assignment.scoring import judge
from reviews.assignment.team import Team
from reviews.forms.verbs import BulkForm
from reviews.models import ReviewerProfile, ReviewRequest
from reviews.models.requests import LARGE
from reviews.selectors.visibility import visible_to
from reviews.services.assignment import assign_review, reassign_review
from reviews.views import words
from reviews.views.who import CHANNEL, ROUTE, Who, who_looks
from web.access import page
from web.quantities import plural

MOST = 200
SHOWN_FAILURES = 3


@dataclass(frozen=True, slots=True)
class Fate:
    """What would happen to one review; `obstacle` says why nothing would."""

    review: ReviewRequest
    title: str
    gets: str
    obstacle: str = ""


@require_http_methods(["GET", "HEAD", "POST"])
@page(ROUTE)
def assign_selected(request: HttpRequest) -> HttpResponse:
    """GET with `id` (repeated) shows the preview; POST does it, each review by itself."""
    who = who_looks(request)
    data = request.POST if request.method == "POST" else request.GET
    rows = _chosen(data, who)
    if not rows:
        messages.warning(request, "Choose reviews first: the boxes at the beginning of the rows.")
        return redirect("reviews")
    asked = request.method == "POST" and data.get("do") == "assign"
    form = BulkForm(data if asked or "to" in data else None)
    person = form.cleaned_data["to"] if form.is_bound and form.is_valid() else None
    if asked and form.is_valid():
        return _assign(request, who, rows, form.cleaned_data)
    context = {"fates": _fates(rows, person), "form": form, "number": len(rows), "most": MOST, "person": person}
    return render(request, "reviews/bulk.html", context)


def _chosen(data: QueryDict, who: Who) -> list[ReviewRequest]:
    keys = [key for key in map(_uuid, data.getlist("id")[:MOST]) if key]
    found = visible_to(who.reviewer, sees_all=who.sees_all).filter(pk__in=keys).select_related("assignee").defer(*LARGE)
    return list(found.order_by("rank_at", "id"))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _fates(rows: list[ReviewRequest], person: ReviewerProfile | None) -> list[Fate]:
    """As it stands now; several in a row fill somebody up, which the deed itself looks at each time."""
    team = Team.read(clock.now())
    return [_fate(row, team, person) for row in rows]


def _fate(review: ReviewRequest, team: Team, person: ReviewerProfile | None) -> Fate:
    title = words.title_of(review)
    if not review.is_open:
        return Fate(review, title, "", f"it is {words.state_words(review)}")
    if person is not None and review.assignee_id == person.pk:
        return Fate(review, title, "", f"{person} has it already")
    if person is None and review.assignee_id is not None:
        return Fate(review, title, "", f"{review.assignee} has it; name somebody to move it")
    judged = judge(team.of(review), review.requirements, review.weight, str(review.pk))
    wanted = [one for one in judged if person is None or one.candidate.id == person.pk]
    first = next(iter(wanted), None)
    if first is None:
        return Fate(review, title, "", "nobody is there to take it")
    in_the_way = [one.text for one in first.obstacles if person is None or one.code not in ("availability", "shift")]
    if in_the_way:
        before = "" if person else "nobody can take it now; the nearest: "
        return Fate(review, title, "", f"{before}{first.candidate.name} {', '.join(in_the_way)}")
    load, capacity = first.candidate.load, first.candidate.capacity
    return Fate(review, title, f"{first.candidate.name} ({load} of {capacity} now)")


def _assign(request: HttpRequest, who: Who, rows: list[ReviewRequest], found: dict[str, Any]) -> HttpResponse:
    """Each in a transaction of its own: one that is refused holds up no other."""
    refused: list[str] = []
    for row in rows:
        try:
            if found["to"] is None:
                assign_review(review_id=row.pk, channel=CHANNEL)
            else:
                more = {"reason": found["reason"], "over_capacity": found["over_capacity"], "channel": CHANNEL}
                reassign_review(review_id=row.pk, to=found["to"], by=who.as_operator, **more)
        except OrchestrationError as error:
            refused.append(f"{words.title_of(row)}: {error}")
    if done := len(rows) - len(refused):
        messages.success(request, f"{plural(done, 'review', 'reviews')} assigned.")
    if refused:
        more_refused = f" And {len(refused) - SHOWN_FAILURES} more." if len(refused) > SHOWN_FAILURES else ""
        messages.warning(request, f"Not assigned: {'; '.join(refused[:SHOWN_FAILURES])}.{more_refused}")
    return redirect("reviews")
