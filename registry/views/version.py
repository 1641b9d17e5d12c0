"""The page of one version: what it is made of, what is said of it, what checking found, what may be done with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from common.errors import OrchestrationError
from registry.downloads import download
from registry.forms.describing import VersionForm
from registry.forms.pointers import ReasonForm
from registry.models import ModelVersion
from registry.names import make_pin
from registry.selectors.model_list import MetricStep, metric_step
from registry.selectors.model_page import version_before
from registry.services import editing
from registry.services.pointers import rolls_back_to
from registry.states import DEFAULT, VersionKind, VersionState
from registry.values import decode_object
from registry.verbs import VERBS, VersionVerb
from registry.views import parts
from web.access import page
from web.confirm import Question, ask
from web.parts import Fact
from web.quantities import plural, size

FILES_SHOWN = 50
RECORDS_SHOWN = 5
PRICES_SHOWN = 10
S = VersionState


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence that stands above everything else of a version."""

    kind: str
    icon: str
    title: str
    text: str


@page(parts.READ)
@parts.missing_is_404
def version(request: HttpRequest, model_name: str, label: str) -> HttpResponse:
    """Everything that is known of a version."""
    found = parts.find_labelled(model_name, label)
    before = version_before(found)
    aliases = list(found.aliases.values_list("name", flat=True))
    files = Paginator(found.files.select_related("stored").order_by("path"), FILES_SHOWN)
    shown = files.get_page(request.GET.get("page"))
    pin = make_pin(found.model.name, found.label, found.digest) if found.digest else ""
    metrics = _metrics(found, before)
    context = {
        "model": found.model,
        "version": found,
        "aliases": aliases,
        "before": before,
        "sentence": _sentence(found, aliases),
        "facts": _facts(found),
        "pin": pin,
        "notice": _notice(found),
        "has_way_back": found.is_default and found.state == S.QUARANTINED and bool(rolls_back_to(found.model, DEFAULT)),
        "verbs": _possible(request, found),
        "metrics": metrics,
        "metadata": _without_metrics(found),
        "parameters": decode_object(found.parameters),
        "default_parameters": decode_object(found.default_parameters),
        "schemas": [(name, schema) for name, schema in _schemas(found) if schema is not None],
        "files": list(shown),
        "pager": parts.pager(request, shown),
        "file_count": files.count,
        "records": found.verifications.order_by("-pk")[:RECORDS_SHOWN],
        "prices": found.prices.order_by("-starts_at")[:PRICES_SHOWN],
        "is_hosted": found.kind == VersionKind.HOSTED,
        "can_download": found.is_usable,
        **parts.permissions(request),
    }
    return render(request, "registry/version.html", context)


def _sentence(found: ModelVersion, aliases: Sequence[str]) -> str:
    """How it can be had, or why it cannot."""
    name = found.model.name
    if found.state == S.PENDING:
        return "It is being uploaded; once it is finished it can be used."
    if found.state in (S.ARCHIVED, S.QUARANTINED):
        return f"Pipelines that name {name}:{found.label} do not start."
    names = [name] if found.is_default else []
    names += [f"{name}@{alias}" for alias in aliases[:3]]
    names += [f"{name}:{found.label}"]
    return f"A pipeline gets it as {' or '.join(names)}."


def _facts(found: ModelVersion) -> list[Fact]:
    if found.kind == VersionKind.HOSTED:
        made = [Fact("Answered by", found.provider, note=found.provider_model)]
    else:
        files = plural(found.file_count, "file", "files")
        made = [Fact("Format", found.format or "files"), Fact("Size", size(found.size), note=files)]
    return [Fact("Number", found.number), *made, Fact("Registered by", found.created_by or "somebody unknown")]


def _notice(found: ModelVersion) -> Notice | None:
    """What is wrong with it, or to be known before it is used; and what to do."""
    reason = parts.sentence(found.state_reason) if found.state_reason else ""
    match found.state:
        case S.QUARANTINED:
            mend = "Register the same files again to repair it, or verify them once the storage is mended"
            mend += "; roll the default back meanwhile." if found.is_default else "."
            return Notice("bad", "critical", "Nobody gets these files: they are damaged.", f"{reason} {mend}")
        case S.DEPRECATED:
            return Notice("wait", "warning", "Choose another version for new work.", reason)
        case S.ARCHIVED:
            return Notice("", "lock", "Kept for the record.", f"{reason} Restore it to use it.".strip())
        case S.PENDING:
            return Notice("run", "running", "The upload is not finished.", "Send what is missing, then finish it.")
    return None


def _possible(request: HttpRequest, found: ModelVersion) -> list[VersionVerb]:
    return [verb for verb in VERBS.values() if request.user.has_perm(verb.permission) and not verb.obstacle(found)]


def _metrics(found: ModelVersion, before: ModelVersion | None) -> list[MetricStep]:
    return [metric_step(name, found, before, found.model.metric_directions) for name in sorted(found.metrics)]


def _without_metrics(found: ModelVersion) -> dict[str, Any]:
    """Metadata that do not stand elsewhere on the page."""
    said = {**found.metrics, "description": found.description}
    known: dict[str, Any] = decode_object(found.metadata)
    return {key: value for key, value in known.items() if key not in said or said[key] != value}


def _schemas(found: ModelVersion) -> list[tuple[str, Any]]:
    return [("Input schema", found.input_schema), ("Output schema", found.output_schema)]


def _find_verb(name: str) -> VersionVerb:
    if name not in VERBS:
        raise Http404(f"Nothing is called {name!r} here.")
    return VERBS[name]


def _permission_of(*, verb: str, **where: str) -> str:
    return _find_verb(verb).permission


@require_http_methods(["GET", "HEAD", "POST"])
@page(_permission_of)
@parts.missing_is_404
def act(request: HttpRequest, model_name: str, label: str, verb: str) -> HttpResponse:
    """Asks, then does what `verbs` says. Its permission is the verb's."""
    return _act(request, model_name, label, _find_verb(verb))


def _act(request: HttpRequest, model_name: str, label: str, verb: VersionVerb) -> HttpResponse:
    found = parts.find_labelled(model_name, label)
    address = reverse("model-version", kwargs={"model_name": model_name, "label": label})
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
        return ask(request, _question(verb, found, address), form if verb.asks_reason else None, status)
    try:
        said = verb.perform(found, request.user.get_username(), form.cleaned_data["reason"])
    except OrchestrationError as error:
        messages.error(request, parts.sentence(str(error)))
        return redirect(address)
    is_gone = verb.name == "delete"
    is_bad = verb.name == "verify" and found.state == S.QUARANTINED
    (messages.error if is_bad else messages.success)(request, said)
    return redirect(reverse("model", kwargs={"model_name": model_name}) if is_gone else address)


def _question(verb: VersionVerb, found: ModelVersion, back: str) -> Question:
    obstacle = verb.obstacle(found)
    return Question(
        title=f"{verb.asks or verb.label} {found.model.name}:{found.label}?",
        text=verb.explanation,
        action=verb.label,
        parents=(*parts.parents(found.model), (found.label, back)),
        is_danger=verb.is_harmful,
        details=() if obstacle else _what_it_takes(verb, found),
        refusal=f"It would be refused: {obstacle}." if obstacle else "",
    )


def _what_it_takes(verb: VersionVerb, found: ModelVersion) -> tuple[str, ...]:
    if verb.name != "verify":
        return ()
    return (f"{plural(found.file_count, 'file', 'files')}, {size(found.size)} to read.",)


@require_http_methods(["GET", "HEAD", "POST"])
@page(parts.EDIT_VERSION)
@parts.missing_is_404
def edit(request: HttpRequest, model_name: str, label: str) -> HttpResponse:
    """Description, tags, metrics that were measured later."""
    found = parts.find_labelled(model_name, label)
    form = VersionForm(request.POST if request.method == "POST" else None, version=found)
    if form.is_bound and form.is_valid():
        try:
            _save(found, form.cleaned_data)
            messages.success(request, f"What is said of {model_name}:{label} is saved.")
            return redirect("model-version", model_name=model_name, label=label)
        except OrchestrationError as error:
            form.add_error(_field_of(error), parts.sentence(str(error)))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "registry/edit_version.html", {"version": found, "form": form}, status=status)


def _field_of(error: OrchestrationError) -> str | None:
    problems: Sequence[tuple[str, str]] = getattr(error, "problems", ())
    name = problems[0][0].strip("/").split("/")[0] if problems else ""
    return name if name in ("description", "tags", "metrics") else None


@transaction.atomic
def _save(found: ModelVersion, said: dict[str, Any]) -> None:
    name = found.model.name
    description = said["description"].replace("\r\n", "\n")
    editing.describe_version(model_name=name, version=found.label, description=description, tags=said["tags"])
    if said["metrics"]:
        editing.add_metrics(model_name=name, version=found.label, metrics=said["metrics"])


@page(parts.READ)
@parts.missing_is_404
def file(request: HttpRequest, model_name: str, label: str, path: str) -> HttpResponse:
    """One file, checked before it is given away."""
    try:
        answer: HttpResponseBase = download(request, parts.find_labelled(model_name, label), path)
    except OrchestrationError as error:
        if getattr(error, "code", "") == "file_not_found":
            raise
        messages.error(request, parts.sentence(str(error)))
        answer = redirect("model-version", model_name=model_name, label=label)
    return answer  # type: ignore[return-value]  # a stream is answered as any other
