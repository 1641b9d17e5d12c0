"""What an operator does with executions; each verb is the service that REST and the pages call."""

from typing import Any
from uuid import uuid4

from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from orchestration.engine.store import Origin
from orchestration.models import Execution
from orchestration.services.executions import cancel_execution, pause_execution, rerun_execution, resume_execution
from orchestration.services.reruns import CURRENT, FAILED
from orchestration.services.retention import delete_executions, finished_before, prune_executions
from orchestration.states import ExecutionStatus, Trigger
from web.admin.verbs import NotDone, TableVerb, Verb
from web.quantities import plural

START = "orchestration.add_execution"
CHANGE = "orchestration.change_execution"
DELETE = "orchestration.delete_execution"
ENDED_MEANWHILE = "it has ended meanwhile"
# One request prunes no more; the command prunes the rest without anybody waiting for it.
MOST_PRUNED = 2_000


class Reason(forms.Form):
    """Why, for the execution's history."""

    reason = forms.CharField(max_length=200, required=False, help_text="Kept with the execution; may be left empty.")


class Again(forms.Form):
    """What of it runs again, and in which version. `once` makes a second click the same start."""

    part = forms.ChoiceField(
        label="Run again",
        choices=[("", "all its tasks"), (FAILED, "only tasks without a result; results there are stay")],
        required=False,
        widget=forms.RadioSelect,
        initial="",
    )
    version = forms.ChoiceField(
        label="In",
        choices=[("", "the version it ran"), (CURRENT, "the pipeline's current version")],
        required=False,
        widget=forms.RadioSelect,
        initial="",
    )
    once = forms.UUIDField(required=False, widget=forms.HiddenInput, initial=uuid4)


class Retention(forms.Form):
    """How long finished executions are kept."""

    older_than_days = forms.FloatField(
        min_value=0,
        label="Ended more than this many days ago",
        initial=lambda: settings.ORCHESTRATION.finished_retention_days,
    )


def _ended(row: Execution) -> str | None:
    return f"it has ended ({row.get_status_display()})" if row.is_terminal else None


def _live(row: Execution) -> str | None:
    return None if row.is_terminal else f"it has not ended ({row.get_status_display()}); cancel it first"


def _cancel(request: HttpRequest, row: Execution, answers: dict[str, Any]) -> None:
    if not cancel_execution(execution_id=row.pk, reason=answers["reason"]):
        raise NotDone(ENDED_MEANWHILE)


def _no_pause(row: Execution) -> str | None:
    return "it is paused already" if row.status == ExecutionStatus.PAUSED else _ended(row)


def _no_resume(row: Execution) -> str | None:
    return None if row.status == ExecutionStatus.PAUSED else f"it is not paused ({row.get_status_display()})"


def _pause(request: HttpRequest, row: Execution, answers: dict[str, Any]) -> None:
    if not pause_execution(execution_id=row.pk, reason=answers["reason"], by=request.user.get_username()):
        raise NotDone(ENDED_MEANWHILE)


def _resume(request: HttpRequest, row: Execution, answers: dict[str, Any]) -> None:
    if not resume_execution(execution_id=row.pk, by=request.user.get_username()):
        raise NotDone(ENDED_MEANWHILE)


def _rerun(request: HttpRequest, row: Execution, answers: dict[str, Any]) -> str:
    again = rerun_execution(
        execution_id=row.pk,
        from_task=answers["part"] or None,
        version=CURRENT if answers["version"] else None,
        idempotency_key=f"{answers['once']} {row.pk}" if answers["once"] else None,
        origin=Origin(Trigger.PAGE, started_by=request.user.get_username()),
    )
    return reverse("admin:orchestration_execution_change", args=[again.pk])


def _delete(request: HttpRequest, row: Execution, answers: dict[str, Any]) -> None:
    if not delete_executions(execution_ids=[row.pk]):
        raise NotDone("it is gone already")


def _preview_prune(answers: dict[str, Any]) -> str:
    number = finished_before(answers["older_than_days"]).count()
    told = f"{plural(number, 'execution', 'executions')} ended more than {answers['older_than_days']:g} days ago"
    if number > MOST_PRUNED:
        return f"{told}; this deletes the oldest {MOST_PRUNED} with their tasks, attempts and events."
    return f"{told}; this deletes them with their tasks, attempts and events."


def _prune(answers: dict[str, Any]) -> str:
    deleted = 0
    for number in prune_executions(older_than_days=answers["older_than_days"]):
        deleted += number
        if deleted >= MOST_PRUNED:
            break
    left = finished_before(answers["older_than_days"]).count()
    rest = f" {plural(left, 'is', 'are')} left: prune again, or run manage.py prune." if left else ""
    return f"Deleted {plural(deleted, 'execution', 'executions')}.{rest}"


CANCEL = Verb(
    name="cancel",
    label="Cancel",
    did="cancelled",
    permission=CHANGE,
    explanation="Nothing more starts; tasks that run are told to stop. What completed stays as it is.",
    perform=_cancel,
    obstacle=_ended,
    form=Reason,
    icon="block",
    is_harmful=True,
)
PAUSE = Verb(
    name="pause",
    label="Pause",
    did="paused",
    permission=CHANGE,
    explanation="Tasks that run finish; nothing more starts until somebody resumes it.",
    perform=_pause,
    obstacle=_no_pause,
    form=Reason,
    icon="pause",
)
RESUME = Verb(
    name="resume",
    label="Resume",
    did="resumed",
    permission=CHANGE,
    explanation="It goes on at once, where it was paused.",
    perform=_resume,
    obstacle=_no_resume,
    icon="play_arrow",
)
RERUN = Verb(
    name="rerun",
    label="Run again",
    did="started again",
    permission=START,
    explanation="A new execution with the same input, title and labels; the earlier one stays as it is.",
    perform=_rerun,
    form=Again,
    icon="replay",
)
DELETE_ENDED = Verb(
    name="delete",
    label="Delete",
    did="deleted",
    permission=DELETE,
    explanation="Its task runs, attempts and events go with it, and nothing brings them back.",
    perform=_delete,
    obstacle=_live,
    icon="delete",
    is_harmful=True,
    deletes=True,
)
PRUNE = TableVerb(
    name="prune",
    label="Prune",
    permission=DELETE,
    preview=_preview_prune,
    perform=_prune,
    form=Retention,
)
