"""The editor: write or load a definition, have it checked, save it as a version. What it shows is in `review`."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from orchestration.definition.limits import MAX_BYTES
from orchestration.forms.draft import Draft, UnreadableFile, read_upload
from orchestration.forms.starting_points import read_starting_point, starting_points
from orchestration.selectors import pipeline_pages
from orchestration.selectors.definitions import CheckedDefinition, check_definition
from orchestration.selectors.pipeline_pages import ShownVersion
from orchestration.services.pipeline_edits import PipelineChanged, save_edit
from orchestration.views.pipelines import parts
from orchestration.views.pipelines.review import Review
from web.access import page

CHECKED_AT_ONCE = 200  # tasks; a larger definition is not checked again when it is opened, only when it changes
TEMPLATE = "orchestration/pipelines/editor.html"


@page(parts.REGISTER)
@parts.missing_is_404
def new(request: HttpRequest) -> HttpResponse:
    """A pipeline that is not there yet; `?template=` or `?copy=<id>` says where to start."""
    if request.method == "POST":
        return _handle(request, "", None)
    copied = request.GET.get("copy", "")
    if copied and "\x00" not in copied:
        text = parts.definition_text(pipeline_pages.show_version(copied).pipeline)
    else:
        text = read_starting_point(request.GET.get("template", ""))
    return _show(request, "", None, Draft(text))


@page(parts.REGISTER)
@parts.missing_is_404
def edit(request: HttpRequest, pipeline_id: str) -> HttpResponse:
    """The next version of a pipeline; `?version=` begins with another than the current one."""
    shown = pipeline_pages.show_version(pipeline_id)
    if request.method == "POST":
        return _handle(request, pipeline_id, shown)
    given = request.GET.get("version", "")
    number = int(given) if given.isascii() and given.isdigit() and len(given) <= 10 else None
    begun = shown if number is None else pipeline_pages.show_version(pipeline_id, number)
    text = parts.definition_text(begun.pipeline, "json" if request.GET.get("as") == "json" else "yaml")
    return _show(request, pipeline_id, shown, Draft(text, base=shown.current))


def _handle(request: HttpRequest, pipeline_id: str, shown: ShownVersion | None) -> HttpResponse:
    draft = Draft.read(request)
    if draft.action == "load":
        try:
            draft = Draft(read_upload(request), draft.base)
        except UnreadableFile as error:
            messages.error(request, str(error))
    if draft.action == "save":
        return _save(request, pipeline_id, shown, draft)
    return _show(request, pipeline_id, shown, draft)


def _save(request: HttpRequest, pipeline_id: str, shown: ShownVersion | None, draft: Draft) -> HttpResponse:
    pipeline = check_definition(draft.text).pipeline
    if pipeline is None:
        return _show(request, pipeline_id, shown, draft)
    target = pipeline_id or pipeline.name
    try:
        version = save_edit(pipeline=pipeline, pipeline_id=target, base=draft.base)
    except PipelineChanged as changed:
        taken = {"id": target, "number": changed.current, "next": pipeline_pages.show_version(target).newest + 1}
        return _show(request, pipeline_id, shown, draft, status=HTTPStatus.CONFLICT, taken=taken)
    messages.success(request, f"Version {version.number} of {target} is what new executions run now.")
    return redirect("pipeline", pipeline_id=target)


def _show(
    request: HttpRequest,
    pipeline_id: str,
    shown: ShownVersion | None,
    draft: Draft,
    *,
    status: int = HTTPStatus.OK,
    taken: dict[str, Any] | None = None,
) -> HttpResponse:
    context = {
        "pipeline_id": pipeline_id,
        "shown": shown,
        "draft": draft,
        "review": _review(request, pipeline_id, shown, draft),
        "taken": taken,
        "templates": {} if pipeline_id else starting_points(),
        "most_bytes": MAX_BYTES,
        "next_number": shown.newest + 1 if shown else 1,
        "rows": max(20, draft.text.count("\n") + 2),
    }
    part = "#checked" if getattr(request, "htmx", False) else ""
    return render(request, TEMPLATE + part, context, status=HTTPStatus.OK if part else status)


def _review(request: HttpRequest, pipeline_id: str, shown: ShownVersion | None, draft: Draft) -> Review:
    checked = _check(draft, shown)
    if shown is None:
        return Review(draft, checked, None)
    earlier = pipeline_pages.number_of(pipeline_id, checked.pipeline.digest) if checked.pipeline else None
    return Review(draft, checked, shown, pipeline_pages.live_by_version(pipeline_id), earlier, request.GET)


def _check(draft: Draft, shown: ShownVersion | None) -> CheckedDefinition:
    """A large version that was just opened was checked when it was registered."""
    is_large = shown is not None and shown.version.task_count > CHECKED_AT_ONCE
    if shown is not None and is_large and draft.text == parts.definition_text(shown.pipeline, draft.written_as):
        return CheckedDefinition(shown.pipeline, (), ())
    return check_definition(draft.text)
