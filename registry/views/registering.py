"""Registering: files that are sent along, or a model that a provider hosts; and changing what is said of a model."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict, UnreadablePostError
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from common.errors import OrchestrationError
from registry.exceptions import InvalidVersion, UploadTooLarge
from registry.forms.describing import ModelForm
from registry.forms.registering import FilesForm, HostedForm, RegisterForm
from registry.models import ModelVersion, RegisteredModel
from registry.receiving import Received, inside_common_folder, most_upload_bytes, receive_form
from registry.selectors.model_page import metric_names
from registry.selectors.resolving import find_model
from registry.services import editing, hosted, lifecycle, registration
from registry.views import parts
from web.access import page, require
from web.confirm import Question, ask
from web.parts import Tab

ASKS = require_http_methods(["GET", "HEAD", "POST"])
MOST_NAMES = 200


@csrf_exempt  # checked below, once the form is here: Django would read the files into its own temporary folder
@ASKS
@page(parts.REGISTER)
def register_files(request: HttpRequest) -> HttpResponse:
    """A version with its files. Scripts that send the form get the new page's address instead of a redirect to it."""
    if request.method != "POST":
        return _show(request, FilesForm(initial=_initial(request)))
    try:
        with receive_form(request) as received:
            # What the rest of Django reads of a request.
            request._post, request._files = received.fields, MultiValueDict()  # type: ignore[attr-defined]
            return csrf_protect(lambda checked: _register(checked, received))(request)
    except UploadTooLarge as error:
        return _nothing_read(request, error, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    except OrchestrationError as error:
        return _nothing_read(request, error, HTTPStatus.UNPROCESSABLE_ENTITY)
    except UnreadablePostError:
        return HttpResponse("The upload broke off.", status=HTTPStatus.BAD_REQUEST, content_type="text/plain")


def _nothing_read(request: HttpRequest, error: OrchestrationError, status: HTTPStatus) -> HttpResponse:
    form = FilesForm(QueryDict())
    form.errors.clear()
    form.add_error(None, parts.sentence(str(error)))
    return _show(request, form, status)


def _register(request: HttpRequest, received: Received) -> HttpResponse:
    form = FilesForm(received.fields)
    if received.refusal is not None:
        return _refused(request, form, received.refusal)
    if not received.paths:
        form.add_error(None, "Choose the files of the version, or a folder.")
    if not form.is_valid():
        return _show(request, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    _check_default(request, form)
    try:
        version = registration.register_version(
            model_path=inside_common_folder(received), actor=request.user.get_username(), **form.values()
        )
    except OrchestrationError as error:
        return _refused(request, form, error)
    return _registered(request, version)


@ASKS
@page(parts.REGISTER)
def register_hosted(request: HttpRequest) -> HttpResponse:
    """A version that a provider answers for."""
    if request.method != "POST":
        return _show(request, HostedForm(initial=_initial(request)))
    form = HostedForm(request.POST)
    if not form.is_valid():
        return _show(request, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    _check_default(request, form)
    try:
        version = hosted.register_hosted_version(actor=request.user.get_username(), **form.values())
    except OrchestrationError as error:
        return _refused(request, form, error)
    return _registered(request, version)


def _check_default(request: HttpRequest, form: RegisterForm) -> None:
    """Who may not move the default may not move it by registering either. Raises `PermissionDenied`."""
    if form.cleaned_data["set_as_default"]:
        require(request, parts.MOVE)


def _initial(request: HttpRequest) -> dict[str, Any]:
    return {"model_name": request.GET.get("model", "")}


def _refused(request: HttpRequest, form: RegisterForm, error: OrchestrationError) -> HttpResponse:
    if isinstance(error, InvalidVersion):
        form.add_refusal(error)
    else:
        form.add_error("version" if error.code == "version_exists" else None, parts.sentence(str(error)))
    return _show(request, form, HTTPStatus.UNPROCESSABLE_ENTITY)


def _registered(request: HttpRequest, version: ModelVersion) -> HttpResponse:
    key = {"model_name": version.model.name, "label": version.label}
    is_default = " It is the default version." if version.is_default else ""
    messages.success(request, f"{version.model.name}:{version.label} is registered.{is_default}")
    address = reverse("model-version", kwargs=key)
    if request.headers.get("X-Requested-With") == "upload":
        return HttpResponse(status=HTTPStatus.CREATED, headers={"Location": address})
    return redirect(address)


def _show(request: HttpRequest, form: RegisterForm, status: int = HTTPStatus.OK) -> HttpResponse:
    is_hosted = isinstance(form, HostedForm)
    model = request.GET.get("model", "")
    query = f"?{QueryDict.fromkeys(['model'], model).urlencode()}" if model else ""
    context = {
        "form": form,
        "is_hosted": is_hosted,
        "names": RegisteredModel.objects.order_by("name").values_list("name", flat=True)[:MOST_NAMES],
        "tabs": [
            Tab("Files", reverse("register-model-files") + query, not is_hosted),
            Tab("Hosted by a provider", reverse("register-model-hosted") + query, is_hosted),
        ],
        "most_bytes": most_upload_bytes(),
        "back": reverse("models"),
        **parts.permissions(request),
    }
    return render(request, "registry/register.html", context, status=status)


@ASKS
@page(parts.EDIT_MODEL)
@parts.missing_is_404
def edit_model(request: HttpRequest, model_name: str) -> HttpResponse:
    """Description, and which values of its metrics are better."""
    found = find_model(model_name)
    form = ModelForm(
        request.POST if request.method == "POST" else None, model=found, metrics=metric_names(found)[:MOST_NAMES]
    )
    if form.is_bound and form.is_valid():
        description = form.cleaned_data["description"].replace("\r\n", "\n")
        try:
            editing.describe_model(model_name=model_name, description=description, metric_directions=form.directions)
            messages.success(request, f"What is said of {model_name} is saved.")
            return redirect("model", model_name=model_name)
        except InvalidVersion as error:
            form.add_error("description", parts.sentence(str(error)))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "registry/edit_model.html", {"model": found, "form": form}, status=status)


@ASKS
@page(parts.DELETE_MODEL)
@parts.missing_is_404
def delete_model(request: HttpRequest, model_name: str) -> HttpResponse:
    """Asks, then deletes a model that has no versions."""
    found = find_model(model_name)
    address = reverse("model", kwargs={"model_name": model_name})
    if request.method != "POST":
        question = Question(
            title=f"Delete {found.name}?",
            text="The model and the history of its default and aliases are gone for good.",
            action="Delete the model",
            parents=parts.parents(found),
            is_danger=True,
        )
        return ask(request, question)
    try:
        lifecycle.delete_model(model_name=model_name)
    except OrchestrationError as error:
        messages.error(request, parts.sentence(str(error)))
        return redirect(address)
    messages.success(request, f"{model_name} is deleted.")
    return redirect("models")
