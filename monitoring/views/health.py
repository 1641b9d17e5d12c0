"""Health: the same checks as `doctor` and `/healthz`, and the areas of `get_system_health`; and the workers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from common.clock import database_now
from common.health import SECTIONS, Check
from monitoring.area_words import describe_area
from monitoring.selectors.health import checks, status_of, system_health
from monitoring.selectors.workers import WorkerRow, worker_rows
from monitoring.units import value_words
from monitoring.views import parts
from web import live
from web.access import page
from web.quantities import plural

CHECK_STATES = {"ok": "ok", "note": "info", "warning": "warning", "problem": "failed"}
CHECK_WORDS = {"ok": "Well", "note": "Note", "warning": "Warning", "problem": "Problem"}
AREA_STATES = {"ok": "ok", "degraded": "degraded", "failing": "failed"}
AREA_WORDS = {"ok": "Well", "degraded": "Degraded", "failing": "Failing"}
RANKS = ("problem", "warning", "note", "ok")
HEADS = {
    "configured": "Configuration",
    "reachable": "What it needs",
    "healthy": "How it works",
    "correct": "Whether the rows agree",
}
SECONDS = 10


@dataclass(frozen=True, slots=True)
class CheckRow:
    check: Check
    state: str
    word: str


@dataclass(frozen=True, slots=True)
class AreaRow:
    """One area in words."""

    name: str
    state: str
    word: str
    said: str


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
    return {
        "tabs": parts.tabs(request, "health"),
        "status": AREA_STATES[document["status"]],
        "word": AREA_WORDS[document["status"]],
        "sentence": _sentence(status_of(found), counts, len(found)),
        "areas": list(_areas(document.get("areas", {}))),
        "sections": list(_sections(found, with_well=bool(request.GET.get("all")))),
        "well": counts["ok"],
        "is_all": bool(request.GET.get("all")),
        "at": database_now(),
        "rate": value_words(document["overall_success_rate"], "ratio"),
        "judged": document.get("executions", {}).get("judged", 0),
        "error": document.get("error", ""),
        "seconds": SECONDS,
    }


def _sentence(status: str, counts: Mapping[str, int], number: int) -> str:
    if status == "ok":
        return f"Everything is well: {plural(number, 'check', 'checks')} found nothing that needs anybody."
    told = [plural(counts["problem"], "problem", "problems")] if counts["problem"] else []
    told += [plural(counts["warning"], "warning", "warnings")] if counts["warning"] else []
    return f"{' and '.join(told)} of {plural(number, 'check', 'checks')}; what helps stands beside each."


def _sections(found: Iterable[Check], *, with_well: bool) -> Iterable[tuple[str, list[CheckRow]]]:
    rows = sorted(found, key=lambda check: RANKS.index(check.status))
    for section in SECTIONS:
        shown = [
            CheckRow(check, CHECK_STATES[check.status], CHECK_WORDS[check.status])
            for check in rows
            if check.section == section and (with_well or check.status != "ok")
        ]
        if shown:
            yield HEADS[section], shown


def _areas(areas: Mapping[str, Mapping[str, Any]]) -> Iterable[AreaRow]:
    for name, area in areas.items():
        status = area.get("status", "ok")
        yield AreaRow(name.replace("_", " ").capitalize(), AREA_STATES[status], AREA_WORDS[status], describe_area(area))


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
