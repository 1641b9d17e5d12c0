"""The reviewer's form is sent: a decision, a draft, or a button of a field. Nothing that was written gets lost.

Too late, not allowed or not fitting: the page comes back with a sentence, and with everything as it was filled in.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from common.errors import Conflict, Invalid, OrchestrationError
from reviews.exceptions import AtCapacity, DraftConflict, InvalidReview
from reviews.forms.answer import AnswerForm
from reviews.models import ReviewRequest
from reviews.services.claims import renew_claim
from reviews.services.decisions import UNSET, decide
from reviews.services.drafts import discard_draft, save_draft
from reviews.services.next_review import claim_next
from reviews.states import Verdict
from reviews.views import words
from reviews.views.kept import keep
from reviews.views.review import get_review, render_review
from reviews.views.who import CHANNEL, DECIDE, Who, who_looks
from web.access import page, require
from web.quantities import full_time

# The form's buttons that decide: the verdict, and which of its fields says why.
DECISIONS: Mapping[str, tuple[Verdict, str]] = {
    "approve": (Verdict.APPROVE, "comment"),
    "reject": (Verdict.REJECT, "reject_comment"),
    "escalate": (Verdict.ESCALATE, "escalate_comment"),
    "ask": (Verdict.NEED_INFORMATION, "question"),
}
ASIDE = ("reject_comment", "reason_code", "escalate_comment", "question")


@require_POST
def send(request: HttpRequest, review_id: UUID) -> HttpResponse:
    """What the page's one form sends. Without a login it is kept until there is one again."""
    if not request.user.is_authenticated:
        keep(request, review_id)
        return redirect_to_login(reverse("review", args=[review_id]))
    require(request, DECIDE)
    review = get_review(request, review_id)
    form = AnswerForm.sent(review, request.POST.dict())
    request.session["reviews_next"] = "next" in request.POST
    what, _, name = request.POST.get("do", "draft").partition(":")
    if what in DECISIONS:
        return _decide(request, review, form, what)
    if what in ("revert", "add", "remove"):
        form.press(what, name)
    if what == "discard":
        discard_draft(review_id=review.pk, by=who_looks(request).actor)
        return redirect("review", review.pk)
    return _save(request, review, form)


def _decide(request: HttpRequest, review: ReviewRequest, form: AnswerForm, what: str) -> HttpResponse:
    verdict, why = DECISIONS[what]
    asked = {name: request.POST.get(name, "") for name in ASIDE}
    comment = request.POST.get(why, "").replace("\r\n", "\n")
    who = who_looks(request)
    try:
        output = _output(form, review) if what == "approve" else UNSET
        if form.errors:
            return _show(request, review, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        if what == "reject" and not (request.POST.get("reason_code") or comment.strip()):
            raise InvalidReview("say why you reject it: choose a reason, or write one")
        made = decide(
            review_id=review.pk,
            decision=verdict,
            by=who.actor,
            token=_token(request),
            output=output,
            comment=comment,
            reason_code=request.POST.get("reason_code", "") if what == "reject" else "",
            channel=CHANNEL,
        )
    except Conflict as error:
        _keep_what_was_written(review, who, form, request.POST.get("comment", "") or comment)
        fresh = get_review(request, review.pk)
        return _show(request, fresh, form, conflict=str(error), asked=asked, status=HTTPStatus.CONFLICT)
    except Invalid as error:
        form.add_problems(error.problems if what == "approve" else ())
        beside = "" if what == "approve" else what
        fault = "" if form.errors else words.as_sentence(str(error))
        return _show(
            request, review, form, opened=beside, fault=fault, asked=asked, status=HTTPStatus.UNPROCESSABLE_ENTITY
        )
    undo = f" It can be undone until {full_time(made.effective_at)}." if made.effective_at > made.decided_at else ""
    messages.success(request, f"{words.DONE[made.verdict].capitalize()}: {words.title_of(review)}.{undo}")
    return _go_on(request, review, who)


def _output(form: AnswerForm, review: ReviewRequest) -> Any:
    """What stands in the form. What may not be edited, or has no form, is approved as it is."""
    if not review.may_edit or not form.texts:
        return UNSET if form.proposed is not None or not review.may_edit else form.read()
    return form.read()


def _go_on(request: HttpRequest, review: ReviewRequest, who: Who) -> HttpResponse:
    """The next review, claimed, if that is wished and there is one; else this one, or the inbox."""
    if "next" not in request.POST or who.reviewer is None:
        return redirect("review", review.pk)
    return take_next(request, who, beside=review.pk)


def take_next(request: HttpRequest, who: Who, beside: UUID | None = None) -> HttpResponse:
    """Claim the most pressing review and open it; the inbox says so when there is none."""
    try:
        following = claim_next(by=who.actor, beside=beside, channel=CHANNEL)
    except AtCapacity as error:
        messages.warning(request, words.as_sentence(str(error)))
        return redirect("reviews")
    except OrchestrationError as error:
        messages.error(request, words.as_sentence(str(error)))
        return redirect("reviews")
    if following is None:
        messages.info(request, "That was the last: nothing else waits for you.")
        return redirect("reviews")
    return redirect("review", following.pk)


def _save(request: HttpRequest, review: ReviewRequest, form: AnswerForm) -> HttpResponse:
    """A draft, by the button or by one of a field; the page shows what stands in it."""
    comment = request.POST.get("comment", "").replace("\r\n", "\n")
    try:
        save_draft(
            review_id=review.pk,
            by=who_looks(request).actor,
            output=form.as_draft(),
            comment=comment,
            version=_number(request, "draft_version"),
        )
    except OrchestrationError as error:
        return _show(request, review, form, fault=words.as_sentence(str(error)), status=HTTPStatus.CONFLICT)
    return _show(request, review, form)


def _keep_what_was_written(review: ReviewRequest, who: Who, form: AnswerForm, comment: str) -> None:
    """The services keep the answer that came too late; this is the whole form, as it stood."""
    known = review.drafts.filter(author=who.actor.key).values_list("version", flat=True).first()
    save_draft(review_id=review.pk, by=who.actor, output=form.as_draft(), comment=comment, version=known)


def _show(request: HttpRequest, review: ReviewRequest, form: AnswerForm, **more: Any) -> HttpResponse:
    comment = request.POST.get("comment", "").replace("\r\n", "\n")
    return render_review(request, review, form=form, comment=comment, **more)


# Asked by scripts -----------------------------------------------------------------------------------------------------


@require_POST
@page(DECIDE)
def draft(request: HttpRequest, review_id: UUID) -> HttpResponse:
    """Keep what stands in the form: `{version, saved_at}`, or 409 with what is in the way."""
    review = get_review(request, review_id)
    form = AnswerForm.sent(review, request.POST.dict())
    try:
        saved = save_draft(
            review_id=review.pk,
            by=who_looks(request).actor,
            output=form.as_draft(),
            comment=request.POST.get("comment", "").replace("\r\n", "\n"),
            version=_number(request, "draft_version"),
        )
    except OrchestrationError as error:
        status = HTTPStatus.CONFLICT if isinstance(error, DraftConflict) else HTTPStatus.UNPROCESSABLE_ENTITY
        return _refuse(error, status)
    return JsonResponse({"version": saved.version, "saved_at": saved.updated_at.isoformat()})


@require_POST
@page(DECIDE)
def heartbeat(request: HttpRequest, review_id: UUID) -> HttpResponse:
    """A sign of life: `{expires_at}`, or 409 with who has it now, or how it ended."""
    review = get_review(request, review_id)
    try:
        expires_at = renew_claim(
            review_id=review.pk, by=who_looks(request).actor, token=_token(request), channel=CHANNEL
        )
    except OrchestrationError as error:
        return _refuse(error, HTTPStatus.CONFLICT)
    return JsonResponse({"expires_at": expires_at.isoformat()})


def _refuse(error: OrchestrationError, status: HTTPStatus) -> JsonResponse:
    return JsonResponse({"code": error.code, "message": words.as_sentence(str(error))}, status=status)


def _token(request: HttpRequest) -> int:
    """Of the claim that the page was made under. None at all is an old page: a token that nobody has."""
    found = _number(request, "token")
    return -1 if found is None else found


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
