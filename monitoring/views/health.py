"""Health: the same checks as `doctor` and `/healthz`, and the areas of `get_system_health`; and the workers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from common.clock import database_now
from common.health import SECTIONS, Check
from monitoring.area_words import describe_area
from monitoring.selectors.health import checks, system_health
from monitoring.selectors.workers import WorkerRow, worker_rows
from monitoring.units import value_words
from monitoring.views import parts
from web import live
from web.access import page
from web.quantities import plural

CHECK_STATES = {"ok": "ok", "note": "info", "warning": "warning", "problem": "failed"}
CHECK_WORDS = {"ok": "OK", "note": "Note", "warning": "Warning", "problem": "Problem"}
AREA_STATES = {"ok": "ok", "degraded": "degraded", "failing": "failed"}
AREA_WORDS = {"ok": "OK", "degraded": "Degraded", "failing": "Failing"}
STATUSES = ("ok", "degraded", "failing")
RANKS = ("problem", "warning", "note", "ok")
HEADS = {
    "configured": "Configuration",
    "reachable": "Dependencies",
    "healthy": "Operation",
    "correct": "Consistency",
}
SECONDS = 10
PAGES = {
    **dict.fromkeys(("uptime", "workers", "worker", "deaf workers", "ticker"), ("monitoring-workers", parts.READ)),
    **dict.fromkeys(("models", "model", "registered models"), ("models", "registry.view_registeredmodel")),
    **dict.fromkeys(("queue", "executions", "retries"), ("executions", "orchestration.view_execution")),
    **dict.fromkeys(("messages", "channel"), ("alert-messages", parts.READ_NOTICES)),
    "pipelines": ("pipelines", "orchestration.view_registeredpipeline"),
    "cache": ("cache", "orchestration.view_cacheentry"),
    "reviewers": ("reviews", "reviews.view_reviewrequest"),
    "alerts": ("alerts", parts.READ_ALERTS),
    "alert": ("alert", parts.READ_ALERTS),
    "alert rule": ("alert-rules", parts.READ_RULES),
    "metrics": ("monitoring", parts.READ),
}
"""Where to look closer, by area or the kind of check: the page, and the permission it needs."""


@dataclass(frozen=True, slots=True)
class CheckRow:
    check: Check
    state: str
    word: str
    href: str


@dataclass(frozen=True, slots=True)
class AreaRow:
    """One area in words."""

    name: str
    state: str
    word: str
    said: str
    href: str


@page(parts.READ)
def health(request: HttpRequest) -> HttpResponse:
    """Worst first; `all=1` shows also the checks that are well."""
    if getattr(request, "htmx", False):
        # What it shows is kept for five seconds and dated, so it is always another version.
        return live.respond(
            request, "", False, lambda: render(request, "monitoring/health.html#health", _health(request))
        )
    return render(request, "monitoring/health.html", _health(request))


def _health(request: HttpRequest) -> dict[str, Any]:
    document, found = system_health(), checks()
    counts = {status: sum(check.status == status for check in found) for status in RANKS}
    areas = list(_areas(request, document.get("areas", {})))
    degraded = [area for area in areas if area.state != "ok"]
    status = max(document["status"], "degraded" if degraded else "ok", key=STATUSES.index)
    return {
        "tabs": parts.tabs(request, "health"),
        "status": AREA_STATES[status],
        "word": AREA_WORDS[status],
        "sentence": _sentence(counts, len(found), [area.name for area in degraded]),
        "areas": areas,
        "sections": list(_sections(request, found, with_well=bool(request.GET.get("all")))),
        "well": counts["ok"],
        "is_all": bool(request.GET.get("all")),
        "at": database_now(),
        "rate": value_words(document["overall_success_rate"], "ratio"),
        "judged": document.get("executions", {}).get("judged", 0),
        "error": document.get("error", ""),
        "seconds": SECONDS,
    }


def _sentence(counts: Mapping[str, int], number: int, degraded: Sequence[str]) -> str:
    """Checks, then areas: `2 warnings in 32 checks. Degraded: pipelines and ticker.`"""
    told = [plural(counts["problem"], "problem", "problems")] if counts["problem"] else []
    told += [plural(counts["warning"], "warning", "warnings")] if counts["warning"] else []
    checks_ = plural(number, "check", "checks")
    of_checks = f"{' and '.join(told)} in {checks_}." if told else f"{checks_} found nothing wrong."
    return f"{of_checks} Degraded: {', '.join(degraded).lower()}." if degraded else of_checks


def _sections(request: HttpRequest, found: Iterable[Check], *, with_well: bool) -> Iterable[tuple[str, list[CheckRow]]]:
    rows = sorted(found, key=lambda check: RANKS.index(check.status))
    for section in SECTIONS:
        shown = [
            CheckRow(check, CHECK_STATES[check.status], CHECK_WORDS[check.status], _href(request, check.name))
            for check in rows
            if check.section == section and (with_well or check.status != "ok")
        ]
        if shown:
            yield HEADS[section], shown


def _areas(request: HttpRequest, areas: Mapping[str, Mapping[str, Any]]) -> Iterable[AreaRow]:
    for name, area in areas.items():
        status, words = area.get("status", "ok"), name.replace("_", " ").capitalize()
        said = describe_area(name, area)
        yield AreaRow(words, AREA_STATES[status], AREA_WORDS[status], said, _href(request, name))


def _href(request: HttpRequest, name: str) -> str:
    """`name` is an area's or a check's, perhaps with what it is about: `alert 7`, `worker mira:4711`."""
    kind = max((kind for kind in PAGES if f"{name} ".startswith(f"{kind} ")), key=len, default="")
    if not kind or not request.user.has_perm(PAGES[kind][1]):
        return ""
    about = {"alert_id": int(name.removeprefix("alert "))} if kind == "alert" else {}
    return reverse(PAGES[kind][0], kwargs=about)


@page(parts.READ)
def workers(request: HttpRequest) -> HttpResponse:
    """Who is alive, what each holds, and what it uses of its machine."""
    template = "monitoring/workers.html#workers" if getattr(request, "htmx", False) else "monitoring/workers.html"
    rows, has_more = worker_rows()
    context = {
        "tabs": parts.tabs(request, "monitoring-workers"),
        "rows": rows,
        "has_more": has_more,
        "sentence": _workers_sentence(rows),
        "at": database_now(),
        "seconds": SECONDS,
    }
    return render(request, template, context)


def _workers_sentence(rows: Sequence[WorkerRow]) -> str:
    alive = [row for row in rows if row.is_alive]
    if not alive:
        return "No worker is alive, so what is started waits. Start one with: celery -A config worker"
    busy, places = sum(row.busy for row in alive), sum(row.worker.concurrency for row in alive)
    deaf = sum(row.is_deaf for row in alive)
    told = (
        f"{plural(len(alive), 'worker is', 'workers are')} alive; {busy} of {plural(places, 'place', 'places')} busy."
    )
    return f"{told} {plural(deaf, 'takes', 'take')} no work: restart {'it' if deaf == 1 else 'them'}." if deaf else told
