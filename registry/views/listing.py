"""The list of models."""

from typing import get_args

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from registry.selectors.model_list import ModelCounts, Order, count_models, describe_models, find_models
from registry.templatetags.registry import decimals_of
from registry.usage import uses_of
from registry.views import parts
from web.access import page
from web.quantities import plural, quantity

PAGE_SIZE = 25
LONGEST_TEXT = 200
ORDERS: dict[Order, str] = {"name": "By name", "newest": "Newest version first"}


@page(parts.READ)
def models(request: HttpRequest) -> HttpResponse:
    """Every model with its default version, how that does, and who uses it."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_TEXT]
    order: Order = next((key for key in get_args(Order) if key == request.GET.get("order")), "name")
    counts = count_models()
    shown = Paginator(find_models(text, order), PAGE_SIZE).get_page(request.GET.get("page"))
    lines = describe_models(list(shown))
    uses = uses_of([line.model.name for line in lines])
    context = {
        "text": text,
        "order": order,
        "orders": ORDERS.items(),
        "counts": counts,
        "sentence": _sentence(counts, shown.paginator.count, text),
        "decimals": decimals_of(line.step.value for line in lines if line.step),
        "lines": [(line, uses[line.model.name]) for line in lines],
        "pager": parts.pager(request, shown),
        **parts.permissions(request),
    }
    return render(request, "registry/list.html", context)


def _sentence(counts: ModelCounts, found: int, text: str) -> str:
    """What there is, then what needs somebody."""
    if not counts.total:
        return "None is registered yet."
    all_of_them = plural(counts.total, "model", "models")
    if text:
        return f"{quantity(found)} of {all_of_them} {'has' if found == 1 else 'have'} this text."
    if counts.quarantined_versions:
        bad = plural(counts.quarantined_versions, "version is", "versions are")
        return f"{all_of_them}; {bad} quarantined because files are damaged."
    if counts.without_default:
        lacking = plural(counts.without_default, "has", "have")
        return f"{all_of_them}; {lacking} no default version, so pipelines must name one."
    each = "with" if counts.total == 1 else "each with"
    return f"{all_of_them}, {each} a default version; no file is known to be damaged."
