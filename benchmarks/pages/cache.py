"""The result cache of the dataset: entries of tasks and of users, what was counted in a month, what was proposed."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from random import Random

from orchestration.cache.facade import ResultCache
from orchestration.models import CacheChange, CacheCount, CacheEntry

KEY, TAG = "analysis:17", "customer:17"
KEPT = timedelta(days=30)
# Outcome, why, and how often of a hundred.
OUTCOMES: tuple[tuple[str, str, int], ...] = (
    ("memory", "", 22),
    ("store", "", 31),
    ("miss", "first", 28),
    ("miss", "expired", 9),
    ("stored", "", 36),
    ("bypass", "temperature is 0.7, without cache: {sampled: true}", 4),
)
ADVICE = ("its entries were asked for again within an hour of their end", "what is kept of it is never asked for")


def fill_cache(tasks: Sequence[tuple[str, str, str]], number: int, now: datetime, random: Random) -> None:
    """`number` entries; every hour of the last day and every day before it of each (pipeline, task, model)."""
    ResultCache().set(KEY, {"score": 0.9}, ttl=KEPT.total_seconds(), tags=[TAG])
    entries = (_entry(tasks[place % len(tasks)], place, now, random) for place in range(number))
    CacheEntry.objects.bulk_create(entries, batch_size=1000)
    counts = (count for task in tasks for hour in _hours(now) for count in _counts(task, hour, random))
    CacheCount.objects.bulk_create(counts, batch_size=1000)
    CacheChange.objects.bulk_create(_change(task, place, now, random) for place, task in enumerate(tasks))


def _hours(now: datetime) -> Iterator[datetime]:
    """As `cache.rollup` leaves them: what is more than a day old stands in the first hour of its day."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    today = [hour - timedelta(hours=back) for back in range(24)]
    midnight = min(today).replace(hour=0)
    yield from today
    yield from (midnight - timedelta(days=back) for back in range(1, KEPT.days))


def _counts(task: tuple[str, str, str], hour: datetime, random: Random) -> Iterator[CacheCount]:
    pipeline, name, model = task
    for outcome, reason, share in OUTCOMES:
        number = random.randint(1, share)
        is_hit = outcome in ("memory", "store")
        yield CacheCount(
            hour=hour,
            pipeline=pipeline,
            task=name,
            model=model,
            outcome=outcome,
            reason=reason,
            number=number,
            bytes=number * 2_000,
            age_seconds=number * 600.0 * is_hit,
            seconds_saved=number * 1.4 * is_hit,
            microusd_saved=number * 800 * is_hit,
        )


def _entry(task: tuple[str, str, str], place: int, now: datetime, random: Random) -> CacheEntry:
    pipeline, name, _ = task
    digest = sha256(f"{pipeline}/{name}/{place}".encode()).hexdigest()
    created = now - timedelta(seconds=random.randrange(3600))
    return CacheEntry(
        key=f"t:{digest}",
        content=digest.encode() * 16,
        size=len(digest) * 16,
        subject=f"{pipeline}/{name}",
        parts={"input": digest[:16], "parameters": digest[16:32]},
        digest=digest,
        created_at=created,
        expires_at=created + KEPT,
        used_at=created,
        uses=random.randrange(20),
    )


def _change(task: tuple[str, str, str], place: int, now: datetime, random: Random) -> CacheChange:
    pipeline, name, _ = task
    return CacheChange(
        at=now - timedelta(minutes=random.randrange(40_000)),
        kind="ttl",
        subject=f"{pipeline}/{name}",
        before=3600,
        after=random.choice((1800, 7200)),
        reason=ADVICE[place % len(ADVICE)],
        is_applied=place % 3 == 0,
    )
