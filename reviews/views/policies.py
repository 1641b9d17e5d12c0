"""Escalation policies: what happens when nobody acts, told as a timeline; a change makes a new version."""

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from common.errors import OrchestrationError
from reviews import clock
from reviews.escalation.timeline import preview, say
from reviews.exceptions import InvalidReview
from reviews.forms.policies import PolicyForm, StepFormSet, policy_initial, step_initial
from reviews.models import EscalationPolicy, EscalationPolicyVersion
from reviews.selectors.policies import count_open_by_version, find_version, list_policies
from reviews.services.policies import DEFAULT_STEPS, preview_policy, save_policy
from reviews.views import words
from reviews.views.who import CHANNEL, who_looks
from web.access import page
from web.quantities import length

VIEW = "reviews.view_escalationpolicy"
CHANGE = "reviews.change_escalationpolicy"


@page(VIEW)
def show_policies(request: HttpRequest) -> HttpResponse:
    """All policies, each with its newest version and how many open reviews go by it."""
    used = count_open_by_version()
    rows = [
        {
            "policy": policy,
            "version": version,
            "due": _due(version),
            "steps": [say(step) for step in version.steps.all()],
            "open": sum(used.get(one.pk, 0) for one in policy.versions.all()),
        }
        for policy, version in list_policies()
    ]
    return render(request, "reviews/policies.html", {"rows": rows, "can_change": request.user.has_perm(CHANGE)})


@page(VIEW)
def show_policy(request: HttpRequest, policy_id: str) -> HttpResponse:
    """One version (`?version=`, else the newest): its timeline for a review that is opened now."""
    version = _version(policy_id, request.GET.get("version", ""))
    now = clock.now()
    is_high_risk = "high_risk" in request.GET
    used = count_open_by_version()
    versions = list(version.policy.versions.all()[:100])
    context = {
        "policy": version.policy,
        "version": version,
        "newest": versions[0],
        "versions": [{"version": one, "open": used.get(one.pk, 0)} for one in versions],
        "timeline": preview(version, now, is_high_risk=is_high_risk),
        "is_high_risk": is_high_risk,
        "now": now,
        "due": _due(version),
        "can_change": request.user.has_perm(CHANGE),
        "hours": [(day, ", ".join(spans)) for day, spans in version.business_hours.items()],
    }
    return render(request, "reviews/policy.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@page(CHANGE)
def write(request: HttpRequest, policy_id: str | None = None) -> HttpResponse:
    """The editor: every button shows the preview, `save` makes a version."""
    version = _version(policy_id, "") if policy_id else None
    if request.method != "POST":
        form, steps = _filled(version)
        return _render(request, form, steps, version)
    data = _pressed(request)
    form, steps = PolicyForm(data, is_new=version is None), StepFormSet(data, prefix="steps")
    if request.POST.get("do") == "save" and form.is_valid() and steps.is_valid():
        try:
            saved = _save(request, form, steps, version)
        except OrchestrationError as error:
            form.add_error(None, words.as_sentence(str(error)))
        else:
            return saved
    return _render(request, form, steps, version, is_checked=True)


def _save(request: HttpRequest, form: PolicyForm, steps: Any, version: EscalationPolicyVersion | None) -> HttpResponse:
    policy_id = version.policy_id if version else form.cleaned_data["policy_id"]
    if version is None and EscalationPolicy.objects.filter(pk=policy_id).exists():
        raise InvalidReview(f'there is a policy "{policy_id}" already; edit that one, or choose another id')
    saved = save_policy(
        policy_id=policy_id,
        name=form.cleaned_data["name"],
        steps=_steps(steps),
        by=who_looks(request).actor,
        channel=CHANNEL,
        **form.content(),
    )
    is_same = version is not None and saved.pk == version.pk
    said = "Nothing had changed." if is_same else f"Version {saved.number} is saved. New reviews go by it."
    messages.success(request, said)
    return redirect("review-policy", saved.policy_id)


def _filled(version: EscalationPolicyVersion | None) -> tuple[PolicyForm, Any]:
    if version is not None:
        initial = [step_initial(step) for step in version.steps.all()]
        return PolicyForm(initial=policy_initial(version), is_new=False), StepFormSet(initial=initial, prefix="steps")
    initial = [
        {
            "after": step["after"],
            "action": step["action"],
            "condition": step.get("if", "always"),
            "notify": ", ".join(step.get("notify", ())),
        }
        for step in DEFAULT_STEPS
    ]
    return PolicyForm(is_new=True), StepFormSet(initial=initial, prefix="steps")


def _pressed(request: HttpRequest) -> Any:
    """What was sent, with the row that a button added or took away."""
    data = request.POST.copy()
    what, _, place = data.get("do", "").partition(":")
    total = data.get("steps-TOTAL_FORMS", "0")
    number = int(total) if total.isascii() and total.isdigit() and len(total) < 4 else 0
    if what == "add":
        data |= {f"steps-{number}-action": "notify", f"steps-{number}-condition": "always"}
        data["steps-TOTAL_FORMS"] = str(number + 1)
    if what == "remove" and place.isascii() and place.isdigit():
        names = ("after", "action", "condition", "decision", "notify")
        for row in range(int(place), number - 1):
            for name in names:
                data[f"steps-{row}-{name}"] = data.get(f"steps-{row + 1}-{name}", "")
        data["steps-TOTAL_FORMS"] = str(max(0, number - 1))
    return data


def _steps(formset: Any) -> list[dict[str, Any]]:
    return [form.step() for form in formset if form.cleaned_data.get("after")]


def _render(
    request: HttpRequest,
    form: PolicyForm,
    steps: Any,
    version: EscalationPolicyVersion | None,
    *,
    is_checked: bool = False,
) -> HttpResponse:
    now = clock.now()
    timeline, fault = _preview(form, steps, version, now)
    is_refused = is_checked and request.POST.get("do") == "save"
    context = {
        "form": form,
        "steps": steps,
        "version": version,
        "timeline": timeline,
        "fault": fault if is_checked else "",
        "now": now,
        "back": reverse("review-policy", args=[version.policy_id]) if version else reverse("review-policies"),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if is_refused else HTTPStatus.OK
    return render(request, "reviews/policy_form.html", context, status=status)


def _preview(
    form: PolicyForm, steps: Any, version: EscalationPolicyVersion | None, now: datetime
) -> tuple[Sequence[Any], str]:
    """The timeline of what stands in the form, or why there is none."""
    if not form.is_bound:
        return (preview(version, now), "") if version else (preview_policy(steps=DEFAULT_STEPS, start=now), "")
    if not (form.is_valid() and steps.is_valid()) and form.errors.keys() - {"policy_id", "name"}:
        return [], "The timeline appears once what is marked is mended."
    try:
        return preview_policy(steps=_steps(steps), start=now, **form.content()), ""
    except (InvalidReview, KeyError) as error:
        return [], words.as_sentence(str(error))


def _version(policy_id: str, number: str) -> EscalationPolicyVersion:
    if number and not (number.isascii() and number.isdigit() and len(number) < 10):
        raise Http404("There is no such version.")
    found = find_version(policy_id, int(number) if number else None)
    if found is None:
        raise Http404(f"There is no policy {policy_id}, or it has no such version.")
    return found


def _due(version: EscalationPolicyVersion) -> str:
    usual = settings.ORCHESTRATION.hitl_default_timeout_hours * 3600
    return length(usual if version.due_seconds is None else version.due_seconds)
