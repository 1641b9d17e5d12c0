"""Keeping the cache in shape, as a duty of the ticker: no network, only rows.

Drops what expired and trims the table to `CACHE_STORED_MAX_SIZE` (Redis does both itself), merges counts of hours into
days, and proposes times to live and sizes from what was counted. Proposals are rows of the log; with
CACHE_OPTIMISE=apply they take effect where nobody has said anything else, within a minute.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Now

from orchestration.cache.rollup import merge_hours
from orchestration.cache.tiers.table_store import RESERVED, note_stored
from orchestration.definition import Pipeline, PipelineConfig
from orchestration.models import CacheChange, CacheCount, CacheEntry, CacheFlight, CacheTag, RegisteredPipeline

BATCH = 500
BUDGET_SECONDS = 1.0
LOG_DAYS = 90
LEARNT = ("ttl", "size")
TAG_DAYS = 400
SEEN_HOURS = 24
QUIET_DAYS = 7
"""Nothing is proposed twice within this."""
ENOUGH = 20
"""Results made anew after they expired, before anything follows from that."""
LONGEST_TTL, SHORTEST_TTL = 30 * 24 * 3600.0, 60.0
LARGEST_MEMORY = 1_000_000_000
CROWDED_SHARE = 0.1
STORE_SHARE = 0.2

# CACHE_STRATEGY → which entries of the table leave first.
TRIM_ORDER: Mapping[str, tuple[Any, ...]] = {
    "lru": ("used_at",),
    "lfu": ("uses", "used_at"),
    "ttl": (F("expires_at").asc(nulls_last=True), "used_at"),
    "adaptive": ("used_at",),
}


def optimise(budget_seconds: float = BUDGET_SECONDS) -> int:
    """One round, ended after about `budget_seconds`; returns how many rows it removed or wrote."""
    deadline = time.monotonic() + budget_seconds
    expired = _delete_in_batches(CacheEntry.objects.filter(expires_at__lte=Now()), "key", deadline)
    trimmed = _trim(deadline)
    _log_clean_up(expired, trimmed)
    return expired + trimmed + _forget_the_old(deadline) + merge_hours(deadline) + _propose()


def _delete_in_batches(rows: Any, key: str, deadline: float) -> int:
    removed = 0
    while time.monotonic() < deadline:
        keys = list(rows.values_list(key, flat=True)[:BATCH])
        if not keys:
            break
        removed += rows.model.objects.filter(**{f"{key}__in": keys}).delete()[0]
    return removed


def _trim(deadline: float) -> int:
    config, removed = settings.ORCHESTRATION, 0
    order = TRIM_ORDER[config.cache_strategy]
    surplus = note_stored() - config.cache_stored_max_size
    while surplus > 0 and time.monotonic() < deadline:
        keys = []
        for key, size in CacheEntry.objects.order_by(*order).values_list("key", "size")[:BATCH]:
            keys.append(key)
            surplus -= size
            if surplus <= 0:
                break
        removed += CacheEntry.objects.filter(key__in=keys).delete()[0]
    return removed


def _log_clean_up(expired: int, trimmed: int) -> None:
    if expired or trimmed:
        reason = f"removed {expired:,} expired, and {trimmed:,} to make room"
        CacheChange.objects.create(at=Now(), kind="clean-up", after=note_stored(), reason=reason, is_applied=True)


def _forget_the_old(deadline: float) -> int:
    retention = timedelta(days=settings.ORCHESTRATION.metrics_retention_days)
    return sum(
        _delete_in_batches(rows, key, deadline)
        for rows, key in (
            (CacheFlight.objects.filter(expires_at__lte=Now()), "key"),
            (CacheCount.objects.filter(hour__lte=Now() - retention), "pk"),
            # What was applied still holds, however long ago that was.
            (
                CacheChange.objects.filter(at__lte=Now() - timedelta(days=LOG_DAYS)).exclude(
                    is_applied=True, kind__in=LEARNT
                ),
                "pk",
            ),
            (
                CacheTag.objects.exclude(name__in=RESERVED).filter(touched_at__lte=Now() - timedelta(days=TAG_DAYS)),
                "name",
            ),
        )
    )


# Proposals ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Proposal:
    kind: str
    subject: str
    before: float
    after: float
    reason: str
    may_apply: bool


def _propose() -> int:
    applies = settings.ORCHESTRATION.cache_optimise == "apply"
    said = set(
        CacheChange.objects.filter(at__gt=Now() - timedelta(days=QUIET_DAYS))
        .exclude(kind="clean-up")
        .values_list("kind", "subject")
    )
    rows = [
        CacheChange(
            at=Now(),
            kind=found.kind,
            subject=found.subject,
            before=found.before,
            after=found.after,
            reason=found.reason,
            is_applied=applies and found.may_apply,
        )
        for found in (*_times_to_live(), *_sizes())
        if (found.kind, found.subject) not in said
    ]
    return len(CacheChange.objects.bulk_create(rows))


def _counted() -> Any:
    return CacheCount.objects.filter(hour__gt=Now() - timedelta(hours=SEEN_HOURS))


def _times_to_live() -> Iterator[Proposal]:
    """A result that is made anew and comes out the same was let go too soon; one that comes out otherwise, too late."""
    compared = _counted().filter(outcome="stored", reason__in=("changed", "unchanged")).exclude(pipeline="")
    seen: dict[tuple[str, str], dict[str, int]] = {}
    for pipeline, task, reason, number in compared.values_list("pipeline", "task", "reason").annotate(Sum("number")):
        seen.setdefault((pipeline, task), {})[reason] = number
    enough = {of: numbers for of, numbers in seen.items() if sum(numbers.values()) >= ENOUGH}
    configs = _configs({pipeline for pipeline, _ in enough})
    for (pipeline, task), numbers in enough.items():
        same, other = numbers.get("unchanged", 0), numbers.get("changed", 0)
        ttl, is_said = _time_to_live(pipeline, task, configs.get(pipeline, ()))
        whole = f"of {same + other:,} results that were made anew {other:,} came out otherwise"
        if other == 0 and ttl < LONGEST_TTL:
            yield Proposal("ttl", f"{pipeline}/{task}", ttl, min(ttl * 2, LONGEST_TTL), whole, not is_said)
        elif other > same and ttl > SHORTEST_TTL:
            yield Proposal("ttl", f"{pipeline}/{task}", ttl, max(ttl / 2, SHORTEST_TTL), whole, not is_said)


def _configs(names: AbstractSet[str]) -> dict[str, list[PipelineConfig]]:
    """The definitions in use by their names, as they are counted; the id that people use need not be the name."""
    if not names:
        return {}
    current = RegisteredPipeline.objects.annotate(named=KeyTextTransform("name", "current_version__definition"))
    named = {key: name for key, name in current.values_list("pk", "named") if name in names}
    rows = RegisteredPipeline.objects.filter(pk__in=named).values_list("pk", "current_version__definition")
    configs: dict[str, list[PipelineConfig]] = {}
    for key, definition in rows.iterator():
        configs.setdefault(named[key], []).append(Pipeline.load(definition).config)
    return configs


def _time_to_live(pipeline: str, task: str, configs: Iterable[PipelineConfig]) -> tuple[float, bool]:
    """What holds for a task now, in seconds, and whether a definition says so."""
    for config in configs:
        found = config.tasks_by_name.get(task)
        said = (found.cache.ttl, found.cache_ttl, config.cache_ttl) if found else ()
        for ttl in said:
            if ttl is not None:
                return ttl, True
    learnt = learnt_settings().times_to_live.get(f"{pipeline}/{task}")
    return (learnt or float(settings.ORCHESTRATION.cache_default_ttl)), False


def _sizes() -> Iterator[Proposal]:
    """Memory that throws out much of what it takes in, while the store answers what it might have."""
    numbers = dict(_counted().values_list("outcome").annotate(Sum("number")))
    crowded = _counted().filter(outcome="removed", reason="size").aggregate(number=Sum("number"))["number"] or 0
    in_memory, in_store = numbers.get("memory", 0), numbers.get("store", 0)
    size = learnt_settings().memory_bytes or settings.ORCHESTRATION.cache_max_size
    if (
        in_store >= ENOUGH
        and crowded > CROWDED_SHARE * in_store
        and in_store > STORE_SHARE * (in_memory + in_store)
        and size < LARGEST_MEMORY
    ):
        reason = (
            f"{crowded:,} entries had to make room in memory, and {in_store:,} of {in_memory + in_store:,} hits "
            "had to be fetched from the store"
        )
        yield Proposal("size", "", size, min(2 * size, LARGEST_MEMORY), reason, may_apply=True)


@dataclass(frozen=True, slots=True)
class Learnt:
    """What applied proposals have set."""

    times_to_live: Mapping[str, float]
    memory_bytes: int | None


def learnt_settings() -> Learnt:
    """The latest applied proposals; none unless CACHE_OPTIMISE=apply, so that turning it off turns them off."""
    if settings.ORCHESTRATION.cache_optimise != "apply":
        return Learnt({}, None)
    applied = CacheChange.objects.filter(is_applied=True, kind__in=LEARNT).order_by("at", "id")
    latest = {(kind, subject): after for kind, subject, after in applied.values_list("kind", "subject", "after")}
    size = latest.get(("size", ""))
    times = {subject: after for (kind, subject), after in latest.items() if kind == "ttl" and after is not None}
    return Learnt(times, None if size is None else int(size))
