"""What an operator may do with reviews and reviewers; each through the service that pages and REST call."""

from typing import Any

from django import forms
from django.http import HttpRequest

from reviews.actors import as_actor
from reviews.forms.verbs import ReassignForm
from reviews.models import Absence, ReviewerProfile, ReviewRequest
from reviews.services.afterwards import undo_decision
from reviews.services.assignment import assign_review, reassign_review
from reviews.services.claims import release_review
from reviews.services.erasure import erase_content
from reviews.services.requests import close_review
from reviews.services.reviewers import remove_absence, update_reviewer
from reviews.states import ReviewStatus
from reviews.views.who import ROUTE, who_looks
from web.admin.verbs import NotDone, Verb

CHANNEL = "admin"
CHANGE_REVIEWER = "reviews.change_reviewerprofile"
ERASE_CONTENT = "reviews.delete_reviewrequest"


class WhyForm(forms.Form):
    """For those who look at it later."""

    reason = forms.CharField(max_length=300)


def _ended(row: ReviewRequest) -> str | None:
    return None if row.is_open else f"it is {ReviewStatus(row.status).label}"


def _open(row: ReviewRequest) -> str | None:
    return "it is open; close it or let it be decided first" if row.is_open else None


def _taken(row: ReviewRequest) -> str | None:
    return _ended(row) or (None if row.status == ReviewStatus.PENDING else f"{row.assignee or 'somebody'} has it")


def _free(row: ReviewRequest) -> str | None:
    return _ended(row) or (None if row.assignee_id else "nobody has it")


def _undecided(row: ReviewRequest) -> str | None:
    return None if row.decided_at and row.announced_at is None else "there is no decision that can still be undone"


def _assign(request: HttpRequest, row: ReviewRequest, answers: dict[str, Any]) -> None:
    assign_review(review_id=row.pk, channel=CHANNEL)


def _reassign(request: HttpRequest, row: ReviewRequest, answers: dict[str, Any]) -> None:
    more = {"reason": answers["reason"], "over_capacity": answers["over_capacity"], "channel": CHANNEL}
    reassign_review(review_id=row.pk, to=answers["to"], by=who_looks(request).as_operator, **more)


def _release(request: HttpRequest, row: ReviewRequest, answers: dict[str, Any]) -> None:
    by = who_looks(request).as_operator
    release_review(review_id=row.pk, by=by, reason=answers["reason"], channel=CHANNEL)


def _close(request: HttpRequest, row: ReviewRequest, answers: dict[str, Any]) -> None:
    by = as_actor(request.user)  # type: ignore[arg-type]  # the admin lets nobody in without a login
    if not close_review(review_id=row.pk, reason=answers["reason"], actor=by, channel=CHANNEL):
        raise NotDone("it had already ended")


def _erase(request: HttpRequest, row: ReviewRequest, answers: dict[str, Any]) -> None:
    erase_content(review_id=row.pk, by=who_looks(request).actor, reason=answers["reason"], channel=CHANNEL)


def _undo(request: HttpRequest, row: ReviewRequest, answers: dict[str, Any]) -> None:
    undo_decision(review_id=row.pk, by=who_looks(request).as_operator, channel=CHANNEL)


def _set_active(is_active: bool) -> Any:
    def perform(request: HttpRequest, row: ReviewerProfile, answers: dict[str, Any]) -> None:
        by = who_looks(request).actor
        update_reviewer(reviewer_id=row.pk, by=by, is_active=is_active, channel=CHANNEL)

    return perform


def _take_back(request: HttpRequest, row: Absence, answers: dict[str, Any]) -> None:
    if not remove_absence(absence_id=row.pk, by=who_looks(request).actor, channel=CHANNEL):
        raise NotDone("it was taken back already")


ASSIGN = Verb(
    name="assign",
    label="Assign by routing",
    did="assigned",
    permission=ROUTE,
    explanation="Each goes to whom it suits best now, with the reasons on record.",
    perform=_assign,
    obstacle=_taken,
    icon="bolt",
)
REASSIGN = Verb(
    name="reassign",
    label="Assign to somebody",
    did="assigned",
    permission=ROUTE,
    explanation="Whoever has it now loses it; who gets it is told.",
    perform=_reassign,
    obstacle=_ended,
    form=ReassignForm,
    icon="person_add",
)
RELEASE = Verb(
    name="release",
    label="Give back to the queue",
    did="given back",
    permission=ROUTE,
    explanation="Nobody has it any more; drafts are kept.",
    perform=_release,
    obstacle=_free,
    form=WhyForm,
    icon="undo",
)
CLOSE = Verb(
    name="close",
    label="Close without a decision",
    did="closed",
    permission=ROUTE,
    explanation="Nobody will decide it. A task that waits for it fails.",
    perform=_close,
    obstacle=_ended,
    form=WhyForm,
    icon="cancel",
    is_harmful=True,
)
UNDO = Verb(
    name="undo",
    label="Undo the decision",
    did="undone",
    permission=ROUTE,
    explanation="It waits for a decision again. Only while the decision has not taken effect.",
    perform=_undo,
    obstacle=_undecided,
    icon="history",
)
ERASE = Verb(
    name="erase",
    label="Erase what it was about",
    did="cleared of what it was about",
    permission=ERASE_CONTENT,
    explanation="Values, texts and reasons go for good; who decided what kind of thing, and when, stays on record.",
    perform=_erase,
    obstacle=_open,
    form=WhyForm,
    icon="ink_eraser",
    is_harmful=True,
)
DEACTIVATE = Verb(
    name="deactivate",
    label="Deactivate",
    did="deactivated",
    permission=CHANGE_REVIEWER,
    explanation="They get nothing more, and what they have goes back to the queue.",
    perform=_set_active(False),
    obstacle=lambda row: None if row.is_active else "they are not active",
    icon="person_off",
    is_harmful=True,
)
ACTIVATE = Verb(
    name="activate",
    label="Activate",
    did="activated",
    permission=CHANGE_REVIEWER,
    explanation="They get reviews again.",
    perform=_set_active(True),
    obstacle=lambda row: "they are active" if row.is_active else None,
    icon="person_check",
)
TAKE_BACK = Verb(
    name="take-back",
    label="Take back",
    did="taken back",
    permission=CHANGE_REVIEWER,
    explanation="What was moved because of it stays moved.",
    perform=_take_back,
    icon="event_busy",
    deletes=True,
)
