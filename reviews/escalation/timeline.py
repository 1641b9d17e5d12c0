"""When a policy's steps come: pure arithmetic over its calendar, for the duty and for previews alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from reviews.models import EscalationPolicyVersion, EscalationStep
from reviews.states import StepAction, StepCondition

_ACTIONS = {
    StepAction.NOTIFY: "remind {targets}",
    StepAction.RAISE_PRIORITY: "raise the priority",
    StepAction.WIDEN_SKILLS: "ask people with fewer of the specializations too",
    StepAction.REASSIGN: "give it back to the queue for somebody else",
    StepAction.ESCALATE_TO_LEAD: "escalate it to a lead",
    StepAction.DECIDE: "{decision} it by this policy",
}


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of a timeline: when, what, and in words."""

    at: datetime
    position: int
    action: str
    sentence: str


def due_time(version: EscalationPolicyVersion, start: datetime, due_in: timedelta | None) -> datetime:
    """By when a review that begins at `start` is due: `due_in`, else the policy's, else HITL_DEFAULT_TIMEOUT_HOURS."""
    if due_in is None:
        hours = settings.ORCHESTRATION.hitl_default_timeout_hours
        due_in = timedelta(seconds=version.due_seconds) if version.due_seconds is not None else timedelta(hours=hours)
    return version.calendar.add(start, due_in)


def step_time(version: EscalationPolicyVersion, step: EscalationStep, start: datetime, due: datetime) -> datetime:
    """When a step is due."""
    calendar = version.calendar
    if step.after_seconds is not None:
        return calendar.add(start, timedelta(seconds=step.after_seconds))
    return calendar.add(start, calendar.between(start, due) * float(step.after_share or 0))


def next_step_time(
    version: EscalationPolicyVersion, steps: Sequence[EscalationStep], position: int, start: datetime, due: datetime
) -> datetime | None:
    """When the step at `position` (from 0) is due; None when there is none any more."""
    return step_time(version, steps[position], start, due) if position < len(steps) else None


def say(step: EscalationStep) -> str:
    """What a step does, in words."""
    targets = " and ".join(step.notify) or "nobody"
    text = _ACTIONS[StepAction(step.action)].format(targets=targets, decision=step.decision)
    if step.notify and step.action != StepAction.NOTIFY:
        text += f" and tell {targets}"
    return text + (", if nobody has claimed it" if step.condition == StepCondition.UNCLAIMED else "")


def preview(
    version: EscalationPolicyVersion,
    start: datetime,
    due_in: timedelta | None = None,
    *,
    is_high_risk: bool = False,
    steps: Sequence[EscalationStep] | None = None,
) -> list[Moment]:
    """What happens if nobody acts on a review that is opened at `start`, in order.

    `steps`: those of a version that is not saved yet.
    """
    due = due_time(version, start, due_in)
    moments = [Moment(due, -1, "due", "it is due")]
    for step in version.steps.all() if steps is None else steps:
        text = say(step)
        if step.action == StepAction.DECIDE and step.decision == "approve" and is_high_risk:
            text = "escalate it to a lead: a policy never approves what is high risk"
        moments.append(Moment(step_time(version, step, start, due), step.position, step.action, text))
    return sorted(moments, key=lambda moment: (moment.at, moment.position))
