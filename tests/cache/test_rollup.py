"""Counts of hours become counts of days: no sum changes, and the last day is told by the hour."""

import random
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orchestration.cache import optimiser, rollup
from orchestration.cache.rollup import merge_hours, period_start
from orchestration.cache.statistics import count_since
from orchestration.cache.tiers import table_store
from orchestration.cache.tiers.table_store import TableStore
from orchestration.models import CacheCount, CacheEntry
from tests.cache.test_optimiser import store

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 18, 40, tzinfo=UTC)
OUTCOMES = (("memory", ""), ("store", ""), ("miss", "expired"), ("bypass", "temperature is 0.7"))


def merge(now: datetime | None = None) -> int:
    return merge_hours(time.monotonic() + 30, now)


def fill(now: datetime, days: int = 9, seed: int = 3) -> None:
    generator, hour = random.Random(seed), now.replace(minute=0, second=0, microsecond=0)
    rows = []
    for ago in range(days * 24):
        for task in generator.sample("abc", 2):
            outcome, reason = generator.choice(OUTCOMES)
            sums: dict[str, Any] = {"number": generator.randint(1, 9), "seconds_saved": float(generator.randint(0, 9))}
            sums |= {"bytes": generator.randint(0, 999), "microusd_saved": 3, "unpriced": 1, "age_seconds": 2.0}
            where = {"pipeline": "p", "task": task, "model": "m", "outcome": outcome, "reason": reason}
            rows.append(CacheCount(hour=hour - timedelta(hours=ago), **where, **sums))
    CacheCount.objects.bulk_create(rows)


def test_no_sum_of_any_period_changes() -> None:
    fill(datetime.now(UTC))
    periods = (1, 6, 24, 25, 48, 7 * 24, 30 * 24)
    before = {hours: count_since(hours) for hours in periods}
    rows = CacheCount.objects.count()
    assert merge() > 0
    assert CacheCount.objects.count() < rows / 2
    assert {hours: count_since(hours) for hours in periods} == before
    assert merge() == 0


def test_the_last_day_stays_by_the_hour_and_each_day_before_is_at_its_midnight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollup, "BATCH", 7)  # a day takes several
    fill(NOW)
    merge(NOW)
    hours = sorted(set(CacheCount.objects.values_list("hour", flat=True)))
    yesterday = datetime(2026, 11, 21, tzinfo=UTC)
    assert [hour for hour in hours if hour < yesterday] == [yesterday - timedelta(days=n) for n in range(8, 0, -1)]
    assert sum(hour >= yesterday for hour in hours) == 24 + 19


def test_what_comes_late_is_added_to_its_day() -> None:
    fill(NOW)
    merge(NOW)
    late = CacheCount.objects.create(hour=NOW - timedelta(days=3, minutes=40), outcome="miss", reason="late", number=4)
    assert merge(NOW) == 1
    found = CacheCount.objects.get(reason="late")
    assert (found.number, found.hour) == (4, late.hour.replace(hour=0))


def test_a_long_period_begins_with_a_whole_day() -> None:
    assert period_start(NOW, 6) == NOW.replace(hour=12, minute=0)
    assert period_start(NOW, 24) == datetime(2026, 11, 21, 18, tzinfo=UTC)
    assert period_start(NOW, 7 * 24) == datetime(2026, 11, 15, tzinfo=UTC)


def test_time_that_is_up_ends_it_and_the_next_round_goes_on() -> None:
    fill(NOW)
    assert merge_hours(time.monotonic(), NOW) == 0
    assert merge(NOW) > 0


def test_a_large_table_is_told_as_it_was_when_the_optimiser_looked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_store, "EXACTLY", 3)
    for number in range(3):
        store(f"k{number}", size=10)
    assert TableStore().measure() == {"kind": "table", "entries": 3, "bytes": 30, "is_exact": True}
    for number in range(3, 8):
        store(f"k{number}", size=10)
    optimiser.optimise()
    assert TableStore().measure() == {"kind": "table", "entries": 8, "bytes": 80, "is_exact": False}
    CacheEntry.objects.filter(key__lt="k2").delete()
    assert TableStore().measure()["entries"] == 8
