"""What differs between two versions of a model: side by side, and as a Markdown file."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header

from registry.comparison import Comparison, FigureChange, MetricChange
from registry.schema_compatibility import Compatibility
from registry.selectors.pairs import Pair, find_pair
from registry.selectors.resolving import find_model
from registry.views import parts
from web.access import page
from web.quantities import plural

MOST_CHOICES = 500
MOST_ROWS = 300
TITLES = {
    "metrics": "Metrics",
    "record": "In use",
    "parameters": "Parameters",
    "metadata": "Metadata",
    "facts": "What it is",
}
NOTES = {"record": "what the last executions and their reviewers said"}


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one kind, cut at `MOST_ROWS`; `more` says how many are not shown."""

    key: str
    title: str
    rows: Sequence[Any]
    more: int
    note: str = ""


@page(parts.READ)
@parts.missing_is_404
def comparison(request: HttpRequest, model_name: str) -> HttpResponse:
    """`?a=v1&b=v2&all=1`; by default the newest version against the default, or against the one before it."""
    model = find_model(model_name)
    labels = list(model.versions.order_by("-number").values_list("label", flat=True)[:MOST_CHOICES])
    shows_all = "all" in request.GET
    pair = find_pair(model, *_asked(request), may=request.user.has_perm)
    context: dict[str, Any] = {
        "model": model,
        "labels": labels,
        "tabs": parts.tabs(model, model.versions.count(), "compare"),
        "pair": pair,
        "shows_all": shows_all,
        **parts.permissions(request),
    }
    if pair is not None:
        context |= _describe(pair, shows_all)
    return render(request, "registry/compare.html", context)


@page(parts.READ)
@parts.missing_is_404
def comparison_file(request: HttpRequest, model_name: str) -> HttpResponse:
    """The same as Markdown, for a ticket or a pull request."""
    shows_all, may = "all" in request.GET, request.user.has_perm
    pair = find_pair(find_model(model_name), *_asked(request), only_differences=not shows_all, may=may)
    if pair is None:
        raise Http404(f"{model_name} has no two versions to compare.")
    name = f"{model_name}-{pair.before.label}-{pair.after.label}.md"
    disposition = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    headers = {"Content-Disposition": disposition, "X-Content-Type-Options": "nosniff"}
    return HttpResponse(pair.found.as_markdown(), content_type="text/markdown; charset=utf-8", headers=headers)


def _asked(request: HttpRequest) -> tuple[str, str]:
    return request.GET.get("a", "").replace("\x00", ""), request.GET.get("b", "").replace("\x00", "")


def _describe(pair: Pair, shows_all: bool) -> dict[str, Any]:
    found = pair.found
    tables, equal = [], 0
    for key, title in TITLES.items():
        rows = getattr(found, key)
        kept = [row for row in rows if shows_all or not _is_same(row)]
        equal += sum(_is_same(row) for row in rows)
        if kept:
            tables.append(Table(key, title, kept[:MOST_ROWS], max(0, len(kept) - MOST_ROWS), NOTES.get(key, "")))
    files = [file for file in found.files if shows_all or file.change != "same"]
    equal += sum(file.change == "same" for file in found.files)
    schemas = (("Input schema", found.input_schema), ("Output schema", found.output_schema))
    return {
        "found": found,
        "sides": [(pair.before, found.before.aliases, "before"), (pair.after, found.after.aliases, "after")],
        "tables": tables,
        "schemas": [item for item in schemas if item[1].compatibility is not Compatibility.NONE or item[1].notes],
        "files": files[:MOST_ROWS],
        "more_files": max(0, len(files) - MOST_ROWS),
        "size_delta": found.after.size - found.before.size,
        "equal": equal,
        "sentence": _sentence(pair),
        "can_promote": pair.after.is_usable and not pair.after.is_default,
    }


def _is_same(row: Any) -> bool:
    return bool(getattr(row, "verdict", None) == "same" or getattr(row, "change", None) == "same")


def _sentence(pair: Pair) -> str:
    """`v2 is better in accuracy and f1, and worse in latency_ms; callers will notice.`"""
    if pair.before.pk == pair.after.pk:
        return f"This is {pair.after.label} twice; choose another version."
    said = " and ".join(_judged(pair.found.metrics)) or _other_differences(pair.found)
    used = " and ".join(_judged([figure for figure in pair.found.record if figure.is_sure]))
    in_use = f"; in use it {used}" if used else ""
    breaking = "; what worked with the one may fail with the other" if pair.found.is_breaking else ""
    return f"{pair.after.label} {said}{in_use}{breaking}."


def _judged(measured: Iterable[MetricChange]) -> Iterator[str]:
    judged = [(metric.verdict, _name_of(metric)) for metric in measured]
    for word in ("better", "worse"):
        names = [name for verdict, name in judged if verdict == word]
        if names:
            yield f"is {word} in {_listed(names)}"


def _name_of(metric: MetricChange) -> str:
    return metric.label.lower() if isinstance(metric, FigureChange) else metric.name


def _other_differences(found: Comparison) -> str:
    if found.is_same:
        return f"is the same as {found.before.label}"
    files = sum(file.change != "same" for file in found.files)
    values = sum(row.change != "same" for row in (*found.parameters, *found.metadata, *found.facts))
    counted = [plural(files, "file", "files")] if files else []
    counted += [plural(values, "value", "values")] if values else []
    return f"differs from {found.before.label} in {' and '.join(counted) or 'tags or schemas'}"


def _listed(names: Sequence[str], most: int = 3) -> str:
    more = len(names) - most
    shown = list(names[:most])
    if more > 0:
        return f"{', '.join(shown)} and {plural(more, 'other', 'others')}"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]
