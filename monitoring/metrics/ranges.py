"""Which roll-ups tell of a stretch of time: days where they are whole and sealed, then hours, minutes at the edges.
Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from monitoring.states import Level


@dataclass(frozen=True, slots=True)
class Piece:
    """Roll-ups of one level from `start` to `end`, where the next one begins."""

    level: Level
    start: datetime
    end: datetime


def floor(at: datetime, level: int) -> datetime:
    """Where the stretch of this level that `at` is in begins, in UTC."""
    return datetime.fromtimestamp(int(at.timestamp()) // level * level, UTC)


def ceiling(at: datetime, level: int) -> datetime:
    low = floor(at, level)
    return low if low == at else low + timedelta(seconds=level)


def pieces(start: datetime, end: datetime, sealed: Mapping[Level, datetime | None]) -> Iterator[Piece]:
    """From the minute of `start` to the minute that `end` is in, in order, without gap or overlap."""
    yield from _split(floor(start, Level.MINUTE), ceiling(end, Level.MINUTE), sealed, Level.DAY)


def _split(start: datetime, end: datetime, sealed: Mapping[Level, datetime | None], level: Level) -> Iterator[Piece]:
    if start >= end:
        return
    if level == Level.MINUTE:
        yield Piece(level, start, end)
        return
    finer = Level.HOUR if level == Level.DAY else Level.MINUTE
    until = sealed.get(level)
    low = ceiling(start, level)
    high = min(floor(end, level), until) if until else low
    if low >= high:
        yield from _split(start, end, sealed, finer)
        return
    yield from _split(start, low, sealed, finer)
    yield Piece(level, low, high)
    yield from _split(high, end, sealed, finer)
