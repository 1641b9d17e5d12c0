"""The form that starts an execution, new or filled in from an earlier one, and starting it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from common.repeats import is_repeated
from orchestration.engine.blobs import load_value
from orchestration.engine.store import Origin
from orchestration.engine.versions import pipeline_of
from orchestration.exceptions import ExecutionNotFound, IdempotencyConflict, InvalidInput, UnknownModel
from orchestration.forms.run_form import RunForm
from orchestration.models import Blob, Execution
from orchestration.selectors import pipeline_pages
from orchestration.selectors.listing import find_whole_execution
from orchestration.selectors.pipeline_pages import ShownVersion
from orchestration.selectors.values import show_value
from orchestration.selectors.workers import live_workers
from orchestration.services.executions import execute_pipeline, resolve_models
from orchestration.states import Trigger
from orchestration.views.pipelines import parts
from web.access import page, require
from web.quantities import size

LARGEST_SHOWN = 500_000  # bytes of an earlier input that a form is filled in with
MOST_VERSIONS = 100
SWITCHES = ("json", "fields", "version")


@page(parts.RUN)
@parts.missing_is_404
def run(request: HttpRequest, pipeline_id: str) -> HttpResponse:
    """Asks for the input; a POST that fits starts an execution and leads to its page."""
    given = request.POST if request.method == "POST" else request.GET
    shown = pipeline_pages.show_version(pipeline_id, _number(given.get("version", "")))
    source = _find_source(request, pipeline_id, given.get("from", ""))
    if request.method != "POST":
        return _show(request, shown, _new_form(shown, source), source)
    form = RunForm.sent(shown.pipeline, given.dict())
    if given.get("do") in SWITCHES:
        if given["do"] != "version":
            form.as_json() if given["do"] == "json" else form.as_fields()
        return _show(request, shown, form, source)
    started = _start(request, shown, form, source)
    if started is None:
        return _show(request, shown, form, source)
    return redirect("execution", execution_id=started.pk)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else None


def _find_source(request: HttpRequest, pipeline_id: str, given: str) -> Execution | None:
    """The execution to run again. One of another pipeline is none of this form's."""
    if not given:
        return None
    require(request, "orchestration.view_execution")
    try:
        found = find_whole_execution(given)
    except ExecutionNotFound:
        found = None
    if found is None or found.pipeline_id != pipeline_id:
        messages.warning(request, "The execution to run again is not there any more; this is an empty form.")
        return None
    return found


def _new_form(shown: ShownVersion, source: Execution | None) -> RunForm:
    if source is None:
        return RunForm.new(shown.pipeline)
    given = pipeline_of(source.version_id).config.labels
    labels = {key: text for key, text in source.labels.items() if given.get(key) != text}
    length = show_value(source.input).size
    try:
        if length <= LARGEST_SHOWN:
            return RunForm.again(shown.pipeline, load_value(source.input), title=source.title, labels=labels)
        why = f"Its input of {size(length)} is too large for a form; “Run again” on its own page takes it as it is."
    except Blob.DoesNotExist:
        why = "Its input is not kept any more, so the form is empty."
    form = RunForm.new(shown.pipeline)
    form.notice = why
    return form


def _start(request: HttpRequest, shown: ShownVersion, form: RunForm, source: Execution | None) -> Execution | None:
    """The execution; None when the form has errors, which it then tells."""
    value = form.read()
    if not form.is_valid:
        return None
    options = form.options.cleaned_data
    key = form.key(value, options["title"], options["labels"], str(source.pk) if source else "")
    try:
        execution = execute_pipeline(
            pipeline_id=shown.version.pipeline_id,
            input_data=value,
            version=shown.version.number,
            idempotency_key=key,
            labels=options["labels"],
            title=options["title"],
            origin=Origin(Trigger.PAGE, request.user.get_username(), source.pk if source else None),
        )
    except InvalidInput as error:
        form.add_problems(error.problems or [("", str(error))])
    except (UnknownModel, IdempotencyConflict) as error:
        form.add_problems([("", str(error))])
    else:
        if is_repeated(execution):
            messages.info(request, "This form was sent before; here is what it started.")
        return execution
    return None


def _show(request: HttpRequest, shown: ShownVersion, form: RunForm, source: Execution | None) -> HttpResponse:
    pipeline_id = shown.version.pipeline_id
    versions = pipeline_pages.versions_of(pipeline_id)[:MOST_VERSIONS]
    errors, trouble = form.summary, _model_trouble(shown)
    context: dict[str, Any] = {
        "pipeline_id": pipeline_id,
        "shown": shown,
        "form": form,
        "source": source,
        "source_version": source.version.number if source else None,
        "versions": versions,
        "errors": errors,
        "model_trouble": "" if any(trouble in message for *_, message in errors) else trouble,
        "has_workers": live_workers().exists(),
        "back": reverse("pipeline", kwargs={"pipeline_id": pipeline_id}),
    }
    return render(request, "orchestration/pipelines/run.html", context)


def _model_trouble(shown: ShownVersion) -> str:
    """Why no execution of this version can start here; the message names the setting that would help."""
    try:
        resolve_models(shown.pipeline)
    except UnknownModel as error:
        said = str(error)
        return f"{said[:1].upper()}{said[1:]}."
    return ""
