"""What people do with a review besides deciding: claim, give back, decline, put off, reassign, undo, answer.

A link never does it: GET asks (a page, or with scripts a dialog), POST acts and says what came of it.
"""

from collections.abc import Callable
from datetime import UTC
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from common.errors import OrchestrationError
from reviews.actors import Actor
from reviews.forms.verbs import AnswerQuestionForm, DeclineForm, ReassignForm, ReleaseForm, SnoozeForm
from reviews.models import ReviewRequest
from reviews.services.afterwards import answer_information, undo_decision
from reviews.services.assignment import assign_review, reassign_review
from reviews.services.claims import claim_review, decline_review, release_review, snooze_review
from reviews.views import words
from reviews.views.deciding import take_next
from reviews.views.review import get_review
from reviews.views.who import CHANNEL, DECIDE, ROUTE, VIEW, who_looks
from web.access import page
from web.confirm import Question, ask

ASKS = require_http_methods(["GET", "HEAD", "POST"])


@require_POST
@page(DECIDE)
def start(request: HttpRequest) -> HttpResponse:
    """Claim the next review and open it. `beside` is the one that is left for later."""
    who = who_looks(request)
    beside = request.POST.get("beside", "")
    return take_next(request, who, UUID(beside) if _is_uuid(beside) else None)


@require_POST
@page(DECIDE)
def claim(request: HttpRequest, review_id: UUID) -> HttpResponse:
    """Start working on it."""
    review = get_review(request, review_id)
    _try(request, lambda: claim_review(review_id=review.pk, by=who_looks(request).actor, channel=CHANNEL))
    return redirect("review", review.pk)


@require_POST
@page(DECIDE)
def undo(request: HttpRequest, review_id: UUID) -> HttpResponse:
    """Take the decision back; its reviewer works on the review again."""
    review = get_review(request, review_id)
    if _try(request, lambda: undo_decision(review_id=review.pk, by=who_looks(request).actor, channel=CHANNEL)):
        messages.success(request, f"Taken back: {words.title_of(review)}. It waits for a decision again.")
    return redirect("review", review.pk)


@ASKS
@page(DECIDE)
def release(request: HttpRequest, review_id: UUID) -> HttpResponse:
    """Back to the queue."""
    review = get_review(request, review_id)
    question = _question(
        review,
        "Give it back",
        "It goes back to the queue; your draft is kept. Somebody else, or you, may take it later.",
    )

    def act(found: dict[str, Any], by: Actor) -> None:
        release_review(review_id=review.pk, by=by, reason=found["reason"], channel=CHANNEL)

    return _ask_and_do(request, question, ReleaseForm, act, "Given back: {title}.", review)


@ASKS
@page(DECIDE)
def decline(request: HttpRequest, review_id: UUID) -> HttpResponse:
    """Not for them."""
    review = get_review(request, review_id)
    question = _question(review, "Decline", "It goes back to the queue and is not offered to you again.")

    def act(found: dict[str, Any], by: Actor) -> None:
        decline_review(review_id=review.pk, by=by, reason=found["reason"], channel=CHANNEL)

    return _ask_and_do(request, question, DeclineForm, act, "Declined: {title}.", review)


@ASKS
@page(DECIDE)
def snooze(request: HttpRequest, review_id: UUID) -> HttpResponse:
    """Put it off."""
    review = get_review(request, review_id)
    question = _question(
        review, "Put it off", "It comes back to you at the time you say, and counts as yours meanwhile."
    )

    def act(found: dict[str, Any], by: Actor) -> None:
        until = found["until"].astimezone(UTC)
        snooze_review(review_id=review.pk, by=by, until=until, channel=CHANNEL)

    return _ask_and_do(request, question, SnoozeForm, act, "Put off: {title}.", review)


@ASKS
@page(ROUTE)
def reassign(request: HttpRequest, review_id: UUID) -> HttpResponse:
    """To somebody named."""
    review = get_review(request, review_id)
    has_it = f"{review.assignee} has it now." if review.assignee else "Nobody has it now."
    question = _question(review, "Assign", f"{has_it} Who gets it is told, and sees who gave it to them.")

    def act(found: dict[str, Any], by: Actor) -> None:
        more = {"reason": found["reason"], "over_capacity": found["over_capacity"], "channel": CHANNEL}
        reassign_review(review_id=review.pk, to=found["to"], by=who_looks(request).as_operator, **more)

    return _ask_and_do(request, question, ReassignForm, act, "Assigned: {title}.", review, stay=True)


@require_POST
@page(ROUTE)
def route(request: HttpRequest, review_id: UUID) -> HttpResponse:
    """To whom it suits best."""
    review = get_review(request, review_id)
    if (given := _try(request, lambda: assign_review(review_id=review.pk, channel=CHANNEL))) is not None:
        messages.success(request, f"Assigned to {given.reviewer}.")
    return redirect("review", review.pk)


@require_POST
@page(VIEW)
def answer(request: HttpRequest, review_id: UUID) -> HttpResponse:
    """Answer the reviewer's question; for whoever asked for the review, and for who decides or routes."""
    review = get_review(request, review_id)
    form = AnswerQuestionForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Write an answer first.")
    else:
        text, by = form.cleaned_data["answer"], who_looks(request).actor
        if _try(request, lambda: answer_information(review_id=review.pk, answer=text, by=by, channel=CHANNEL)):
            messages.success(request, "Answered. The review goes on.")
    return redirect("review", review.pk)


Act = Callable[[dict[str, Any], Actor], None]


def _ask_and_do(
    request: HttpRequest,
    question: Question,
    form_class: type[forms.Form],
    act: Act,
    done: str,
    review: ReviewRequest,
    *,
    stay: bool = False,
) -> HttpResponse:
    """Ask with GET, act with POST; then on to the inbox, or back to the review."""
    form = form_class(request.POST if request.method == "POST" else None)
    if not form.is_bound or not form.is_valid():
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
        return ask(request, question, form, status)
    try:
        act(form.cleaned_data, who_looks(request).actor)
    except OrchestrationError as error:
        messages.error(request, words.as_sentence(str(error)))
        return ask(request, question, form, HTTPStatus.CONFLICT)
    messages.success(request, done.format(title=words.title_of(review)))
    return redirect("review", review.pk) if stay else redirect("reviews")


def _question(review: ReviewRequest, action: str, text: str) -> Question:
    title = f"{action}: {words.title_of(review)}"
    parents = (("Reviews", reverse("reviews")), (words.title_of(review), reverse("review", args=[review.pk])))
    return Question(title=title, text=text, action=action, parents=parents)


def _try(request: HttpRequest, act: Callable[[], Any]) -> Any:
    """What the service gave back; None, with a message, when it refused."""
    try:
        return act()
    except OrchestrationError as error:
        messages.error(request, words.as_sentence(str(error)))
        return None


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
