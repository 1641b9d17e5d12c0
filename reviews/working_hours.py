"""Arithmetic with working hours, right across daylight saving. Pure: no clock, no database.

Hours are wall-clock times of a zone; every calculation is made between instants in UTC. A time the clock skips counts
as the same distance after the jump; of a time that comes twice, the first counts.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import count, pairwise
from typing import Any
from zoneinfo import ZoneInfo

from reviews.exceptions import InvalidReview

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 24 * 60
LONGEST_SEARCH_DAYS = 3_700
_SPAN = re.compile(r"(\d\d):([0-5]\d)\s*[-–]\s*(\d\d):([0-5]\d)")

Span = tuple[int, int]
"""Minutes of a day from midnight, start and end; the end is past 24:00 when it is the next morning's."""


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """Weekly hours in a zone, without holidays. No hours at all means always."""

    zone: ZoneInfo
    weekly: tuple[tuple[Span, ...], ...] = ()
    holidays: frozenset[date] = frozenset()

    @classmethod
    def parse(cls, weekly: Any, zone: str, holidays: Iterable[str] = ()) -> "WorkingHours":
        """From `{"mon": ["09:00-12:30", "22:00-06:00"], …}`, an IANA name and ISO dates. Raises `InvalidReview`."""
        if not isinstance(weekly, Mapping):
            raise InvalidReview('working hours are a mapping such as {"mon": ["09:00-17:00"]}')
        if unknown := [str(day) for day in weekly if day not in DAYS]:
            raise InvalidReview(f"working hours: unknown day {unknown[0]!r}; the days are {', '.join(DAYS)}")
        spans = tuple(_parse_day(day, weekly.get(day, ())) for day in DAYS)
        return cls(_parse_zone(zone), spans if any(spans) else (), frozenset(map(_parse_date, holidays)))

    @property
    def is_always(self) -> bool:
        return not self.weekly and not self.holidays

    def is_open(self, at: datetime) -> bool:
        return next((start <= at for start, end in self._open_from(at)), False)

    def next_open(self, at: datetime) -> datetime | None:
        """The first working instant from `at` on (`at` itself when it is one); None when there is none for years."""
        return next((max(start, at) for start, end in self._open_from(at)), None)

    def add(self, start: datetime, duration: timedelta) -> datetime:
        """The instant by which `duration` of working time has passed since `start`. Raises `InvalidReview`."""
        left = max(duration, timedelta())
        for opens, closes in self._open_from(start):
            opens = max(opens, start)
            if opens + left <= closes:
                return opens + left
            left -= closes - opens
        raise InvalidReview(f"{duration} of working time do not pass in ten years from {start}")

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Working time from `start` to `end`; nothing when `end` is earlier."""
        total = timedelta()
        for opens, closes in self._open_from(start):
            if opens >= end:
                break
            total += min(closes, end) - max(opens, start)
        return total

    def _open_from(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Open spans that end after `at`, in order, never overlapping."""
        if self.is_always:
            yield at, datetime.max.replace(tzinfo=UTC)
            return
        first = at.astimezone(self.zone).date() - timedelta(days=1)  # the night before may reach into today
        done = at
        for number in count():
            day = first + timedelta(days=number)
            if number > LONGEST_SEARCH_DAYS:
                return
            for start, end in self._spans_on(day):
                start = max(start, done) if start < done else start
                if end > max(start, done):
                    yield start, end
                    done = end

    def _spans_on(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        if day in self.holidays:
            return
        for start, end in self.weekly[day.weekday()] if self.weekly else ((0, DAY_MINUTES),):
            yield self._instant(day, start), self._instant(day, end)

    def _instant(self, day: date, minutes: int) -> datetime:
        days, rest = divmod(minutes, DAY_MINUTES)
        wall = datetime(day.year, day.month, day.day, rest // 60, rest % 60, tzinfo=self.zone) + timedelta(days=days)
        return wall.astimezone(UTC)


def _parse_day(day: str, given: Any) -> tuple[Span, ...]:
    if not isinstance(given, list | tuple):
        raise InvalidReview(f'working hours of {day}: a list such as ["09:00-12:30", "13:00-17:00"]')
    spans = sorted(_parse_span(day, one) for one in given)
    for (_, end), (start, _) in pairwise(spans):
        if start < end:
            raise InvalidReview(f"working hours of {day}: two of them overlap")
    return tuple(spans)


def _parse_span(day: str, text: Any) -> Span:
    match = _SPAN.fullmatch(text.strip()) if isinstance(text, str) else None
    hours = [int(part) for part in match.groups()] if match else []
    if not hours or hours[0] > 23 or hours[2] > 24 or (hours[2] == 24 and hours[3]):
        raise InvalidReview(f'working hours of {day}: {str(text)[:40]!r} is not understood; write "09:00-17:00"')
    start, end = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
    return start, end if end > start else end + DAY_MINUTES


@lru_cache(maxsize=256)
def _parse_zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # unknown, no name at all, or the name of a folder
        raise InvalidReview(f"there is no time zone {name[:64]!r}; write an IANA name such as Europe/Berlin") from error


def _parse_date(text: Any) -> date:
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise InvalidReview(f"the holiday {str(text)[:40]!r} is not a date such as 2026-12-25") from error
