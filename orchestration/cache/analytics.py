"""What the cache did, counted in this process and added to rows in batches: never a write for a hit.

A process that is killed loses what it has counted since the last batch (`FLUSH_SECONDS`), nothing else.
"""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import astuple, dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from common.resilience import DATABASE_TROUBLE
from orchestration.cache.entries import Entry
from orchestration.models import CacheCount, CacheEntry

FLUSH_SECONDS = 5.0
MOST_REASONS = 50
"""Different reasons counted for one task in one process; the rest count as `other`."""
OTHER = "other"
REASON_LIMIT = 120
MOST_USED_KEYS = 500


class Subject(NamedTuple):
    """Whose look-up it was; all empty for what users keep themselves."""

    pipeline: str = ""
    task: str = ""
    model: str = ""


class Line(NamedTuple):
    """What is counted apart: the columns that say so, without the hour."""

    pipeline: str
    task: str
    model: str
    outcome: str
    reason: str


@dataclass(slots=True)
class Sums:
    """The columns of `CacheCount` that are added up."""

    number: int = 0
    bytes: int = 0
    age_seconds: float = 0.0
    seconds_saved: float = 0.0
    microusd_saved: int = 0
    unpriced: int = 0

    @classmethod
    def of(cls, row: CacheCount) -> "Sums":
        return cls(**{name: getattr(row, name) for name in _SUMMED})

    def add(self, other: "Sums") -> None:
        for name in _SUMMED:
            setattr(self, name, getattr(self, name) + getattr(other, name))


_SUMMED = ("number", "bytes", "age_seconds", "seconds_saved", "microusd_saved", "unpriced")
_WHERE = ("hour", *Line._fields)


def _upsert() -> str:
    table = CacheCount._meta.db_table
    columns = (*_WHERE, *_SUMMED)
    quote = connection.ops.quote_name
    added = ", ".join(f"{quote(name)} = {table}.{quote(name)} + excluded.{quote(name)}" for name in _SUMMED)
    return (
        f"INSERT INTO {table} ({', '.join(map(quote, columns))}) VALUES ({', '.join(['%s'] * len(columns))}) "  # noqa: S608
        f"ON CONFLICT ({', '.join(map(quote, _WHERE))}) DO UPDATE SET {added}"
    )


@dataclass
class Analytics:
    """The counts of one process."""

    _sums: dict[Line, Sums] = field(default_factory=dict)
    _reasons: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    _used: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, subject: Subject, outcome: str, reason: str = "", *, size: int = 0, number: int = 1) -> None:
        """Note that something happened."""
        self._add(subject, outcome, reason, Sums(number=number, bytes=size))

    def count_hit(self, subject: Subject, level: str, key: str, entry: Entry, age_seconds: float) -> None:
        """Note a hit, and what making the value anew would have taken."""
        cost = entry.cost_microusd
        sums = Sums(
            number=1,
            bytes=len(entry.content),
            age_seconds=max(0.0, age_seconds),
            seconds_saved=entry.seconds,
            microusd_saved=cost or 0,
            unpriced=int(cost is None),
        )
        self._add(subject, level, "", sums)
        with self._lock:
            self._used[key] += 1

    def _add(self, subject: Subject, outcome: str, reason: str, sums: Sums) -> None:
        with self._lock:
            line = Line(*subject, outcome, self._bounded(subject, reason[:REASON_LIMIT].replace("\0", "")))
            known = self._sums.get(line)
            if known is None:
                self._sums[line] = sums
            else:
                known.add(sums)

    def _bounded(self, subject: Subject, reason: str) -> str:
        known = self._reasons.setdefault((subject.pipeline, subject.task), set())
        if reason in known or len(known) < MOST_REASONS:
            known.add(reason)
            return reason
        return OTHER

    def pending(self) -> Mapping[str, int]:
        """Outcome → number, not yet written."""
        found: Counter[str] = Counter()
        with self._lock:
            for line, sums in self._sums.items():
                found[line.outcome] += sums.number
        return found

    def flush(self) -> int:
        """Add what was counted to the rows; returns how many lines. While the database is away they are kept."""
        with self._lock:
            sums, self._sums = self._sums, {}
            used, self._used = self._used, Counter()
        if not sums and not used:
            return 0
        try:
            _write(sums, used)
        except DATABASE_TROUBLE:
            with self._lock:
                for line, found in self._sums.items():
                    sums.setdefault(line, Sums()).add(found)
                self._sums, self._used = sums, used + self._used
            raise
        return len(sums)


def add_rows(hour: datetime, sums: Mapping[Line, Sums]) -> None:
    """Add to the rows of an hour, which come into being where they are missing."""
    adapted = connection.ops.adapt_datetimefield_value(hour)
    rows = [(adapted, *line, *astuple(found)) for line, found in sorted(sums.items())]  # one order: no deadlocks
    with connection.cursor() as cursor:
        cursor.executemany(_upsert(), rows)


def _write(sums: Mapping[Line, Sums], used: Counter[str]) -> None:
    with transaction.atomic():
        if sums:
            add_rows(datetime.now(UTC).replace(minute=0, second=0, microsecond=0), sums)
        for key, number in sorted(used.most_common(MOST_USED_KEYS)):
            CacheEntry.objects.filter(key=key).update(uses=F("uses") + number, used_at=Now())
