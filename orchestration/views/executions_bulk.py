"""Cancelling or running again several executions: first a page that says what would happen to each, then the deed."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from common.errors import OrchestrationError
from orchestration.engine.store import Origin
from orchestration.models import Execution
from orchestration.selectors.listing import list_executions
from orchestration.services.executions import cancel_execution, rerun_execution
from orchestration.states import Trigger
from orchestration.views.execution_parts import address
from web.access import page, require
from web.quantities import plural

MOST = 200
SHOWN_FAILURES = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, why, and the token by which a doubled request is known."""

    by: str
    reason: str
    token: str


@dataclass(frozen=True, slots=True)
class Action:
    """Something to do to several executions; `do` is false where there was nothing to do any more."""

    key: str
    label: str
    icon: str
    permission: str
    can: str
    """As in "2 of 3 executions … "."""
    done: str
    refusal: Callable[[Execution], str]
    """Why not, or ""."""
    do: Callable[[Execution, Asked], bool]


def _cancel(execution: Execution, asked: Asked) -> bool:
    return cancel_execution(execution_id=execution.pk, reason=asked.reason)


def _rerun(execution: Execution, asked: Asked) -> bool:
    key = f"again-{asked.token}-{execution.pk.hex}"
    rerun_execution(execution_id=execution.pk, idempotency_key=key, origin=Origin(Trigger.PAGE, started_by=asked.by))
    return True


ACTIONS = {
    action.key: action
    for action in (
        Action(
            key="cancel",
            label="Cancel",
            icon="cancelled",
            permission="orchestration.change_execution",
            can="can be cancelled",
            done="cancelled",
            refusal=lambda execution: "has ended" if execution.is_terminal else "",
            do=_cancel,
        ),
        Action(
            key="rerun",
            label="Run again",
            icon="rerun",
            permission="orchestration.add_execution",
            can="can be run again",
            done="started again",
            refusal=lambda execution: "" if execution.is_terminal else "has not ended; cancel it or wait",
            do=_rerun,
        ),
    )
}


@require_http_methods(["GET", "HEAD", "POST"])
@page("orchestration.view_execution")
def executions_bulk(request: HttpRequest) -> HttpResponse:
    """`do` (cancel or rerun) with each `id`: GET shows what would happen, POST does it and leads back to the list."""
    given = request.POST if request.method == "POST" else request.GET
    back = address(QueryDict(given.get("back", "")).urlencode())
    action, chosen = ACTIONS.get(given.get("do", "")), _find(given.getlist("id"))
    if action is None or not chosen:
        messages.warning(request, "Select executions first, then what to do with them.")
        return redirect(back)
    require(request, action.permission)
    possible = [execution for execution in chosen if not action.refusal(execution)]
    if request.method == "POST":
        asked = Asked(request.user.get_username(), given.get("reason", "").strip(), given.get("token", ""))
        _carry_out(request, action, possible, asked)
        return redirect(back)
    shown = {
        "action": action,
        "chosen": [(execution, action.refusal(execution)) for execution in chosen],
        "possible": possible,
        "back": back,
        "back_query": given.get("back", ""),
        "token": uuid.uuid4().hex,
    }
    return render(request, "orchestration/executions_bulk.html", shown)


def _find(given: list[str]) -> list[Execution]:
    """The executions named, newest first; what is no id, or gone, is left out."""
    keys = []
    for text in given[:MOST]:
        try:
            keys.append(UUID(text))
        except ValueError:
            continue
    return list(list_executions().filter(pk__in=keys).order_by("-created_at", "-pk"))


def _carry_out(request: HttpRequest, action: Action, executions: list[Execution], asked: Asked) -> None:
    done, failures = 0, []
    for execution in executions:
        try:
            done += action.do(execution, asked)
        except OrchestrationError as error:
            failures.append(f"{execution.title or execution.pipeline_id}: {error}")
    if done:
        messages.success(request, f"{plural(done, 'execution', 'executions')} {action.done}.")
    if late := len(executions) - done - len(failures):
        messages.info(request, f"{plural(late, 'execution', 'executions')} had ended meanwhile.")
    for failure in failures[:SHOWN_FAILURES]:
        messages.error(request, failure)
    if len(failures) > SHOWN_FAILURES:
        messages.error(
            request, f"And {plural(len(failures) - SHOWN_FAILURES, 'other', 'others')} could not be {action.done}."
        )
    if not executions:
        messages.warning(request, f"None of these {action.can}.")
