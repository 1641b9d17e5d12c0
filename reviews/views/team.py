"""The team: who has how much, who is at work, what nobody can take and what would mend that."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from reviews.selectors.inbox import counts
from reviews.selectors.team import MemberLoad, team_load, unassignable
from reviews.services.assignment import assign_due
from reviews.skills import Requirements
from reviews.views.who import ROUTE, who_looks
from web.access import page
from web.quantities import plural, quantity

MOST = 200


@page("reviews.view_reviewerprofile")
def show_team(request: HttpRequest) -> HttpResponse:
    """All active reviewers, the most loaded share first; at most MOST are shown."""
    members, found = team_load(), counts(None)
    stuck = unassignable()
    nobody = [{"needs": _needs(key), "number": number, "why": why} for key, number, why in stuck]
    context = {
        "who": who_looks(request),
        "members": [{"one": one, "state": _state(one)} for one in members[:MOST]],
        "more": max(0, len(members) - MOST),
        "counts": found,
        "nobody": nobody,
        "sentence": _sentence(members, found, sum(number for _, number, _ in stuck)),
    }
    return render(request, "reviews/team.html", context)


@require_POST
@page(ROUTE)
def assign_waiting(request: HttpRequest) -> HttpResponse:
    """Give out what nobody has, as far as somebody has room."""
    placed = assign_due()
    if placed:
        messages.success(request, f"{plural(placed, 'review', 'reviews')} assigned.")
    else:
        messages.info(request, "Nothing was assigned: nobody has room, or nothing waits.")
    return redirect("reviewers")


def _state(one: MemberLoad) -> tuple[str, str]:
    """As the page's states have it, with the word."""
    if one.availability != "available":
        return ("paused", one.availability.capitalize())
    return ("ok", "At work") if one.is_on_shift else ("idle", "Not at work now")


def _sentence(members: list[MemberLoad], found: dict[str, int], stuck: int) -> str:
    if not members:
        return "There are no reviewers yet: nobody can be given a review."
    at_work = [one for one in members if one.is_on_shift and one.availability == "available"]
    room = sum(max(0, one.capacity - one.load) for one in at_work)
    people = f"{quantity(len(at_work))} of {plural(len(members), 'reviewer', 'reviewers')}"
    said = f"{people} at work, with room for {quantity(room)} more"
    number = found["unclaimed"]
    waiting = f"; {plural(number, 'review waits', 'reviews wait')} for somebody" if number else ""
    nobody = f", and nobody can take {quantity(stuck)} of them" if stuck else ""
    return f"{said}{waiting}{nobody}."


def _needs(key: str) -> str:
    """What a kind of reviews asks for, in words."""
    needs = Requirements.from_key(key)
    parts: list[Any] = [one.words for one in needs.wanted]
    parts += [f"reads {needs.language}"] if needs.language else []
    parts += [f"clearance {needs.sensitivity}"] if needs.sensitivity else []
    parts += ["a lead"] if needs.needs_lead else []
    return ", ".join(parts) or "anybody"
