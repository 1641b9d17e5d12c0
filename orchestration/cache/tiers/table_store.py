"""The second level in a table, where there is no Redis: SQLite or PostgreSQL, through the ORM alone.

Inside a caller's transaction everything here is part of it, so that a rolled-back change is no change. Expiry is
judged by the database's clock.
"""

import time
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Now

from common.resilience import DATABASE_TROUBLE, refresh_connection
from orchestration.cache.tiers.breaker import Breaker
from orchestration.cache.tiers.store import LATEST, Asked, Fetched, Put
from orchestration.models import CacheEntry, CacheFlight, CacheTag

ANY_CHANGE = ""
"""The tag whose version counts changes of any kind."""
ENTRIES, BYTES = "#entries", "#bytes"
"""The tags whose versions say how much the table held when the optimiser last looked. No user's tag has such a name."""
RESERVED = (ANY_CHANGE, ENTRIES, BYTES)
EXACTLY = 5_000
"""So many entries are counted when somebody asks; of more, what the optimiser noted is told."""


def _living() -> Q:
    return Q(expires_at=None) | Q(expires_at__gt=Now())


def _from_now(seconds: float) -> Any:
    return Now() + timedelta(seconds=seconds)


class TableStore:
    """See `store.Store`."""

    name = "table"

    def __init__(self) -> None:
        self.breaker = Breaker(DATABASE_TROUBLE, "the database")

    def fetch(self, key: str, tags: Collection[str] = (), *, create: bool = False) -> Fetched:
        with self.breaker.guard():
            refresh_connection()
            rows = CacheEntry.objects.filter(_living(), key=key)
            raw = rows.values_list("content", flat=True).first()
            versions = self._versions(tags, create=create) if tags else {}
        return Fetched(None if raw is None else bytes(raw), versions)

    def versions(self, tags: Collection[str]) -> Mapping[str, int]:
        with self.breaker.guard():
            return self._versions(tags, create=False)

    def _versions(self, tags: Collection[str], *, create: bool) -> dict[str, int]:
        found = dict(CacheTag.objects.filter(name__in=tags).values_list("name", "version"))
        missing = [tag for tag in tags if tag not in found]
        if missing and create:
            self._create_tags(missing)
            found |= dict(CacheTag.objects.filter(name__in=missing).values_list("name", "version"))
        return found

    @staticmethod
    def _create_tags(tags: Collection[str]) -> None:
        """At the time in microseconds: a tag that was pruned never comes back with a version it once had."""
        rows = [CacheTag(name=tag, version=time.time_ns() // 1000, touched_at=Now()) for tag in sorted(set(tags))]
        CacheTag.objects.bulk_create(rows, ignore_conflicts=True)

    def changes(self) -> int | None:
        """A number that is another one after every change to what is stored; None before the first."""
        with self.breaker.guard():
            return CacheTag.objects.filter(name=ANY_CHANGE).values_list("version", flat=True).first()

    def put(self, put: Put) -> bool:
        with self.breaker.guard(), transaction.atomic():
            if put.token is not None and not self._end_flight(put.key, put.token):
                return False
            columns = self._columns(put)
            if CacheEntry.objects.filter(key=put.key).update(**columns):
                self._note_change()
            else:
                row = CacheEntry(key=put.key, **columns)
                CacheEntry.objects.bulk_create(
                    [row], update_conflicts=True, unique_fields=["key"], update_fields=list(columns)
                )
            return True

    @staticmethod
    def _columns(put: Put) -> dict[str, Any]:
        asked = put.asked
        return {
            "content": put.raw,
            "size": len(put.raw),
            "subject": put.subject,
            "parts": dict(asked.parts) if asked else None,
            "digest": asked.digest if asked else "",
            "created_at": Now(),
            "expires_at": None if put.ttl is None else _from_now(put.ttl),
            "used_at": Now(),
            "uses": 0,
        }

    def swap(self, key: str, before: bytes | None, after: bytes, ttl: float | None) -> bool:
        columns = self._columns(Put(key=key, raw=after, ttl=ttl))
        with self.breaker.guard(), transaction.atomic():
            if before is not None:
                swapped = CacheEntry.objects.filter(_living(), key=key, content=before).update(**columns)
            else:
                CacheEntry.objects.filter(~_living(), key=key).delete()
                swapped = self._insert(CacheEntry(key=key, **columns))
            if swapped:
                self._note_change()
            return bool(swapped)

    @staticmethod
    def _insert(row: CacheEntry) -> bool:
        """Whether nothing was there."""
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:
            return False
        return True

    def delete(self, key: str) -> bool:
        with self.breaker.guard(), transaction.atomic():
            CacheFlight.objects.filter(key=key).delete()
            living = CacheEntry.objects.filter(_living(), key=key).exists()
            if CacheEntry.objects.filter(key=key).delete()[0]:
                self._note_change()
            return living

    def bump(self, tags: Collection[str]) -> None:
        with self.breaker.guard(), transaction.atomic():
            for tag in sorted(set(tags)):  # one order for everybody: no deadlocks
                self._increment(tag)
            self._note_change()

    def _increment(self, tag: str) -> None:
        if not CacheTag.objects.filter(name=tag).update(version=F("version") + 1, touched_at=Now()):
            self._create_tags([tag])
            CacheTag.objects.filter(name=tag).update(version=F("version") + 1)

    def _note_change(self) -> None:
        """The last thing in a transaction: everybody's changes meet at this row."""
        self._increment(ANY_CHANGE)

    def clear(self) -> None:
        with self.breaker.guard(), transaction.atomic():
            CacheFlight.objects.all().delete()
            CacheEntry.objects.all().delete()
            self._note_change()

    def acquire(self, key: str, token: str, seconds: float) -> bool:
        with self.breaker.guard(), transaction.atomic():
            CacheFlight.objects.filter(key=key, expires_at__lte=Now()).delete()
            row = CacheFlight(key=key, token=token, expires_at=_from_now(seconds))
            CacheFlight.objects.bulk_create([row], ignore_conflicts=True)
            return CacheFlight.objects.filter(key=key, token=token).exists()

    def renew(self, key: str, token: str, seconds: float) -> bool:
        with self.breaker.guard():
            return bool(CacheFlight.objects.filter(key=key, token=token).update(expires_at=_from_now(seconds)))

    def release(self, key: str, token: str) -> None:
        with self.breaker.guard():
            self._end_flight(key, token)

    @staticmethod
    def _end_flight(key: str, token: str) -> bool:
        return bool(CacheFlight.objects.filter(key=key, token=token).delete()[0])

    def is_flying(self, key: str) -> bool:
        with self.breaker.guard():
            return CacheFlight.objects.filter(key=key, expires_at__gt=Now()).exists()

    def latest(self, subject: str) -> list[Asked]:
        with self.breaker.guard():
            rows = CacheEntry.objects.filter(subject=subject, parts__isnull=False).order_by("-created_at")
            found = rows.values_list("key", "parts", "digest", "expires_at")[:LATEST]
            return [
                Asked(key, parts or {}, digest, expires_at.timestamp() if expires_at else float("inf"))
                for key, parts, digest, expires_at in found
            ]

    def measure(self) -> dict[str, Any]:
        with self.breaker.guard():
            entries, size = _held(CacheEntry.objects.order_by()[: EXACTLY + 1])
            if is_exact := entries <= EXACTLY:
                noted: Mapping[str, int] = {}
            else:
                noted = self._versions((ENTRIES, BYTES), create=False)
        entries, size = noted.get(ENTRIES, entries), noted.get(BYTES, size)
        return {"kind": "table", "entries": entries, "bytes": size, "is_exact": is_exact}


def note_stored() -> int:
    """The bytes of the whole table; noted for `measure`, which does not add up thousands of rows for a page."""
    entries, size = _held(CacheEntry.objects.order_by())
    if entries > EXACTLY:
        rows = [
            CacheTag(name=name, version=number, touched_at=Now())
            for name, number in zip(RESERVED[1:], (entries, size), strict=True)
        ]
        CacheTag.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["name"], update_fields=["version", "touched_at"]
        )
    return size


def _held(rows: "QuerySet[CacheEntry]") -> tuple[int, int]:
    """Entries and bytes."""
    found = rows.aggregate(entries=Count("pk"), size=Sum("size"))
    return found["entries"], found["size"] or 0
