"""What differs between two versions of a pipeline: in words, as a graph, line by line."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from orchestration.definition.diff import caller_notes, compare_definitions
from orchestration.definition.text_diff import compare_texts
from orchestration.selectors import pipeline_pages
from orchestration.views.pipelines import changes, parts
from web.access import page

MOST_LINES = 2_000


@page(parts.READ)
@parts.missing_is_404
def compare(request: HttpRequest, pipeline_id: str) -> HttpResponse:
    """`?a=1&b=2`; by default the current version against the one before it."""
    current = pipeline_pages.show_version(pipeline_id)
    wanted_b = _number(request, "b") or current.current
    after = current if wanted_b == current.current else pipeline_pages.show_version(pipeline_id, wanted_b)
    before = pipeline_pages.show_version(pipeline_id, _number(request, "a") or max(1, after.version.number - 1))
    old, new = before.pipeline.to_dict(), after.pipeline.to_dict()
    found = compare_definitions(old, new)
    is_whole = "whole" in request.GET
    text = compare_texts(
        parts.definition_text(before.pipeline),
        parts.definition_text(after.pipeline),
        context=None if is_whole else 3,
    )
    context = {
        "pipeline_id": pipeline_id,
        "shown": current,
        "before": before,
        "after": after,
        "numbers": range(current.newest, 0, -1),
        "tabs": parts.tabs(current, "versions"),
        "summary": changes.summarise(found),
        "changes": changes.describe(found),
        "notes": caller_notes(old, new),
        "graph": parts.difference_graph(
            before.pipeline, after.pipeline, found.changes, request.GET, title=f"What differs in {pipeline_id}"
        ),
        "text": text.first(MOST_LINES),
        "hidden_lines": max(0, len(text.lines) - MOST_LINES),
        "is_same": found.is_same,
        "is_whole": is_whole,
    }
    return render(request, "orchestration/pipelines/compare.html", context)


def _number(request: HttpRequest, name: str) -> int | None:
    given = request.GET.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) <= 10 else None
