"""Reading what the cache did: from the rows of all processes, and from this process's memory and the store."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.db.models import Sum

from orchestration.cache.exceptions import StoreDown
from orchestration.cache.installed import Installed
from orchestration.cache.rollup import period_start
from orchestration.models import CacheChange, CacheCount

LEVELS = ("memory", "store")
TOLD_APART = ("pipeline", "task", "model", "outcome", "reason")
SUMS = ("number", "bytes", "age_seconds", "seconds_saved", "microusd_saved", "unpriced")
MOST_REASONS = 20
MOST_GROUPS = 100
Row = Mapping[str, Any]


def summarise(installed: Installed, hours: float) -> dict[str, Any]:
    """Everything of `count_since`, with how full memory and the store are. This process's counts are written first."""
    installed.flush()
    return {"hours": hours, **count_since(hours), "memory": _memory(installed), "store": _store(installed)}


def count_since(hours: float) -> dict[str, Any]:
    """What happened since the beginning of the hour that was `hours` ago, or of that day (`rollup`). One query."""
    counted = CacheCount.objects.filter(hour__gte=period_start(datetime.now(UTC), hours))
    rows = list(counted.values(*TOLD_APART).annotate(**{f"{n}_": Sum(n) for n in SUMS}))
    return {
        **_totals(rows),
        "reasons": _reasons(rows),
        "by_pipeline": _grouped(rows, ("pipeline",)),
        "by_task": _grouped(rows, ("pipeline", "task")),
        "by_model": _grouped(rows, ("model",)),
    }


def latest_changes(limit: int = 20) -> list[CacheChange]:
    """What the optimiser did and proposes, newest first."""
    return list(CacheChange.objects.order_by("-at", "-id")[:limit])


def _totals(rows: Iterable[Row]) -> dict[str, Any]:
    rows = list(rows)
    hits_by_level = {level: _sum(rows, "number", level) for level in LEVELS}
    hits, misses = sum(hits_by_level.values()), _sum(rows, "number", "miss")
    asked = hits + misses
    return {
        "hits": hits,
        "misses": misses,
        "hit_rate": round(hits / asked, 4) if asked else None,
        "levels": {
            level: {"hits": number, "share": round(number / asked, 4) if asked else None}
            for level, number in hits_by_level.items()
        },
        "bypassed": _sum(rows, "number", "bypass"),
        "kept": _sum(rows, "number", "stored"),
        "refused": _sum(rows, "number", "refused"),
        "removed": _sum(rows, "number", "removed"),
        "bytes_read": _sum(rows, "bytes", *LEVELS),
        "bytes_kept": _sum(rows, "bytes", "stored"),
        "mean_age_seconds": round(_sum(rows, "age_seconds", *LEVELS) / hits, 3) if hits else None,
        "seconds_saved": round(_sum(rows, "seconds_saved", *LEVELS), 3),
        "microusd_saved": _sum(rows, "microusd_saved", *LEVELS),
        "unpriced_hits": _sum(rows, "unpriced", *LEVELS),
    }


def _sum(rows: Iterable[Row], name: str, *outcomes: str) -> Any:
    return sum(row[f"{name}_"] for row in rows if row["outcome"] in outcomes)


def _reasons(rows: Iterable[Row]) -> dict[str, dict[str, int]]:
    """Outcome → reason → how often, the commonest first; hits have none."""
    found: dict[str, Counter[str]] = {}
    for row in rows:
        if row["outcome"] not in LEVELS:
            found.setdefault(row["outcome"], Counter())[row["reason"]] += row["number_"]
    return {
        outcome: {reason: number for reason, number in counted.most_common(MOST_REASONS + 1) if reason}
        for outcome, counted in found.items()
    }


def _grouped(rows: Iterable[Row], names: tuple[str, ...]) -> list[dict[str, Any]]:
    """The totals of each pipeline, task or model, the busiest first; what users keep themselves is in none."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in names), []).append(row)
    found = [{**dict(zip(names, group, strict=True)), **_totals(of)} for group, of in groups.items() if all(group)]
    return sorted(found, key=lambda each: -(each["hits"] + each["misses"]))[:MOST_GROUPS]


def _memory(installed: Installed) -> dict[str, Any]:
    memory = installed.levels.memory
    return {
        "strategy": memory.strategy,
        "entries": len(memory),
        "bytes": memory.used,
        "capacity_bytes": memory.capacity,
    }


def _store(installed: Installed) -> dict[str, Any]:
    store = installed.levels.store
    owed = {"owed_deletes": installed.levels.owed}
    try:
        return {"answers": True, **store.measure(), **owed}
    except StoreDown as error:
        return {"answers": False, "kind": store.name, "error": str(error), **owed}
