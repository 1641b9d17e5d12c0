"""The versions of a pipeline: the list, one with its definition, making it current, giving it away as a file."""

import re

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST

from orchestration.selectors import pipeline_pages
from orchestration.services.pipelines import register_pipeline
from orchestration.views.pipelines import parts
from web.access import page
from web.paging import Pager
from web.quantities import plural, quantity

PAGE_SIZE = 50
_NOT_IN_NAMES = re.compile(r"[^\w.-]+")
CONTENT_TYPES = {"yaml": "application/yaml", "json": "application/json"}


@page(parts.READ)
@parts.missing_is_404
def versions(request: HttpRequest, pipeline_id: str) -> HttpResponse:
    """Every version, newest first, with what runs of it."""
    shown = pipeline_pages.show_version(pipeline_id)
    rows = Paginator(pipeline_pages.versions_with_runs(pipeline_id), PAGE_SIZE).get_page(request.GET.get("page"))
    live = pipeline_pages.live_by_version(pipeline_id)
    older_live = sum(count for number, count in live.items() if number != shown.current)
    number = plural(rows.paginator.count, "version", "versions")
    still = f"; {plural(older_live, 'execution', 'executions')} of other versions still under way" if older_live else ""
    base = reverse("pipeline-versions", kwargs={"pipeline_id": pipeline_id})
    context = {
        "pipeline_id": pipeline_id,
        "shown": shown,
        "sentence": f"{number}; new executions run version {shown.current}{still}.",
        "tabs": parts.tabs(shown, "versions"),
        "rows": [(row, live.get(row.number, 0)) for row in rows],
        "pager": Pager(
            summary=f"{rows.start_index()} to {rows.end_index()} of {quantity(rows.paginator.count)}",
            newer=f"{base}?page={rows.previous_page_number()}" if rows.has_previous() else "",
            older=f"{base}?page={rows.next_page_number()}" if rows.has_next() else "",
        ),
        **parts.permissions(request),
    }
    return render(request, "orchestration/pipelines/versions.html", context)


@page(parts.READ)
@parts.missing_is_404
def version(request: HttpRequest, pipeline_id: str, number: int) -> HttpResponse:
    """One version: its definition as it is kept, and its graph."""
    shown = pipeline_pages.show_version(pipeline_id, number)
    written_as = "json" if request.GET.get("as") == "json" else "yaml"
    source = parts.definition_text(shown.pipeline, written_as)
    live = pipeline_pages.live_by_version(pipeline_id).get(number, 0)
    context = {
        "pipeline_id": pipeline_id,
        "shown": shown,
        "previous": number - 1,
        "sentence": _sentence(shown, live),
        "tabs": parts.tabs(shown, "definition"),
        "written_as": written_as,
        "source": source,
        "line_numbers": "\n".join(map(str, range(1, source.count("\n") + 1))),
        "graph": parts.definition_graph(shown.pipeline, request.GET, title=f"Graph of {pipeline_id} version {number}"),
        **parts.permissions(request),
    }
    return render(request, "orchestration/pipelines/version.html", context)


def _sentence(shown: pipeline_pages.ShownVersion, live: int) -> str:
    number = shown.version.number
    said = f"New executions run {'version' if shown.is_current else 'not version'} {number}"
    said += "" if shown.is_current else f" but version {shown.current}"
    running = f"{plural(live, 'execution', 'executions')} of this one {'is' if live == 1 else 'are'} under way"
    return f"{said}; {running}." if live else f"{said}."


@page(parts.REGISTER)
@parts.missing_is_404
@require_POST
def make_current(request: HttpRequest, pipeline_id: str, number: int) -> HttpResponse:
    """Let new executions run this version: its definition is registered once more."""
    shown = pipeline_pages.show_version(pipeline_id, number)
    registered = register_pipeline(pipeline=shown.pipeline, pipeline_id=pipeline_id)
    messages.success(request, f"New executions of {pipeline_id} run version {registered.number} now.")
    return redirect("pipeline-versions", pipeline_id=pipeline_id)


@page(parts.READ)
@parts.missing_is_404
def export(request: HttpRequest, pipeline_id: str, number: int, written_as: str) -> HttpResponse:
    """A version's definition as a file."""
    if written_as not in CONTENT_TYPES:
        raise Http404("A definition can be had as .yaml and as .json.")
    pipeline = pipeline_pages.show_version(pipeline_id, number).pipeline
    text = parts.definition_text(pipeline, written_as)
    name = f"{_NOT_IN_NAMES.sub('_', pipeline_id)}.v{number}.{written_as}"
    disposition = content_disposition_header(as_attachment=True, filename=name)
    headers = {"Content-Disposition": disposition or "attachment", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(text, content_type=f"{CONTENT_TYPES[written_as]}; charset=utf-8", headers=headers)
