"""Input and output: typed, as JSON, and as files."""

import json
import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from orchestration.engine.blobs import load_value
from orchestration.engine.versions import pipeline_of
from orchestration.models import Blob, Execution
from orchestration.selectors.execution_page import find_task
from orchestration.selectors.stored_values import MOST_BYTES, StoredValue, read_stored
from orchestration.views.execution.frame import Frame, address, get_execution, show
from orchestration.views.execution.typed import show_fields
from web.access import page

FILES = ("input", "output")
HIGHLIGHTED_BYTES = 40_000


@page("orchestration.view_execution")
def execution_data(request: HttpRequest, execution_id: UUID) -> HttpResponse:
    """What it was given and what came out."""
    return show(request, execution_id, "data", _data)


@page("orchestration.view_execution")
def execution_definition(request: HttpRequest, execution_id: UUID) -> HttpResponse:
    """The version it runs, as YAML."""
    return show(request, execution_id, "definition", _definition)


def value_context(request: HttpRequest, what: str, shown: StoredValue, download: str) -> dict[str, Any]:
    """A value as `value.html` shows it; `?view=json` is for all values of a page."""
    is_json = request.GET.get("view") == "json"
    is_readable = not shown.is_partial and not shown.is_gone
    return {
        "name": what,
        "shown": shown,
        "is_json": is_json,
        "fields": show_fields(shown.value) if is_readable and not is_json else "",
        "is_highlighted": shown.size <= HIGHLIGHTED_BYTES,
        "text": _json(shown.value) if is_readable and is_json and shown.size > HIGHLIGHTED_BYTES else "",
        "views": [("Fields", address(request, view=""), not is_json), ("JSON", address(request, view="json"), is_json)],
        "download": download,
    }


def _data(frame: Frame) -> Mapping[str, Any]:
    key, request = frame.execution.pk, frame.request
    given, came_out = Execution.objects.values_list("input", "output").get(pk=key)
    shown = {"input": read_stored(given)}
    if came_out is not None:
        shown["output"] = read_stored(came_out)
    return {
        what: value_context(request, what, value, reverse("execution-file", args=[key, what]))
        for what, value in shown.items()
    }


def _definition(frame: Frame) -> Mapping[str, Any]:
    text = _yaml_of(frame.execution.version_id)
    return {"definition": text[:MOST_BYTES], "is_cut": len(text) > MOST_BYTES}


@lru_cache(maxsize=16)
def _yaml_of(version_id: int) -> str:
    """Kept, since a version never changes and a thousand tasks take a while to write."""
    return pipeline_of(version_id).to_yaml()


@page("orchestration.view_execution")
def execution_file(request: HttpRequest, execution_id: UUID, what: str) -> HttpResponse:
    """The input or output in full, as a JSON file."""
    if what not in FILES:
        raise Http404(f"An execution has no {what}.")
    row = Execution.objects.filter(pk=execution_id).values_list(what, flat=True)
    return _file(row.first(), f"{what} of execution {execution_id}", f"{what}-{execution_id}")


@page("orchestration.view_execution")
def output_file(request: HttpRequest, execution_id: UUID, name: str) -> HttpResponse:
    """A task's output in full, as a JSON file."""
    task = find_task(get_execution(execution_id), name)
    return _file(task.output if task else None, f"output of the task “{name}”", f"{name}-{execution_id}")


def _file(stored: Any, what: str, name: str) -> HttpResponse:
    if stored is None:
        raise Http404(f"There is no {what}.")
    try:
        content = _json(_finite(load_value(stored)))
    except Blob.DoesNotExist as error:
        lost = f"The {what} was kept in a blob that is gone; manage.py doctor lists such losses."
        raise Http404(lost) from error
    disposition = {"Content-Disposition": f'attachment; filename="{name}.json"'}
    return HttpResponse(content, content_type="application/json", headers=disposition)


def _json(value: Any) -> str:
    """Lone surrogates are escaped, since no encoding has them."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    return text.encode("utf-8", "backslashreplace").decode()


def _finite(value: Any) -> Any:
    """NaN and infinities become null, as REST has them: JSON has no word for them."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
