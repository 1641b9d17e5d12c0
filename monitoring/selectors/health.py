"""The health of the whole system as one document: the checks, the areas people ask after, and how the work goes.

Areas are functions from now to a JSON object with a `status`; other capabilities register theirs in `ready()`.
"""

import os
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import psutil
from django.conf import settings
from django.db import DatabaseError
from django.db.models import Count, Q

from common.clock import database_now
from common.health import Check, examine
from monitoring.metrics.summary import Summary
from monitoring.models import Rollup
from monitoring.selectors.checks import last_samples
from monitoring.selectors.metrics import summaries
from monitoring.states import Level
from orchestration.models import TickerLease, Worker
from orchestration.providers.catalog import known_models
from orchestration.selectors.workers import live_workers
from reviews.models import ReviewerProfile, ReviewRequest
from reviews.states import Availability

Area = Callable[[datetime], dict[str, Any]]
CHECK_SECONDS = 2.0
KEPT_SECONDS = 5.0
PERIOD = timedelta(hours=24)
GOOD_RATE = 0.9
"""A pipeline or model below this success rate is `degraded`."""
FEWEST_JUDGED = 5
SHOWN = 50
LIFE = ("started_at", "stopped_at", "heartbeat_at")

_areas: dict[str, Area] = {}
_kept: tuple[float, list[Check]] = (0.0, [])
_lock = threading.Lock()


def register_area(name: str, area: Area) -> None:
    """Add an area to the document."""
    _areas[name] = area


def checks(*, fresh: bool = False) -> list[Check]:
    """All health checks, each within two seconds; kept for five, so that a busy prober costs nothing."""
    global _kept
    with _lock:
        at, found = _kept
        if fresh or not found or time.monotonic() - at > KEPT_SECONDS:
            found = list(examine(seconds=CHECK_SECONDS))
            _kept = (time.monotonic(), found)
        return found


def status_of(found: Sequence[Check]) -> str:
    """`ok`, `degraded` or `failing`, by the worst check."""
    worst = {check.status for check in found}
    return "failing" if "problem" in worst else "degraded" if "warning" in worst else "ok"


def system_health(*, fresh: bool = False) -> dict[str, Any]:
    """`status`, `overall_success_rate`, the areas, and every check. JSON-serialisable; never raises for bad health.

    `overall_success_rate` is of the executions judged in the last 24 hours; 1.0 while none was, since none failed:
    `executions.judged` tells the difference.
    """
    found = checks(fresh=fresh)
    document = {"status": status_of(found), "checks": [check.as_dict() for check in found]}
    try:
        return document | _measured(database_now())
    except DatabaseError as error:
        said = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        return document | {"status": "failing", "overall_success_rate": 0.0, "error": f"the database: {said}"}


def _measured(now: datetime) -> dict[str, Any]:
    executions = summaries(["executions"], now - PERIOD, now).get((), {}).get("executions") or Summary()
    rate = executions.success_rate
    return {
        "at": now.isoformat(),
        "overall_success_rate": 1.0 if rate is None else rate,
        "executions": {"period_hours": 24, "ended": executions.count, "judged": executions.judged},
        "areas": {name: area(now) for name, area in _areas.items()},
    }


def register_areas() -> None:
    """Called once, in the app's `ready()`: the areas that need nothing but monitoring and the engine."""
    for name, area in (
        ("uptime", _uptime),
        ("pipelines", _pipelines),
        ("models", _models),
        ("cache", _cache),
        ("reviewers", _reviewers),
        ("workers", _workers),
        ("ticker", _ticker),
    ):
        register_area(name, area)


def _uptime(now: datetime) -> dict[str, Any]:
    """`availability`: minutes of the last 24 hours in which a worker was alive, of those since the first look."""
    looked = Rollup.objects.filter(level=Level.MINUTE, family="workers", at__gte=now - PERIOD).order_by("at")
    seen = dict(looked.values_list("at", "minimum"))
    minutes = int((now - min(seen)).total_seconds() // 60) + 1 if seen else 0
    alive = sum(bool(least) for least in seen.values())
    unseen = {min(seen) + timedelta(minutes=number) for number in range(minutes)} - seen.keys() if seen else set()
    availability = min(1.0, (alive + _lived_through(unseen)) / minutes) if minutes else None
    started = psutil.Process(os.getpid()).create_time()
    return {
        "status": _by_rate(availability, minutes, good=0.99),
        "process_uptime_seconds": round(time.time() - started, 1),
        "availability": availability,
        "minutes_observed": minutes,
    }


def _lived_through(minutes: Collection[datetime]) -> int:
    """How many of the minutes nobody looked at, such as while monitoring was paused, a worker lived through."""
    if not minutes:
        return 0
    rows = Worker.objects.filter(heartbeat_at__gte=min(minutes)).exclude(pool="inline").order_by()
    lives = [(start, stopped or beat) for start, stopped, beat in rows.values_list(*LIFE)]
    return sum(any(start <= minute <= end for start, end in lives) for minute in minutes)


def _pipelines(now: datetime) -> dict[str, Any]:
    rows = summaries(["executions"], now - PERIOD, now, by=["pipeline"])
    found = {}
    for (pipeline,), of in rows.items():
        summary = of["executions"]
        found[pipeline] = {
            "status": _by_rate(summary.success_rate, summary.judged),
            "success_rate": summary.success_rate,
            "ended": summary.count,
            "p95_seconds": summary.quantile(0.95),
        }
    worst = sorted(found.items(), key=lambda item: (item[1]["success_rate"] is None, item[1]["success_rate"] or 0.0))
    return {"status": _worst(found), "active": len(found), "by_pipeline": dict(worst[:SHOWN])}


def _models(now: datetime) -> dict[str, Any]:
    """Which models can be used, and how often those that were asked could be had."""
    rows = summaries(["model_calls"], now - PERIOD, now, by=["model"])
    used = {
        model: {
            "status": _by_rate(of["model_calls"].success_rate, of["model_calls"].judged),
            "availability": of["model_calls"].success_rate,
            "calls": of["model_calls"].count,
        }
        for (model,), of in rows.items()
    }
    broken = {model.name: str(model.problem) for model in known_models() if model.problem}
    status = "degraded" if broken else _worst(used)
    return {"status": status, "by_model": dict(sorted(used.items())[:SHOWN]), "misconfigured": broken}


def _cache(now: datetime) -> dict[str, Any]:
    """How often the result cache had what was looked for."""
    found = summaries(["cache"], now - PERIOD, now).get((), {}).get("cache") or Summary()
    return {"status": "ok", "look_ups": found.judged, "hits": found.ok, "hit_rate": found.success_rate}


def _reviewers(now: datetime) -> dict[str, Any]:
    """Whether somebody is there for the reviews that wait."""
    people = ReviewerProfile.objects.filter(is_active=True)
    present = people.filter(availability=Availability.AVAILABLE)
    waiting = ReviewRequest.objects.filter(closed_at=None, decided_at=None).order_by()
    reviews = waiting.aggregate(open_reviews=Count("pk"), overdue_reviews=Count("pk", filter=Q(due_at__lt=now)))
    found = {
        "active": people.count(),
        "available": present.count(),
        **reviews,
    }
    is_short = found["overdue_reviews"] or (found["open_reviews"] and not found["available"])
    return {"status": "degraded" if is_short else "ok", **found}


def _workers(now: datetime) -> dict[str, Any]:
    """Each live worker with its last sign of life and what it uses; a busy one is a healthy one."""
    samples = {row.worker_id: row for row in last_samples()}
    alive = list(live_workers().annotate(busy=Count("task_runs", filter=Q(task_runs__status="running"))))
    shown = []
    for worker in alive[:SHOWN]:
        sample = samples.get(worker.pk)
        shown.append({
            "worker": str(worker),
            "pool": worker.pool,
            "places": worker.concurrency,
            "busy": worker.busy,
            "queues": worker.queues,
            "heartbeat_age_seconds": max(0.0, (now - worker.heartbeat_at).total_seconds()),
            "cpu_cores": sample.cpu_share if sample else None,
            "memory_bytes": sample.memory_bytes if sample else None,
            "read_bytes_per_second": sample.read_bytes_per_second if sample else None,
            "written_bytes_per_second": sample.written_bytes_per_second if sample else None,
        })  # fmt: skip
    lost = Worker.objects.filter(stopped_at=None).exclude(pool="inline").count() - len(alive)
    return {"status": "ok" if alive else "degraded", "alive": len(alive), "silent": max(0, lost), "workers": shown}


def _ticker(now: datetime) -> dict[str, Any]:
    lease = TickerLease.objects.filter(name="leader").first()
    if lease is None:
        return {"status": "degraded", "lag_seconds": None, "failing_duties": {}}
    lag = max(0.0, (now - lease.ticked_at).total_seconds())
    failing = {name: report["last_error"] for name, report in lease.duties.items() if report.get("last_error")}
    is_late = lag > settings.ORCHESTRATION.lease_seconds
    return {"status": "degraded" if is_late or failing else "ok", "lag_seconds": lag, "failing_duties": failing}


def _by_rate(rate: float | None, number: int, good: float = GOOD_RATE) -> str:
    """A few events say nothing."""
    return "ok" if rate is None or number < FEWEST_JUDGED or rate >= good else "degraded"


def _worst(found: Mapping[str, Mapping[str, Any]]) -> str:
    return "degraded" if any(each["status"] != "ok" for each in found.values()) else "ok"
