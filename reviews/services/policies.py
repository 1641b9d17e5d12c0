"""Escalation policies: saving one makes a version, or finds that this content is the newest already."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from common.wording import closest, printable, text_fault
from reviews import clock
from reviews.actors import SYSTEM, By, as_actor
from reviews.audit.trail import record
from reviews.escalation.timeline import Moment, preview
from reviews.exceptions import InvalidReview, PolicyNotFound
from reviews.models import EscalationPolicy, EscalationPolicyVersion, EscalationStep
from reviews.states import FOR_POLICIES, StepAction, StepCondition
from reviews.working_hours import WorkingHours

DEFAULT_POLICY = "default"
DEFAULT_STEPS: tuple[dict[str, Any], ...] = (
    {"after": "50%", "if": "unclaimed", "action": "notify", "notify": ["assignee", "leads", "webhooks"]},
    {"after": "100%", "action": "raise_priority"},
    {"after": "100%", "action": "escalate_to_lead", "notify": ["assignee", "leads", "webhooks"]},
)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DELAY = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d|%)")
_STEP_KEYS = {"after", "action", "if", "decision", "notify"}
TARGETS = ("assignee", "leads", "webhooks")


def save_policy(
    *,
    policy_id: str,
    name: str = "",
    steps: Sequence[Mapping[str, Any]],
    due_in: timedelta | None = None,
    business_hours: Mapping[str, Any] | None = None,
    time_zone: str = "UTC",
    holidays: Sequence[str] = (),
    may_approve: bool = False,
    by: By = SYSTEM,
    channel: str = "python",
) -> EscalationPolicyVersion:
    """The newest version of a policy, made when the content differs from it. Reviews that run keep theirs.

    A step: `{"after": "30m" | "4h" | "2d" | "50%", "action": …, "if": "unclaimed", "decision": …, "notify": [...]}`;
    a share counts from the opening to the due time. Raises `InvalidReview` naming every mistake.
    """
    rows = _checked(steps, may_approve=may_approve)
    WorkingHours.parse(business_hours or {}, time_zone, holidays)
    content: dict[str, Any] = {
        "due_seconds": int(due_in.total_seconds()) if due_in is not None else None,
        "time_zone": time_zone,
        "business_hours": dict(business_hours or {}),
        "holidays": sorted(holidays),
        "may_approve": may_approve,
    }
    digest = sha256(json.dumps([content, rows], sort_keys=True).encode()).hexdigest()
    with transaction.atomic():
        policy, _ = EscalationPolicy.objects.get_or_create(pk=policy_id, defaults={"name": name or policy_id})
        policy = EscalationPolicy.objects.select_for_update().get(pk=policy_id)
        newest = policy.versions.order_by("-number").first()
        if name and name != policy.name:
            EscalationPolicy.objects.filter(pk=policy_id).update(name=name)
        if newest and newest.digest == digest:
            return newest
        version = EscalationPolicyVersion.objects.create(
            policy=policy,
            number=newest.number + 1 if newest else 1,
            digest=digest,
            created_by=as_actor(by).key,
            created_at=clock.now(),
            **content,
        )
        EscalationStep.objects.bulk_create(
            EscalationStep(version=version, position=position, **row) for position, row in enumerate(rows)
        )
        record(
            stream=f"policy:{policy_id}",
            kind="policy.saved",
            actor=as_actor(by),
            channel=channel,
            at=version.created_at,
            sentence=f"{as_actor(by).label} saved version {version.number} of the policy {policy_id}",
            after=content | {"steps": rows},
        )
        return version


def preview_policy(
    *,
    steps: Sequence[Mapping[str, Any]],
    start: datetime,
    due_in: timedelta | None = None,
    business_hours: Mapping[str, Any] | None = None,
    time_zone: str = "UTC",
    holidays: Sequence[str] = (),
    may_approve: bool = False,
    is_high_risk: bool = False,
) -> list[Moment]:
    """What a policy of this content would do to a review opened at `start` that nobody acts on. Saves nothing.

    Raises `InvalidReview` naming every mistake.
    """
    rows = _checked(steps, may_approve=may_approve)
    version = EscalationPolicyVersion(
        due_seconds=int(due_in.total_seconds()) if due_in is not None else None,
        time_zone=time_zone,
        business_hours=dict(business_hours or {}),
        holidays=sorted(holidays),
        may_approve=may_approve,
    )
    unsaved = [EscalationStep(version=version, position=position, **row) for position, row in enumerate(rows)]
    return preview(version, start, is_high_risk=is_high_risk, steps=unsaved)


def policy_version(policy_id: str | None) -> EscalationPolicyVersion:
    """The newest version of an active policy; without a name the one called `default`, made when it is missing.

    Raises `PolicyNotFound`, with near names.
    """
    wanted = policy_id or DEFAULT_POLICY
    rows = EscalationPolicyVersion.objects.filter(policy=wanted, policy__is_active=True)
    newest = None if text_fault(wanted) else rows.order_by("-number").first()
    if newest is not None:
        return newest
    if policy_id is None or policy_id == DEFAULT_POLICY:
        return save_policy(policy_id=DEFAULT_POLICY, name="Default", steps=DEFAULT_STEPS)
    known = list(EscalationPolicy.objects.filter(is_active=True).values_list("pk", flat=True))
    near = closest(policy_id, known)
    hint = f' Did you mean "{near}"?' if near else f" There are: {', '.join(known) or 'none'}."
    raise PolicyNotFound(f'there is no active escalation policy "{printable(policy_id[:64])}".{hint}')


def _checked(steps: Sequence[Mapping[str, Any]], *, may_approve: bool) -> list[dict[str, Any]]:
    problems: list[tuple[str, str]] = []
    rows = [_checked_step(step, f"/steps/{number}", problems, may_approve) for number, step in enumerate(steps)]
    if problems:
        listed = "; ".join(f"{pointer}: {message}" for pointer, message in problems)
        raise InvalidReview(f"this policy cannot be used: {listed}", problems)
    seconds = [row["after_seconds"] for row in rows if row["after_seconds"] is not None]
    shares = [row["after_share"] for row in rows if row["after_share"] is not None]
    if seconds != sorted(seconds) or shares != sorted(shares):
        raise InvalidReview("this policy cannot be used: its steps are not in the order of their delays")
    return rows


def _checked_step(
    step: Mapping[str, Any], at: str, problems: list[tuple[str, str]], may_approve: bool
) -> dict[str, Any]:
    def need(is_right: bool, key: str, message: str) -> None:
        if not is_right:
            problems.append((f"{at}/{key}" if key else at, message))

    action, decision, condition = step.get("action"), step.get("decision", ""), step.get("if", "always")
    unknown = sorted(set(step) - _STEP_KEYS)
    need(not unknown, "", f"unknown key {', '.join(unknown)}; a step has {', '.join(sorted(_STEP_KEYS))}")
    need(action in list(StepAction), "action", f"one of {', '.join(StepAction)}")
    need(condition in list(StepCondition), "if", f"one of {', '.join(StepCondition)}")
    is_decide = action == StepAction.DECIDE
    need(not is_decide or decision in FOR_POLICIES, "decision", f"one of {', '.join(FOR_POLICIES)}")
    need(is_decide or not decision, "decision", "only a step with the action decide has a decision")
    need(decision != "approve" or may_approve, "decision", "approving by time needs may_approve=True on the policy")
    match = _DELAY.fullmatch(str(step.get("after", "")).strip())
    need(match is not None, "after", 'a delay such as "30m", "4h", "2d" or "50%"')
    notify = list(step.get("notify", ()))
    for target in notify:
        need(target in TARGETS or _is_email(target), "notify", f"{', '.join(TARGETS)} or an e-mail address")
    need(action != StepAction.NOTIFY or bool(notify), "notify", "whom to notify")
    amount, unit = (float(match[1]), match[2]) if match else (0.0, "s")
    need(unit != "%" or amount <= 1000, "after", "at most 1000%")
    return {
        "after_seconds": None if unit == "%" else int(amount * _UNITS[unit]),
        "after_share": amount / 100 if unit == "%" else None,
        "condition": condition,
        "action": action,
        "decision": decision,
        "notify": notify,
    }


def _is_email(text: Any) -> bool:
    try:
        validate_email(text)
    except (ValidationError, TypeError):
        return False
    return True
