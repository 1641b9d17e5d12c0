"""What the ticker does for reviews: everything whose time has come, a bounded number at a time, safe in two processes.

Each piece of work locks its review (skipping those somebody else has), looks again whether it is still due, and
commits by itself. One that fails is logged and does not hold up the others.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from common.errors import OrchestrationError
from reviews import clock
from reviews.actors import Actor, policy_actor
from reviews.escalation.timeline import next_step_time
from reviews.exceptions import PolicyRefused
from reviews.models import EscalationPolicyVersion, EscalationStep, ReviewDecision, ReviewRequest
from reviews.services.claims import expire_lease, give_back, is_lease_alive, wake_review
from reviews.services.decisions import Answer, act, take_effect
from reviews.services.escalations import escalate, raise_priority, tell
from reviews.services.reviewers import hand_over_absent
from reviews.skills import Requirements, widen
from reviews.states import FINAL, OPEN, AssignmentEnd, ReviewStatus, StepAction, StepCondition, Verdict
from reviews.store import Entry, lock

logger = logging.getLogger(__name__)

BATCH = 200
CHANNEL = "policy"


def run_due(now: datetime | None = None, limit: int = BATCH) -> int:
    """Do what is due at `now` (the clock's time): returns how many reviews moved. At most `limit` of each kind."""
    now = now or clock.now()
    done = 0
    for rows, act_on in _duties(now):
        for review_id in rows.values_list("pk", flat=True)[:limit]:
            done += _one(review_id, act_on, now)
    return done + hand_over_absent(now)


def due_steps(now: datetime) -> "QuerySet[ReviewRequest]":
    """Reviews whose policy's next step has come."""
    return (
        ReviewRequest.objects.filter(next_step_at__lte=now, closed_at=None)
        .exclude(status=ReviewStatus.WAITING_INFO)
        .order_by("next_step_at")
    )


Act = Callable[[Entry, datetime], bool]


def _duties(now: datetime) -> tuple[tuple["QuerySet[ReviewRequest]", Act], ...]:
    rows = ReviewRequest.objects
    return (
        (rows.filter(status=ReviewStatus.IN_REVIEW, lease_expires_at__lte=now).order_by("lease_expires_at"), _expire),
        (rows.filter(status=ReviewStatus.SNOOZED, snoozed_until__lte=now).order_by("snoozed_until"), _wake),
        (rows.filter(announced_at=None, effective_at__lte=now).order_by("effective_at"), _announce),
        (due_steps(now), _step),
    )


def _one(review_id: UUID, act_on: Act, now: datetime) -> bool:
    try:
        with transaction.atomic():
            entry = lock(review_id, CHANNEL, with_values=True, skip_locked=True)
            return entry is not None and act_on(entry, now)
    except OrchestrationError:
        logger.exception("review %s: what is due could not be done; it will be tried again", review_id)
        return False


def _expire(entry: Entry, now: datetime) -> bool:
    if entry.review.status != ReviewStatus.IN_REVIEW or is_lease_alive(entry.review, now):
        return False
    expire_lease(entry)
    return True


def _wake(entry: Entry, now: datetime) -> bool:
    if entry.review.snoozed_until is None or entry.review.snoozed_until > now:
        return False
    wake_review(entry)
    return True


def _announce(entry: Entry, now: datetime) -> bool:
    review = entry.review
    made = ReviewDecision.objects.filter(review=review, verdict__in=FINAL, undone_at=None).first()
    if made is None or review.announced_at is not None or made.effective_at > now:
        return False
    entry.mark_announced()
    take_effect(entry, made)
    return True


def _step(entry: Entry, now: datetime) -> bool:
    """Carry out the one step that is due; the next, if it is due as well, comes in the next call."""
    review = entry.review
    if review.status not in OPEN or review.next_step_at is None or review.next_step_at > now or review.policy is None:
        return False
    steps = list(review.policy.steps.all())
    step = steps[review.next_step]
    following = review.next_step + 1
    at = next_step_time(review.policy, steps, following, review.clock_started_at, review.due_at)
    entry.schedule_step(following, at)
    _carry_out(entry, review.policy, step)
    return True


def _carry_out(entry: Entry, version: EscalationPolicyVersion, step: EscalationStep) -> None:
    review, actor = entry.review, policy_actor(version)
    if step.condition == StepCondition.UNCLAIMED and review.status == ReviewStatus.IN_REVIEW:
        entry.tell("step_passed_over", actor, f"{actor.label}: somebody has claimed it, so no step was needed")
        return
    sentence = f"{actor.label} {_WORDS[StepAction(step.action)]}".strip()
    _ACTIONS[StepAction(step.action)](entry, actor, step, sentence)
    tell(entry, step.notify, f"review.{step.action}", f"{review.subject_label or review.task_name}: {sentence}")


def _remind(entry: Entry, actor: Actor, step: EscalationStep, sentence: str) -> None:
    entry.tell("reminded", actor, sentence, targets=step.notify)


def _raise_priority(entry: Entry, actor: Actor, step: EscalationStep, sentence: str) -> None:
    raise_priority(entry, actor, sentence)


def _escalate(entry: Entry, actor: Actor, step: EscalationStep, sentence: str) -> None:
    escalate(entry, actor, sentence)


def _widen(entry: Entry, actor: Actor, step: EscalationStep, sentence: str) -> None:
    review = entry.review
    needs = Requirements(widen(review.wanted), review.language, review.sensitivity, review.needs_lead)
    entry.change("widened", actor, sentence, is_widened=True, requirements_key=needs.key)


def _take_back(entry: Entry, actor: Actor, step: EscalationStep, sentence: str) -> None:
    """From somebody who has it and does not work on it."""
    status = ReviewStatus(entry.review.status)
    if status in (ReviewStatus.ASSIGNED, ReviewStatus.SNOOZED):
        give_back(entry, actor, AssignmentEnd.REASSIGNED, "gave it back to the queue: nobody worked on it")
    else:
        entry.tell("step_passed_over", actor, f"{sentence}: not needed, it is {status.label}")


def _decide(entry: Entry, actor: Actor, step: EscalationStep, sentence: str) -> None:
    """The policy's own decision, labelled as such. What it may not decide goes to a lead instead."""
    try:
        if step.decision == Verdict.APPROVE and not step.version.may_approve:
            raise PolicyRefused(f"{actor.label} does not allow approving")
        with transaction.atomic():
            act(entry, actor, Answer(Verdict(step.decision), comment="nobody decided in time"))
    except OrchestrationError as error:
        escalate(entry, actor, f"{actor.label} would {step.decision} it by now, but: {error}")


_ACTIONS: dict[StepAction, Callable[[Entry, Actor, EscalationStep, str], None]] = {
    StepAction.NOTIFY: _remind,
    StepAction.RAISE_PRIORITY: _raise_priority,
    StepAction.WIDEN_SKILLS: _widen,
    StepAction.REASSIGN: _take_back,
    StepAction.ESCALATE_TO_LEAD: _escalate,
    StepAction.DECIDE: _decide,
}
_WORDS = {
    StepAction.NOTIFY: "sent a reminder",
    StepAction.RAISE_PRIORITY: "raised the priority",
    StepAction.WIDEN_SKILLS: "asks people with fewer of the specializations too",
    StepAction.REASSIGN: "gave it back to the queue",
    StepAction.ESCALATE_TO_LEAD: "escalated it: nobody had decided in time",
    StepAction.DECIDE: "decided: nobody had in time",
}
