"""One review: the source beside the form, who has it and why, what may be decided, and what happened so far.

Reading it changes nothing: claiming, deciding and drafts are `verbs`', `deciding`'s and `drafts`'.
"""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from reviews import clock
from reviews.escalation.timeline import say, step_time
from reviews.exceptions import ReviewNotFound
from reviews.forms.answer import AnswerForm
from reviews.forms.output_values import changes
from reviews.forms.verbs import REASON_CODES, AnswerQuestionForm
from reviews.models import Draft, InformationRequest, ReviewDecision, ReviewRequest
from reviews.selectors.history import history
from reviews.selectors.requests import last_undoable
from reviews.selectors.team import why
from reviews.selectors.visibility import find_visible
from reviews.services.drafts import save_draft
from reviews.states import FINAL, ReviewStatus, Verdict
from reviews.values import loaded
from reviews.views import words
from reviews.views.kept import take_kept
from reviews.views.paper import paper_of, sure_of
from reviews.views.who import DECIDE, VIEW, Who, who_looks
from web import live
from web.access import page
from web.quantities import full_time

TEMPLATE = "reviews/review.html"
S = ReviewStatus


@page(VIEW)
def show_review(request: HttpRequest, review_id: UUID) -> HttpResponse:
    """The whole page; its bar alone when an open page asks whether something has changed."""
    review = get_review(request, review_id)
    version = f"{review.version}.{int(clock.now().timestamp()) // 60}"
    if "version" in request.GET and request.htmx:  # type: ignore[attr-defined]  # by django_htmx's middleware

        def bar() -> HttpResponse:
            return render(request, f"{TEMPLATE}#bar", bar_context(request, review) | {"version": version})

        return live.respond(request, version, not review.is_open, bar)
    kept = take_kept(request, review.pk)
    if kept is not None and request.user.has_perm(DECIDE):
        who = who_looks(request)
        if kept.get("author") == who.actor.key:
            form = AnswerForm.sent(review, kept)
            _keep(review, who, form, kept.get("comment", ""))
            told = "You had been signed out. What you had written is here as your draft: look at it, and decide again."
            return render_review(request, review, form=form, comment=kept.get("comment", ""), notice=told)
    return render_review(request, review)


def _keep(review: ReviewRequest, who: Who, form: AnswerForm, comment: str) -> None:
    known = Draft.objects.filter(review=review, author=who.actor.key).values_list("version", flat=True).first()
    save_draft(review_id=review.pk, by=who.actor, output=form.as_draft(), comment=comment, version=known)


def get_review(request: HttpRequest, review_id: UUID) -> ReviewRequest:
    """The review, if this person may see it. Raises `Http404`."""
    who = who_looks(request)
    try:
        return find_visible(review_id, who.reviewer, sees_all=who.sees_all)
    except ReviewNotFound as error:
        raise Http404(f"There is no review {review_id}, or it is not for you.") from error


def render_review(
    request: HttpRequest,
    review: ReviewRequest,
    *,
    form: AnswerForm | None = None,
    comment: str | None = None,
    conflict: str = "",
    notice: str = "",
    opened: str = "",
    fault: str = "",
    asked: Mapping[str, str] | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    """The page as it stands, or with what somebody just sent: `form` and its errors, `conflict` when they came too
    late, `opened` (reject, escalate, ask) with its `fault` beside the field and what was `asked`.
    """
    who, now = who_looks(request), clock.now()
    draft = Draft.objects.filter(review=review, author=who.actor.key).first()
    decision = _decision(review, now)
    if form is None and decision is not None and decision["output"] is not None:
        form = AnswerForm.of(review, decision["output"])
    if form is None:
        form = (
            AnswerForm.of(review, loaded(draft.output)) if draft and draft.output is not None else AnswerForm.of(review)
        )
    paper = paper_of(review, form.fields)
    form.known = sure_of(review, paper)
    context = bar_context(request, review) | {
        "form": form,
        "paper": paper,
        "comment": comment if comment is not None else (draft.comment if draft else ""),
        "draft": draft,
        "conflict": conflict,
        "notice": notice,
        "opened": opened,
        "fault": fault,
        "asked": asked or {},
        "reason_codes": REASON_CODES,
        "questions": list(InformationRequest.objects.filter(review=review)),
        "answer_form": AnswerQuestionForm(),
        "history": history(review.pk),
        "wants_next": request.session.get("reviews_next", True),
        "version": f"{review.version}.{int(now.timestamp()) // 60}",
        "decision": decision,
        "last": last_undoable(who.actor.key, now),
    }
    return render(request, TEMPLATE, context, status=status)


def bar_context(request: HttpRequest, review: ReviewRequest) -> dict[str, Any]:
    """What the bar above the panes shows: whose it is, until when, why, and what can be done about that."""
    who, now = who_looks(request), clock.now()
    status = S(review.status)
    is_mine = who.reviewer is not None and review.assignee_id == who.reviewer.pk
    has_lease = review.lease_expires_at is not None and review.lease_expires_at > now
    return {
        "review": review,
        "who": who,
        "now": now,
        "title": words.title_of(review),
        "status": status,
        "state": words.STATES[status],
        "label": words.state_words(review, who.actor.reviewer_id),
        "due": words.countdown(review.due_at, now) if review.is_open else None,
        "chips": words.reason_chips(review.reasons),
        "is_mine": is_mine,
        "has_lease": has_lease,
        "can_write": _can_write(who, review, status, is_mine=is_mine, has_lease=has_lease),
        "can_claim": _can_claim(who, review, status, is_mine=is_mine, has_lease=has_lease),
        "can_release": review.is_open and is_mine and status != S.WAITING_INFO,
        "why": why(review.pk) if review.is_open else None,
        "steps": upcoming(review) if review.is_open else [],
        "is_open": review.is_open,
        "lease_seconds": settings.ORCHESTRATION.hitl_lease_seconds,
    }


def _can_write(who: Who, review: ReviewRequest, status: ReviewStatus, *, is_mine: bool, has_lease: bool) -> bool:
    """Whoever claimed it; an operator without a profile when nobody works on it."""
    if not (who.may_decide and review.is_open) or status == S.WAITING_INFO:
        return False
    return is_mine and status == S.IN_REVIEW if who.reviewer else not has_lease


def _can_claim(who: Who, review: ReviewRequest, status: ReviewStatus, *, is_mine: bool, has_lease: bool) -> bool:
    if not (who.may_decide and who.reviewer and review.is_open) or status == S.WAITING_INFO:
        return False
    is_free = review.assignee_id is None or is_mine or who.reviewer.is_lead or (status == S.IN_REVIEW and not has_lease)
    return is_free and not (has_lease or (is_mine and status == S.IN_REVIEW))


def upcoming(review: ReviewRequest) -> list[tuple[datetime, str]]:
    """What the policy does if nobody acts: when, and in words."""
    version = review.policy
    if version is None or review.clock_paused_at is not None:
        return []
    steps = list(version.steps.all())[review.next_step :]
    return [(step_time(version, step, review.clock_started_at, review.due_at), say(step)) for step in steps]


def _decision(review: ReviewRequest, now: datetime) -> dict[str, Any] | None:
    """What was decided, how it differs from the proposal, and whether it can still be undone."""
    made = ReviewDecision.objects.filter(review=review, verdict__in=FINAL, undone_at=None).first()
    if made is None:
        return None
    is_edited = made.verdict == Verdict.APPROVE_WITH_EDITS
    return {
        "made": made,
        "verdict": Verdict(made.verdict),
        "icon": words.VERDICTS[made.verdict],
        "changes": changes(loaded(review.proposed_output), loaded(made.output)) if is_edited else [],
        "output": loaded(made.output),
        "reason": dict(REASON_CODES).get(made.reason_code, made.reason_code.replace("_", " ")),
        "can_undo": review.announced_at is None and made.effective_at > now,
        "effective": full_time(made.effective_at),
    }
