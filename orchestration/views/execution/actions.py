"""What people do to an execution: cancel, pause, resume, run again. Each calls a service and says what came of it."""

from collections.abc import Callable
from http import HTTPStatus
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from common.errors import OrchestrationError
from orchestration.arguments import LONGEST_REASON
from orchestration.engine.store import Origin
from orchestration.models import Execution
from orchestration.services.executions import (
    cancel_execution,
    pause_execution,
    rerun_execution,
    resume_execution,
)
from orchestration.services.reruns import FAILED, RerunPlan, plan_rerun
from orchestration.states import Trigger
from orchestration.templatetags.executions import short_id
from orchestration.views.execution.frame import get_execution
from web.access import page
from web.confirm import Question, ask
from web.quantities import plural

CHANGE = "orchestration.change_execution"
START = "orchestration.add_execution"
NAMES_SHOWN = 8


class ReasonForm(forms.Form):
    """Why, for those who look at it later."""

    reason = forms.CharField(
        max_length=LONGEST_REASON - 200,
        required=False,
        help_text="Kept with the execution, for those who look at it later.",
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
    )


class RerunForm(forms.Form):
    """From where; empty for the whole."""

    from_task = forms.CharField(max_length=100, required=False, widget=forms.HiddenInput)


@require_http_methods(["GET", "HEAD", "POST"])
@page(CHANGE)
def cancel(request: HttpRequest, execution_id: UUID) -> HttpResponse:
    """Asks for a reason, then cancels at once."""
    execution = get_execution(execution_id)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if not (form.is_bound and form.is_valid()):
        return ask(request, _cancel_question(execution), form, _status(form))
    by = f"cancelled by {_user(request)}"
    given = form.cleaned_data["reason"]
    done = cancel_execution(execution_id=execution.pk, reason=f"{by}: {given}" if given else by)
    return _say(request, execution, "Cancelled. What still ran is being stopped." if done else None)


@require_POST
@page(CHANGE)
def pause(request: HttpRequest, execution_id: UUID) -> HttpResponse:
    """What runs finishes, nothing new starts."""
    execution = get_execution(execution_id)
    done = pause_execution(execution_id=execution.pk, by=_user(request))
    return _say(request, execution, "Paused. What runs will finish, nothing new starts." if done else None)


@require_POST
@page(CHANGE)
def resume(request: HttpRequest, execution_id: UUID) -> HttpResponse:
    """A paused execution goes on."""
    execution = get_execution(execution_id)
    done = resume_execution(execution_id=execution.pk, by=_user(request))
    return _say(request, execution, "It goes on." if done else None)


@require_http_methods(["GET", "HEAD", "POST"])
@page(START)
def rerun(request: HttpRequest, execution_id: UUID) -> HttpResponse:
    """Runs it again: asked with GET it says first what would be run and what reused."""
    execution = get_execution(execution_id)
    form = RerunForm(request.POST or request.GET)
    from_task = (form.cleaned_data["from_task"] if form.is_valid() else "") or None
    try:
        plan = plan_rerun(execution_id=execution.pk, from_task=from_task)
        if request.method != "POST":
            return ask(request, _rerun_question(plan), form)
        origin = Origin(Trigger.PAGE, started_by=_user(request))
        started = rerun_execution(execution_id=execution.pk, from_task=from_task, origin=origin)
    except OrchestrationError as error:
        messages.error(request, _sentence(str(error)))
        return redirect("execution", execution.pk)
    messages.success(request, f"Started again: {_what(plan)}.")
    return redirect("execution", started.pk)


def _parents(execution: Execution) -> tuple[tuple[str, str], ...]:
    return (("Executions", reverse("executions")), (short_id(execution.pk), reverse("execution", args=[execution.pk])))


def _cancel_question(execution: Execution) -> Question:
    return Question(
        title=f"Cancel {execution.title or 'this execution'}?",
        text="It is over at once and nothing more of it starts. What has completed can be reused by running it again.",
        action="Cancel the execution",
        parents=_parents(execution),
        is_danger=True,
    )


def _rerun_question(plan: RerunPlan) -> Question:
    where = {None: "", FAILED: " from what failed"}.get(plan.from_task, f" from {plan.from_task}")
    return Question(
        title=f"Run it again{where}?",
        text=f"A new execution is started, with the same input and version {plan.version.number}: {_what(plan)}.",
        action="Run again",
        parents=_parents(plan.source),
        details=tuple(
            f"{what}: {_listed(names)}" for what, names in (("Run", plan.to_run), ("Reused", plan.reused)) if names
        ),
    )


def _what(plan: RerunPlan) -> str:
    run = plural(len(plan.to_run), "task to run", "tasks to run")
    return f"{run}, {plural(len(plan.reused), 'result reused', 'results reused')}" if plan.reused else run


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return ", ".join(names[:NAMES_SHOWN]) + more


def _say(request: HttpRequest, execution: Execution, done: str | None) -> HttpResponse:
    tell: Callable[[HttpRequest, str], None] = messages.warning if done is None else messages.success
    tell(request, done or "Nothing was changed: it had already ended.")
    return redirect("execution", execution.pk)


def _user(request: HttpRequest) -> str:
    return request.user.get_username()


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _status(form: forms.Form) -> HTTPStatus:
    return HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
