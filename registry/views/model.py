"""The pages of one model: its versions and pointers, a metric over versions; the history of every move."""

from collections.abc import Sequence

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from registry.metrics import better_of
from registry.models import ModelVersion, RegisteredModel
from registry.selectors.history import list_moves
from registry.selectors.model_list import MetricStep, main_step
from registry.selectors.model_page import (
    Pointer,
    VersionCounts,
    VersionPoint,
    count_versions,
    metric_names,
    metric_points,
    pointers_of,
    version_before,
    versions_of,
)
from registry.selectors.resolving import find_model
from registry.services.pointers import with_way_back
from registry.states import DEFAULT, VersionKind, VersionState
from registry.templatetags.registry import decimals_of, measure
from registry.usage import uses_of
from registry.views import parts
from web.access import page
from web.charts.series import Lines, Point, Series
from web.parts import Fact
from web.quantities import plural, relative, size

PAGE_SIZE = 25
MOVES_SHOWN = 6
MOVES_PAGE = 50
MOST_POINTERS = 100


@page(parts.READ)
@parts.missing_is_404
def model(request: HttpRequest, model_name: str) -> HttpResponse:
    """What the name means now, every version, and how a metric went over them."""
    found = find_model(model_name)
    counts, pointers = count_versions(found), pointers_of(found)
    default = next((pointer for pointer in pointers if pointer.is_default), None)
    shown = Paginator(versions_of(found), PAGE_SIZE).get_page(request.GET.get("page"))
    names = metric_names(found)
    metric = next((name for name in names if name == request.GET.get("metric")), names[0] if names else "")
    versions = list(shown)
    context = {
        "model": found,
        "sentence": _sentence(counts, default),
        "tabs": parts.tabs(found, counts.total, "versions"),
        "facts": _facts(found, default),
        "pointers": pointers,
        "has_way_back": with_way_back(found, {pointer.name: pointer.version for pointer in pointers})
        if request.user.has_perm(parts.MOVE)
        else (),
        "has_default": default is not None,
        "versions": versions,
        "compared": _compared(versions, default),
        "counts": counts,
        "pager": parts.pager(request, shown),
        "metric": metric,
        "metrics": names,
        "decimals": decimals_of(version.metrics.get(metric) for version in versions),
        "better": better_of(metric, found.metric_directions) if metric else None,
        "chart": _chart(metric, metric_points(found, metric)) if metric else None,
        "uses": uses_of([found.name])[found.name],
        "moves": found.moves.order_by("-pk")[:MOVES_SHOWN],
        **parts.permissions(request),
    }
    return render(request, "registry/model.html", context)


@page(parts.READ)
@parts.missing_is_404
def history(request: HttpRequest, model_name: str) -> HttpResponse:
    """Who moved what when and why."""
    found = find_model(model_name)
    pointer = request.GET.get("pointer", "")
    names = list(found.moves.order_by("pointer").values_list("pointer", flat=True).distinct()[:MOST_POINTERS])
    chosen = pointer if pointer in names else None
    shown = Paginator(list_moves(found.name, chosen), MOVES_PAGE).get_page(request.GET.get("page"))
    context = {
        "model": found,
        "sentence": _history_sentence(shown.paginator.count, chosen),
        "tabs": parts.tabs(found, found.versions.count(), "history"),
        "moves": list(shown),
        "names": names,
        "chosen": chosen,
        "pager": parts.pager(request, shown),
        **parts.permissions(request),
    }
    return render(request, "registry/history.html", context)


def _history_sentence(count: int, pointer: str | None) -> str:
    what = f"of {'the default' if pointer == DEFAULT else pointer}" if pointer else "of the default and of aliases"
    return f"{plural(count, 'move', 'moves')} {what}, latest first; none is ever taken out."


def _sentence(counts: VersionCounts, default: Pointer | None) -> str:
    """What the name means, then what needs somebody."""
    if not counts.total:
        return "It has no versions yet; register one."
    if default is None:
        return "No version is the default, so pipelines must name one: name:version or name@alias."
    said = f"{default.version.label} is the default"
    if default.version.state == VersionState.QUARANTINED:
        return f"{said} and its files are damaged: nobody can use it until it is repaired or rolled back."
    if default.move is not None:
        by = f" by {default.move.actor}" if default.move.actor else ""
        said += f", since {relative(default.move.at, timezone.now())}{by}"
    bad = counts.quarantined
    return f"{said}; {plural(bad, 'version is', 'versions are')} quarantined." if bad else f"{said}."


def _facts(found: RegisteredModel, default: Pointer | None) -> list[Fact]:
    if default is None:
        return []
    version = default.version
    step = main_step(version, version_before(version), found.metric_directions)
    if version.kind == VersionKind.HOSTED:
        facts = [Fact("Answered by", version.provider, note=version.provider_model)]
    else:
        files = plural(version.file_count, "file", "files")
        facts = [Fact("Format", version.format or "files"), Fact("Size", size(version.size), note=files)]
    if step is not None:
        facts.append(Fact(step.name, measure(step.value), note=_against(step)))
    return facts


def _against(step: MetricStep) -> str:
    if step.before is None:
        return ""
    return f"{measure(step.before)} in {step.before_label}" + (f", {step.verdict}" if step.verdict != "unknown" else "")


def _compared(versions: Sequence[ModelVersion], default: Pointer | None) -> tuple[str, str]:
    """What the table offers to compare first: the newest with the default, else with the one before it."""
    labels = [version.label for version in versions]
    if len(labels) < 2:
        return "", ""
    wanted = default.version.label if default and default.version.label in labels else labels[1]
    return (wanted, labels[0]) if wanted != labels[0] else (labels[1], labels[0])


def _chart(metric: str, points: Sequence[VersionPoint]) -> Lines | None:
    """A line needs two points."""
    if len(points) < 2:
        return None
    return Lines(
        title=f"{metric} over versions",
        points=tuple(Point(point.version.created_at, {"value": point.value}, point.label) for point in points),
        series=(Series("value", metric, "accent"),),
        unit="",
        summary=_chart_words(metric, points),
        from_zero=False,
        head="Version",
    )


def _chart_words(metric: str, points: Sequence[VersionPoint]) -> str:
    first, last = points[0], points[-1]
    default = next((point for point in points if point.is_default), None)
    said = f"{metric} went from {measure(first.value)} in {first.label} to {measure(last.value)} in {last.label}"
    if default is None or default is last:
        return f"{said}{', the default' if default else ''}."
    return f"{said}; the default, {default.label}, has {measure(default.value)}."
