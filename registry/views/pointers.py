"""Moving the default and aliases, taking moves back: each asks first, and happens only if nobody else was quicker."""

from collections.abc import Callable
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from common.errors import OrchestrationError
from registry.exceptions import InvalidVersion, VersionNotFound
from registry.forms.pointers import AliasForm, MoveForm, ReasonForm
from registry.models import ModelVersion, RegisteredModel
from registry.selectors.model_page import targets_of
from registry.selectors.resolving import find_model
from registry.services import pointers
from registry.states import DEFAULT
from registry.views import parts
from web.access import page
from web.confirm import Question, ask

ASKS = require_http_methods(["GET", "HEAD", "POST"])


@ASKS
@page(parts.MOVE)
@parts.missing_is_404
def move(request: HttpRequest, model_name: str, pointer: str) -> HttpResponse:
    """Have the default or an alias point to another version; `?version=` proposes one."""
    model = find_model(model_name)
    now = _current(model, pointer)
    initial = {"version": request.GET.get("version", ""), "expected": now.label if now else ""}
    form = MoveForm(_sent(request), targets=targets_of(model, _asked(request)), initial=initial)
    if not (form.is_bound and form.is_valid()):
        return ask(request, _move_question(model, pointer, now), form, _status(form))
    chosen, said = form.cleaned_data["version"], _said(request, form)

    def do() -> str:
        if pointer == DEFAULT:
            pointers.set_default(model_name=model_name, version=chosen, **said)
            return f"{chosen} is the default version of {model_name} now."
        pointers.move_alias(model_name=model_name, alias=pointer, version=chosen, **said)
        return f"{model_name}@{pointer} is {chosen} now."

    return _do(request, model, do)


@ASKS
@page(parts.MOVE)
@parts.missing_is_404
def add_alias(request: HttpRequest, model_name: str) -> HttpResponse:
    """A new alias."""
    model = find_model(model_name)
    targets = targets_of(model, _asked(request))
    form = AliasForm(_sent(request), targets=targets, initial={"version": request.GET.get("version", "")})
    question = Question(
        title=f"Add an alias to {model_name}",
        text="A name for one version, which can be moved to another. Pipelines follow it when they start.",
        action="Add the alias",
        parents=parts.parents(model),
    )
    if not (form.is_bound and form.is_valid()):
        return ask(request, question, form, _status(form))
    asked = form.cleaned_data
    try:
        said = {**_said(request, form), "expected": ""}
        pointers.move_alias(model_name=model_name, alias=asked["name"], version=asked["version"], **said)
    except InvalidVersion as error:
        form.add_error("name", parts.sentence(str(error)))
        return ask(request, question, form, _status(form))
    except OrchestrationError as error:
        messages.error(request, parts.sentence(str(error)))
        return redirect(_address(model))
    messages.success(request, f"{model_name}@{asked['name']} is {asked['version']} now.")
    return redirect(_address(model))


@ASKS
@page(parts.MOVE)
@parts.missing_is_404
def remove(request: HttpRequest, model_name: str, pointer: str) -> HttpResponse:
    """Remove an alias; its history stays."""
    model = find_model(model_name)
    now = _current(model, pointer)
    form = ReasonForm(_sent(request), initial={"expected": now.label if now else ""})
    if not (form.is_bound and form.is_valid()):
        question = Question(
            title=f"Remove {model_name}@{pointer}?",
            text="Pipelines that name it do not start any more. Its history stays, and it can be added again.",
            action="Remove the alias",
            parents=parts.parents(model),
            is_danger=True,
        )
        return ask(request, question, form, _status(form))

    def do() -> str:
        pointers.remove_alias(model_name=model_name, alias=pointer, **_said(request, form))
        return f"{model_name}@{pointer} is removed."

    return _do(request, model, do)


@ASKS
@page(parts.MOVE)
@parts.missing_is_404
def roll_back(request: HttpRequest, model_name: str, pointer: str) -> HttpResponse:
    """Make a pointer what it was before."""
    model = find_model(model_name)
    now = _current(model, pointer)
    form = ReasonForm(_sent(request), initial={"expected": now.label if now else ""})
    if not (form.is_bound and form.is_valid()):
        return ask(request, _rollback_question(model, pointer, now), form, _status(form))
    said = _said(request, form)

    def do() -> str:
        if pointer == DEFAULT:
            made = pointers.rollback_default(model_name=model_name, **said)
            return f"{made.label} is the default version of {model_name} again."
        made = pointers.rollback_alias(model_name=model_name, alias=pointer, **said)
        return f"{model_name}@{pointer} is {made.label} again."

    return _do(request, model, do)


def _current(model: RegisteredModel, pointer: str) -> ModelVersion | None:
    """Where it points. Raises `VersionNotFound` for an alias that is not there; a model may lack a default."""
    now = pointers.current(model, pointer)
    if now is None and pointer != DEFAULT:
        raise VersionNotFound(f'the model "{model.name}" has no alias "{pointer[:100]}"')
    return now


def _move_question(model: RegisteredModel, pointer: str, now: ModelVersion | None) -> Question:
    what = "the default version" if pointer == DEFAULT else f"the alias {pointer}"
    is_now = f"It is {now.label} now. " if now else "There is none now. "
    return Question(
        title=f"Move {what} of {model.name}",
        text=f"{is_now}What starts from now on gets the version you choose; what runs keeps the one it began with.",
        action="Move it",
        parents=parts.parents(model),
    )


def _asked(request: HttpRequest) -> str:
    """The label of the version that is chosen, or proposed by the address."""
    return request.POST.get("version") or request.GET.get("version", "")


def _rollback_question(model: RegisteredModel, pointer: str, now: ModelVersion | None) -> Question:
    what = "the default version" if pointer == DEFAULT else f"the alias {pointer}"
    before = pointers.rolls_back_to(model, pointer)
    to = f"to {before.label}" if before else "to what it was before"
    return Question(
        title=f"Roll {what} of {model.name} back {to}?",
        text=f"It is {now.label if now else 'nothing'} now. What starts from now on gets the earlier version; what "
        "runs keeps the one it began with.",
        action=f"Roll back {to}" if before else "Roll back",
        parents=parts.parents(model),
        refusal="" if before else "There is no earlier version to go back to that can still be used.",
    )


def _do(request: HttpRequest, model: RegisteredModel, verb: Callable[[], str]) -> HttpResponse:
    try:
        messages.success(request, verb())
    except OrchestrationError as error:
        messages.error(request, parts.sentence(str(error)))
    return redirect(_address(model))


def _said(request: HttpRequest, form: ReasonForm) -> dict[str, str]:
    """Who moves it, why, and where it was when they were asked."""
    asked = form.cleaned_data
    return {"expected": asked["expected"], "reason": asked["reason"], "actor": request.user.get_username()}


def _address(model: RegisteredModel) -> str:
    return reverse("model", kwargs={"model_name": model.name})


def _sent(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _status(form: ReasonForm) -> HTTPStatus:
    return HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
