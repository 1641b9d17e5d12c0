"""The dashboard: alerts that are open, figures and charts of a stretch of time, failures by pattern.

Range and pipeline are in the address. The page asks every ten seconds whether anything changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from common.clock import database_now
from monitoring.metrics.families import OTHER
from monitoring.metrics.summary import Summary
from monitoring.models import AlertTransition
from monitoring.selectors.dashboard import Pattern, Period, Steps, failure_patterns, step_summaries, step_sums
from monitoring.selectors.metrics import data_until
from monitoring.states import Level
from monitoring.units import value_words
from monitoring.views import charts, parts
from monitoring.views.alert_rows import open_rows
from monitoring.views.parts import Span
from web import live
from web.access import page
from web.parts import Figure
from web.quantities import duration, money, plural, quantity

TEMPLATE = "monitoring/dashboard.html"
MOST_ALERTS = 5
SUMS = (
    "queue_age",
    "queue_depth",
    "open_executions",
    "input_tokens",
    "output_tokens",
    "cost",
    "cache",
    "workers",
    "places",
    "busy_places",
)


@dataclass(frozen=True, slots=True)
class PatternRow:
    pattern: Pattern
    href: str
    """The executions it happened in; empty where labels were folded together."""


@page(parts.READ)
def dashboard(request: HttpRequest) -> HttpResponse:
    """`range` is one of `parts.SPANS`, `pipeline` a pipeline's id; without one it is about all."""
    version = _version()
    if not getattr(request, "htmx", False):
        return render(request, TEMPLATE, _context(request, version))
    return live.respond(
        request, version, False, lambda: render(request, f"{TEMPLATE}#dashboard", _context(request, version))
    )


def _version() -> str:
    """Changes with each minute that is sealed and each move of an alert."""
    last = AlertTransition.objects.order_by("-pk").values_list("pk", flat=True).first()
    sealed = data_until()
    return f"{sealed.timestamp():.0f}-{last or 0}" if sealed else f"0-{last or 0}"


def _context(request: HttpRequest, version: str) -> dict[str, Any]:
    span, pipeline = parts.chosen_span(request), request.GET.get("pipeline", "")[:200].replace("\x00", "")
    period = Period.until(database_now(), span.length, span.step)
    executions = step_summaries("executions", period, {"pipeline": pipeline} if pipeline else {})
    sums = step_sums(SUMS, period, pipeline)
    whole = Summary.merged(executions.values())
    alerts = open_rows(request, MOST_ALERTS, pipeline) if request.user.has_perm(parts.READ_ALERTS) else None
    return {
        "tabs": parts.tabs(request, "monitoring"),
        "ranges": parts.span_choices(request, span),
        "span": span,
        "pipeline": pipeline,
        "pipelines": parts.pipeline_names(),
        "version": version,
        "address": parts.query_with(request),
        "sentence": _sentence(whole, span, pipeline, alerts),
        "alerts": alerts,
        "figures": _figures(whole, sums, period),
        "patterns": [_pattern(one, span) for one in failure_patterns(period, pipeline)],
        "sealed": period.sealed.get(Level.MINUTE),
        **_charts(period, executions, sums, span),
    }


def _charts(period: Period, executions: Steps, sums: Mapping[str, Steps], span: Span) -> dict[str, Any]:
    drawn: dict[str, Any] = {
        "outcomes": charts.outcomes(period, executions, span.step_words),
        "success": charts.success_rate(period, executions),
        "durations": charts.durations("Time from start to end", period, executions),
        "queue_age": charts.queue_age(period, sums),
        "waiting": charts.waiting(period, sums),
        "workers": charts.workers(period, sums),
    }
    # Of what an installation may do without, a chart only where there is something to draw.
    if sums["input_tokens"] or sums["output_tokens"]:
        drawn["tokens"] = charts.tokens(period, sums, span.step_words)
    if sums["cost"]:
        drawn["cost"] = charts.cost(period, sums, span.step_words)
    if sums["cache"]:
        drawn["cache"] = charts.cache_hits(period, sums)
    return drawn


def _sentence(whole: Summary, span: Span, pipeline: str, alerts: Any) -> str:
    """What fires and is nobody's first; then how the work went."""
    of = f" of {pipeline}" if pipeline else ""
    if not whole.count:
        work = f"No execution{of} ended in {span.words}."
    elif whole.success_rate is None:
        work = f"{plural(whole.count, 'execution', 'executions')}{of} ended in {span.words}, all cancelled."
    else:
        rate = value_words(whole.success_rate, "ratio")
        work = f"{rate} of {plural(whole.judged, 'execution', 'executions')}{of} succeeded in {span.words}."
    if alerts is None:
        return work
    return f"{alerts.sentence} {work}"


def _figures(whole: Summary, sums: Mapping[str, Steps], period: Period) -> list[Figure]:
    found = [
        Figure(
            "Success rate",
            value_words(whole.success_rate, "ratio"),
            f"{quantity(whole.error)} of {quantity(whole.judged)} failed" if whole.judged else "nothing was judged",
        ),
        Figure("Throughput", _rate(whole.count, period.seconds), f"{quantity(whole.count)} ended"),
        Figure("p95, start to end", duration(whole.quantile(0.95)), f"median {duration(whole.quantile(0.5))}"),
        _queue(sums),
    ]
    cost = Summary.merged(sums["cost"].values())
    if cost.count:
        note = f"{quantity(cost.error)} with an unknown price" if cost.error else "every price is known"
        found.append(Figure("Known cost", money(round(cost.total)), note))
    cache = Summary.merged(sums["cache"].values())
    if cache.judged:
        asked = f"{plural(cache.judged, 'look-up', 'look-ups')} in the cache"
        found.append(Figure("Cache hits", value_words(cache.success_rate, "ratio"), asked))
    return found


def _rate(number: int, seconds: float) -> str:
    an_hour = number * 3600 / seconds
    return f"{quantity(_short(an_hour))} an hour"


def _short(average: float) -> float:
    """A decimal where it says something: `4.3`, `128`, `0`."""
    return round(average) if average >= 10 or average == int(average) else round(average, 1)


def _queue(sums: Mapping[str, Steps]) -> Figure:
    """How long the oldest waits by the newest step that was looked at."""
    ages, depths = sums["queue_age"], sums["queue_depth"]
    if not ages and not depths:
        return Figure("Longest wait in a queue", "–", "not looked at yet")
    worst = max((one.maximum or 0.0 for one in ages.values()), default=0.0)
    last = depths[max(depths)] if depths else Summary()
    waiting = f"{quantity(_short(charts.average(last) or 0))} waiting on average"
    return Figure("Longest wait in a queue", duration(worst), waiting)


def _pattern(pattern: Pattern, span: Span) -> PatternRow:
    if OTHER in (pattern.pipeline, pattern.task, pattern.code):
        return PatternRow(pattern, "")
    query = f"pipeline={_quoted(pattern.pipeline)}&q={_quoted(pattern.code)}"
    listed = f"&range=ended-{span.key}" if span.key != "6h" else "&range=ended-24h"
    return PatternRow(pattern, f"{reverse('executions')}?{query}{listed}")


def _quoted(text: str) -> str:
    return quote(text, safe="")
