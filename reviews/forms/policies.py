"""A policy as people write it: when reviews are due, in which hours, and the steps of what happens meanwhile."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings

from reviews.forms.people import HoursForm, hours_initial, split
from reviews.models import EscalationPolicyVersion, EscalationStep
from reviews.states import FOR_POLICIES, StepAction, StepCondition
from web.quantities import length

MOST_STEPS = 20
_UNITS = {"m": 60, "h": 3600, "d": 86400}
_LENGTH = re.compile(r"(\d+(?:\.\d+)?)\s*([mhd])")
ACTIONS = (
    (StepAction.NOTIFY, "Remind"),
    (StepAction.RAISE_PRIORITY, "Raise the priority"),
    (StepAction.WIDEN_SKILLS, "Ask people with fewer skills"),
    (StepAction.REASSIGN, "Give it back to the queue"),
    (StepAction.ESCALATE_TO_LEAD, "Escalate to a lead"),
    (StepAction.DECIDE, "Decide"),
)
CONDITIONS = ((StepCondition.ALWAYS, "Always"), (StepCondition.UNCLAIMED, "If nobody claimed it"))
DECISIONS = (("", "–"), *((one.value, one.value.capitalize()) for one in FOR_POLICIES))


def read_length(text: str) -> timedelta | None:
    """`30m`, `8h`, `2d`; None for what is none."""
    match = _LENGTH.fullmatch(text.strip())
    return timedelta(seconds=float(match[1]) * _UNITS[match[2]]) if match else None


def write_length(seconds: float) -> str:
    """3600 as `1h`."""
    for unit in ("d", "h", "m"):
        if seconds and seconds % _UNITS[unit] == 0:
            return f"{int(seconds // _UNITS[unit])}{unit}"
    return f"{seconds / 60:g}m"


class PolicyForm(HoursForm):
    """Everything but the steps."""

    policy_id = forms.SlugField(max_length=64, label="Id", help_text="Pipelines name the policy by it. For good.")
    name = forms.CharField(max_length=150)
    due_in = forms.CharField(
        required=False,
        max_length=20,
        label="Due after",
        help_text="Such as 30m, 8h or 2d, counted in the hours below.",
    )
    holidays = forms.CharField(
        required=False,
        max_length=5000,
        help_text="Days on which no time passes, such as 2026-12-25, separated by commas.",
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
    )
    may_approve = forms.BooleanField(
        required=False, label="A step may approve by itself (never what is marked high risk)"
    )

    def __init__(self, *arguments: Any, is_new: bool, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if not is_new:
            del self.fields["policy_id"]
        usual = length(settings.ORCHESTRATION.hitl_default_timeout_hours * 3600)
        self.fields["due_in"].help_text += f" Empty: {usual} (HITL_DEFAULT_TIMEOUT_HOURS)."

    def clean_due_in(self) -> str:
        text: str = self.cleaned_data["due_in"]
        if text and read_length(text) is None:
            raise forms.ValidationError("Write a time such as 30m, 8h or 2d.")
        return text

    def content(self) -> dict[str, Any]:
        """As the services take it, without the steps."""
        found = self.cleaned_data
        return {
            "due_in": read_length(found["due_in"]) if found["due_in"] else None,
            "business_hours": self.hours(),
            "time_zone": found["time_zone"],
            "holidays": split(found["holidays"]),
            "may_approve": found["may_approve"],
        }


class StepForm(forms.Form):
    """One step; a row without a time is no step."""

    after = forms.CharField(required=False, max_length=20, label="After")
    action = forms.ChoiceField(choices=ACTIONS)
    condition = forms.ChoiceField(choices=CONDITIONS, label="When")
    decision = forms.ChoiceField(choices=DECISIONS, required=False)
    notify = forms.CharField(required=False, max_length=500, label="Tell")

    def step(self) -> dict[str, Any]:
        """As the services take it."""
        found = self.cleaned_data
        given = {"after": found["after"], "action": found["action"], "if": found["condition"]}
        return given | {"decision": found["decision"], "notify": split(found["notify"])}


StepFormSet = forms.formset_factory(StepForm, extra=0, max_num=MOST_STEPS, absolute_max=MOST_STEPS)


def policy_initial(version: EscalationPolicyVersion) -> dict[str, Any]:
    return {
        "name": version.policy.name,
        "due_in": write_length(version.due_seconds) if version.due_seconds is not None else "",
        "holidays": ", ".join(version.holidays),
        "may_approve": version.may_approve,
        "time_zone": version.time_zone,
        **hours_initial(version.business_hours),
    }


def step_initial(step: EscalationStep) -> Mapping[str, Any]:
    after = (
        write_length(step.after_seconds) if step.after_seconds is not None else f"{(step.after_share or 0) * 100:g}%"
    )
    return {
        "after": after,
        "action": step.action,
        "condition": step.condition,
        "decision": step.decision,
        "notify": ", ".join(step.notify),
    }
