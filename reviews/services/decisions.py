"""The one choke point of decisions: pages, REST, Python, scripts and policies all pass here.

Exactly one final decision per review: the lock decides who is first, the database refuses a second, and who comes too
late is told who decided what and when, with what they wrote kept as their draft.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from common.errors import Conflict
from common.json_schema import schema_problems
from common.resilience import retried
from reviews.actors import Actor, By, as_actor
from reviews.assignment.routing import check_eligible
from reviews.exceptions import FourEyes, InvalidDecision, PolicyRefused
from reviews.models import Draft, InformationRequest, ReviewDecision, ReviewExclusion, ReviewRequest
from reviews.notices.outbox import tell_reviewers, tell_webhooks
from reviews.services.claims import is_lease_alive
from reviews.services.closing_words import closed, held, lease_lost
from reviews.services.drafts import keep_late_answer
from reviews.services.escalations import escalate
from reviews.states import APPROVING, FOR_PEOPLE, AssignmentEnd, ReviewStatus, Risk, Verdict
from reviews.store import Entry, announce_decision, locked
from reviews.values import loaded, stored, text


class _Unset:
    """No output was given, which is not the same as None."""

    def __repr__(self) -> str:
        return "UNSET"


UNSET = _Unset()


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said, before it is judged."""

    verdict: Verdict
    output: Any = UNSET
    comment: str = ""
    reason_code: str = ""
    token: int | None = None
    undo_seconds: int | None = None


@retried
def decide(
    *,
    review_id: UUID | str,
    decision: str,
    by: By,
    token: int | None = None,
    output: Any = UNSET,
    comment: str = "",
    reason_code: str = "",
    undo_seconds: int | None = None,
    channel: str = "python",
) -> ReviewDecision:
    """Say something to a review: approve, approve_with_edits, reject, escalate or need_information.

    `token`: of the claim (pages and REST always give it; None is not checked). `output`: the corrected output, which
    must fit the schema; an approval with an output that differs is one with edits. `comment` is the reason of an
    escalation and the question of need_information. `undo_seconds`: when it takes effect, instead of the review's own.
    The same decision repeated by the same actor returns the first one.

    Raises `InvalidDecision` (with every problem), `ReviewClosed`, `LeaseLost`, `HeldByAnother`, `FourEyes`,
    `NotEligible`, `ReviewNotFound`.
    """
    actor = as_actor(by)
    said, code = text(comment).strip(), text(reason_code, 50).strip()
    answer = Answer(_parse(decision), output, said, code, token, undo_seconds)
    try:
        with locked(review_id, channel, with_values=True) as entry:
            if (earlier := _repeated(entry.review, actor, answer)) is not None:
                return earlier
            _authorise(entry, actor, token)
            return act(entry, actor, answer)
    except Conflict:
        keep_late_answer(review_id, actor, None if isinstance(output, _Unset) else output, comment)
        raise


def act(entry: Entry, actor: Actor, answer: Answer) -> ReviewDecision:
    """Carry out an answer that may be given. For policies too, inside a transaction that has the lock."""
    if answer.verdict == Verdict.ESCALATE:
        return _escalate(entry, actor, answer)
    if answer.verdict == Verdict.NEED_INFORMATION:
        return _ask(entry, actor, answer)
    return _conclude(entry, actor, answer)


def _parse(decision: str) -> Verdict:
    if decision not in FOR_PEOPLE:
        raise InvalidDecision(f'"{str(decision)[:40]}" is no decision; say one of {", ".join(FOR_PEOPLE)}')
    return Verdict(decision)


def _repeated(review: ReviewRequest, actor: Actor, answer: Answer) -> ReviewDecision | None:
    """The same answer by the same actor again: a double click, or a try after an unclear end of the first."""
    if review.is_open or not answer.verdict.is_final:
        return None
    made = ReviewDecision.objects.filter(review=review, actor=actor.key, undone_at=None).order_by("-id").first()
    if made is None:
        return None
    is_same_kind = made.verdict == answer.verdict or {made.verdict, answer.verdict} == set(APPROVING)
    is_same_output = isinstance(answer.output, _Unset) or made.output == stored(answer.output, "the output")
    return made if is_same_kind and is_same_output else None


def _authorise(entry: Entry, actor: Actor, token: int | None) -> None:
    """Whether this actor may answer this review now."""
    review = entry.review
    if not review.is_open:
        raise closed(review)
    _check_four_eyes(review, actor)
    is_mine = review.assignee_id is not None and review.assignee_id == actor.reviewer_id
    if token is not None and token != review.token:
        raise lease_lost(review, actor, token)
    if is_mine:
        return
    if is_lease_alive(review, entry.now) or (review.assignee_id is not None and not actor.leads):
        raise held(review, entry.now)
    if actor.reviewer is not None:
        check_eligible(entry, actor.reviewer, is_pull=True, ignoring=("capacity", "declined"))


def _check_four_eyes(review: ReviewRequest, actor: Actor) -> None:
    found = (
        ReviewExclusion.objects.filter(review=review, person__in=actor.identities).exclude(reason="declined").first()
    )
    if found is not None:
        why = {"requester": "asked for it", "author": "made what is reviewed"}.get(found.reason, "has a conflict")
        raise FourEyes(f"{actor.label} {why}: somebody else has to decide (four eyes, no role is exempt)")


def _conclude(entry: Entry, actor: Actor, answer: Answer) -> ReviewDecision:
    review, now = entry.review, entry.now
    answer = _checked(review, actor, answer)
    is_approval = answer.verdict in APPROVING
    window = review.undo_seconds if answer.undo_seconds is None else answer.undo_seconds
    effective_at = now + timedelta(seconds=window if actor.is_person else 0)
    before = review.assignee
    made = _write(entry, actor, answer, output=answer.output if is_approval else None, effective_at=effective_at)
    entry.end_assignment(AssignmentEnd.DECIDED)
    if review.status == ReviewStatus.WAITING_INFO:
        InformationRequest.objects.filter(review=review, answered_at=None).update(
            answer="(decided without an answer)", answered_by=actor.key, answered_at=now
        )
    Draft.objects.filter(review=review, author=actor.key).delete()
    to = ReviewStatus.EXPIRED if answer.verdict == Verdict.EXPIRE else ReviewStatus.DECIDED
    columns: dict[str, Any] = {"assignee": actor.reviewer} if to == ReviewStatus.DECIDED else {}
    entry.change(
        "decided",
        actor,
        f"{actor.label} {answer.verdict.past}" + (f": {answer.comment}" if answer.comment else ""),
        to=to,
        decided_at=now,
        effective_at=effective_at,
        announced_at=now if effective_at == now else None,
        details={
            "decision": str(answer.verdict),
            "reason_code": answer.reason_code,
            "token": answer.token,
            "shown_digest": review.shown_digest,
            "proposed": review.proposed_output if answer.verdict == Verdict.APPROVE_WITH_EDITS else None,
            "output": made.output if answer.verdict == Verdict.APPROVE_WITH_EDITS else None,
            "effective_at": effective_at,
        },
        **columns,
    )
    if before is not None and before.pk != actor.reviewer_id:
        about = review.subject_label or review.task_name
        tell_reviewers(review, [before], "review.decided", f"{about}: {actor.label} {answer.verdict.past}", now)
    if effective_at == now:
        take_effect(entry, made)
    return made


def take_effect(entry: Entry, made: ReviewDecision) -> None:
    """Tell the world: whoever waits may act on it from now on."""
    tell_webhooks(entry.review, "review.decided", entry.now, decision=str(made.verdict), by=made.actor)
    announce_decision(entry.review, str(made.verdict))


def _checked(review: ReviewRequest, actor: Actor, answer: Answer) -> Answer:
    """The answer with its output settled, or every reason why it cannot be."""
    if answer.verdict == Verdict.APPROVE and actor.kind == "policy" and review.risk == Risk.HIGH:
        raise PolicyRefused(f"{actor.label} may not approve what is marked high risk; a person has to")
    if answer.verdict not in APPROVING:
        return answer
    proposed = loaded(review.proposed_output)
    output = proposed if isinstance(answer.output, _Unset) else answer.output
    is_edited = stored(output, "the output") != review.proposed_output
    if answer.verdict == Verdict.APPROVE_WITH_EDITS and isinstance(answer.output, _Unset):
        raise InvalidDecision("an approval with edits needs the edited output", [("/output", "is missing")])
    if is_edited and not review.may_edit:
        raise InvalidDecision("this review may be approved or rejected, not edited", [("/output", "may not be edited")])
    if review.output_schema is not None and (found := schema_problems(output, loaded(review.output_schema))):
        problems = [(f"/output{pointer}", message) for pointer, message in found]
        said = "; ".join(f"{pointer} {message}" for pointer, message in problems[:5])
        raise InvalidDecision(f"the output does not fit its schema ({len(found)}): {said}", problems)
    verdict = Verdict.APPROVE_WITH_EDITS if is_edited and review.proposed_output is not None else Verdict.APPROVE
    return Answer(verdict, output, answer.comment, answer.reason_code, answer.token, answer.undo_seconds)


def _escalate(entry: Entry, actor: Actor, answer: Answer) -> ReviewDecision:
    if not answer.comment:
        raise InvalidDecision("say why you escalate it", [("/comment", "must not be empty")])
    made = _write(entry, actor, answer, output=None, effective_at=entry.now)
    escalate(entry, actor, f"{actor.label} escalated it: {answer.comment}", hands_over=True)
    return made


def _ask(entry: Entry, actor: Actor, answer: Answer) -> ReviewDecision:
    review = entry.review
    if not answer.comment:
        raise InvalidDecision("write your question as the comment", [("/comment", "must not be empty")])
    if review.status == ReviewStatus.WAITING_INFO:
        raise InvalidDecision("a question is open already; wait for its answer")
    made = _write(entry, actor, answer, output=None, effective_at=entry.now)
    InformationRequest.objects.create(review=review, question=answer.comment, asked_by=actor.key, asked_at=entry.now)
    entry.change(
        "information_asked",
        actor,
        f"{actor.label} asks: {answer.comment}",
        to=ReviewStatus.WAITING_INFO,
        clock_paused_at=entry.now,
    )
    tell_webhooks(review, "review.information_asked", entry.now, question=answer.comment)
    return made


def _write(entry: Entry, actor: Actor, answer: Answer, *, output: Any, effective_at: Any) -> ReviewDecision:
    return ReviewDecision.objects.create(
        review=entry.review,
        verdict=answer.verdict,
        output=stored(output, "the output"),
        comment=answer.comment,
        reason_code=answer.reason_code,
        reviewer=actor.reviewer,
        actor=actor.key[:200],
        label=actor.label[:200],
        channel=entry.channel,
        token=answer.token,
        shown_digest=entry.review.shown_digest,
        decided_at=entry.now,
        effective_at=effective_at,
    )
