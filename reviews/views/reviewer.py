"""A reviewer's profile: what they can do, when they work, when they are away, and what they did.

Everybody sets their own availability and absences; the profile itself takes the permission to change reviewers.
"""

from datetime import UTC, time, timedelta
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from common.errors import OrchestrationError
from reviews import clock
from reviews.actors import find_reviewer
from reviews.assignment.team import Team
from reviews.exceptions import ReviewerNotFound
from reviews.forms.people import AbsenceForm, AvailabilityForm, ReviewerForm
from reviews.models import Absence, ReviewerProfile
from reviews.selectors.history import history_of
from reviews.selectors.people import calendar_days, coming_absences, recent_decisions, statistics
from reviews.services.reviewers import add_absence, register_reviewer, remove_absence, update_reviewer
from reviews.views import words
from reviews.views.who import CHANNEL, who_looks
from web.access import page, require

VIEW = "reviews.view_reviewerprofile"
CHANGE = "reviews.change_reviewerprofile"
HISTORY_SHOWN = 30


@page(VIEW)
def show(request: HttpRequest, reviewer_id: str) -> HttpResponse:
    """The profile with its calendar."""
    return _render(request, _find(reviewer_id))


@require_http_methods(["GET", "HEAD", "POST"])
@page(CHANGE)
def create(request: HttpRequest) -> HttpResponse:
    """A new reviewer; with `?me=1` filled in for who asks."""
    form = ReviewerForm(request.POST if request.method == "POST" else None, initial=_about_me(request))
    if form.is_bound and form.is_valid():
        profile = ReviewerProfile(id=form.cleaned_data["id"], **form.changes())
        profile.specializations = form.cleaned_data["specializations"]
        try:
            made = register_reviewer(reviewer=profile, by=who_looks(request).actor, channel=CHANNEL)
        except OrchestrationError as error:
            form.add_error(None, words.as_sentence(str(error)))
        else:
            messages.success(request, f"{made} is a reviewer now.")
            return redirect("reviewer", made.pk)
    return _render_form(request, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
@page(CHANGE)
def edit(request: HttpRequest, reviewer_id: str) -> HttpResponse:
    """Everything but the id."""
    reviewer = _find(reviewer_id)
    form = ReviewerForm(request.POST if request.method == "POST" else None, reviewer=reviewer)
    if form.is_bound and form.is_valid():
        skills = form.cleaned_data["specializations"]
        try:
            update_reviewer(
                reviewer_id=reviewer.pk,
                by=who_looks(request).actor,
                specializations=skills,
                channel=CHANNEL,
                **form.changes(),
            )
        except OrchestrationError as error:
            form.add_error(None, words.as_sentence(str(error)))
        else:
            messages.success(request, "The profile is saved.")
            return redirect("reviewer", reviewer.pk)
    return _render_form(request, form, reviewer)


@require_POST
@page(VIEW)
def set_availability(request: HttpRequest, reviewer_id: str) -> HttpResponse:
    """Available, busy or away."""
    reviewer = _find_changeable(request, reviewer_id)
    form = AvailabilityForm(request.POST)
    if not form.is_valid():
        return _render(request, reviewer, availability=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    until = form.cleaned_data["away_until"]
    changes = {"availability": form.cleaned_data["availability"], "away_until": until and until.astimezone(UTC)}
    if _try(request, lambda: update_reviewer(reviewer_id=reviewer.pk, by=_by(request), channel=CHANNEL, **changes)):
        messages.success(request, f"{reviewer.name} is {changes['availability']} now.")
    return redirect("reviewer", reviewer.pk)


@require_POST
@page(VIEW)
def enter_absence(request: HttpRequest, reviewer_id: str) -> HttpResponse:
    """Whole days away."""
    reviewer = _find_changeable(request, reviewer_id)
    form = AbsenceForm(request.POST, reviewer=reviewer)
    if not form.is_valid():
        return _render(request, reviewer, absence=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    starts_at, ends_at = form.span()
    substitute = form.cleaned_data["substitute"]
    done = _try(
        request,
        lambda: add_absence(
            reviewer_id=reviewer.pk,
            starts_at=starts_at,
            ends_at=ends_at,
            by=_by(request),
            substitute=substitute.pk if substitute else None,
            reason=form.cleaned_data["reason"],
            channel=CHANNEL,
        ),
    )
    if done:
        messages.success(request, "The absence is entered.")
    return redirect("reviewer", reviewer.pk)


@require_POST
@page(VIEW)
def take_absence_back(request: HttpRequest, reviewer_id: str, absence_id: int) -> HttpResponse:
    """What was moved because of it stays moved."""
    reviewer = _find_changeable(request, reviewer_id)
    if not Absence.objects.filter(pk=absence_id, reviewer=reviewer).exists():
        raise Http404("There is no such absence; somebody may have taken it back already.")
    remove_absence(absence_id=absence_id, by=_by(request), channel=CHANNEL)
    messages.success(request, "The absence is taken back.")
    return redirect("reviewer", reviewer.pk)


def _render(
    request: HttpRequest,
    reviewer: ReviewerProfile,
    *,
    availability: AvailabilityForm | None = None,
    absence: AbsenceForm | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    now = clock.now()
    absences = coming_absences(reviewer, now)
    initial = {"availability": reviewer.availability, "away_until": reviewer.away_until}
    done = statistics(reviewer, now)
    context = {
        "who": who_looks(request),
        "reviewer": reviewer,
        "is_me": _is_me(request, reviewer),
        "can_change": request.user.has_perm(CHANGE),
        "can_set": _may_set(request, reviewer),
        "load": Team.read(now, [reviewer.pk]).members[reviewer.pk],
        "skills": reviewer.skill_list,
        "days": calendar_days(reviewer, absences, now),
        "absences": [(absence, _days(absence, reviewer)) for absence in absences],
        "statistics": done,
        "decisions": [{"made": one, "icon": words.VERDICTS[one.verdict]} for one in recent_decisions(reviewer)],
        "history": history_of(f"reviewer:{reviewer.pk}")[-HISTORY_SHOWN:][::-1],
        "availability_form": availability or AvailabilityForm(initial=initial),
        "absence_form": absence or AbsenceForm(reviewer=reviewer),
    }
    return render(request, "reviews/reviewer.html", context, status=status)


def _days(absence: Absence, reviewer: ReviewerProfile) -> str:
    """`25 Nov 2026 to 27 Nov 2026` in the reviewer's time zone; with times if it is not of whole days."""
    start, end = (at.astimezone(reviewer.hours.zone) for at in (absence.starts_at, absence.ends_at))
    if start.time() == end.time() == time():
        first, last = f"{start:%-d %b %Y}", f"{end - timedelta(days=1):%-d %b %Y}"
        return first if first == last else f"{first} to {last}"
    return f"{start:%-d %b %Y, %H:%M} to {end:%-d %b %Y, %H:%M}"


def _render_form(request: HttpRequest, form: ReviewerForm, reviewer: ReviewerProfile | None) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    back = reverse("reviewer", args=[reviewer.pk]) if reviewer else reverse("reviewers")
    return render(
        request, "reviews/reviewer_form.html", {"form": form, "reviewer": reviewer, "back": back}, status=status
    )


def _about_me(request: HttpRequest) -> dict[str, Any]:
    if "me" not in request.GET or who_looks(request).reviewer is not None:
        return {}
    user = request.user
    full_name = user.get_full_name() if hasattr(user, "get_full_name") else ""
    login = user.get_username()
    return {"id": login, "name": full_name or login, "email": getattr(user, "email", ""), "user": login}


def _find(reviewer_id: str) -> ReviewerProfile:
    try:
        return find_reviewer(reviewer_id)
    except ReviewerNotFound as error:
        raise Http404(words.as_sentence(str(error))) from error


def _find_changeable(request: HttpRequest, reviewer_id: str) -> ReviewerProfile:
    reviewer = _find(reviewer_id)
    if not _is_me(request, reviewer):
        require(request, CHANGE)
    return reviewer


def _may_set(request: HttpRequest, reviewer: ReviewerProfile) -> bool:
    return _is_me(request, reviewer) or request.user.has_perm(CHANGE)


def _is_me(request: HttpRequest, reviewer: ReviewerProfile) -> bool:
    return reviewer.user_id is not None and reviewer.user_id == request.user.pk


def _by(request: HttpRequest) -> Any:
    return who_looks(request).actor


def _try(request: HttpRequest, act: Any) -> Any:
    try:
        return act()
    except OrchestrationError as error:
        messages.error(request, words.as_sentence(str(error)))
        return None
