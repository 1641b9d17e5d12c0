"""Charts over time: what `{% columns %}` (stacked counts) and `{% lines %}` (durations, shares, depths) draw."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Series:
    """What one colour stands for."""

    key: str
    label: str
    tone: str
    """ok, bad, run, wait, idle or accent."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """What fell into one stretch of time; a series without an entry is 0."""

    start: datetime
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Marker:
    """A line at a moment with a few words: a deployment, a new version."""

    at: datetime
    label: str


@dataclass(frozen=True, slots=True)
class Columns:
    """Stacked columns. Buckets follow each other without holes, `step_seconds` apart, oldest first."""

    title: str
    buckets: tuple[Bucket, ...]
    series: tuple[Series, ...]
    """From the ground up."""
    step_seconds: float
    now: datetime | None = None
    """Marks the bucket that is not over yet."""
    unit: str = "executions"
    summary: str = ""
    """In place of the sentence made from the figures."""
    markers: tuple[Marker, ...] = ()


@dataclass(frozen=True, slots=True)
class Point:
    """The values at one moment; None leaves a hole in the line."""

    at: datetime
    values: Mapping[str, float | None]
    label: str = ""
    """In place of the time, where points are no moments: a version."""


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of time that stands out: when something was wrong."""

    start: datetime
    end: datetime
    label: str


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines over time, oldest point first."""

    title: str
    points: tuple[Point, ...]
    series: tuple[Series, ...]
    unit: str = "seconds"
    """"seconds" (shown as durations), "percent", "USD", "bytes" or a plain word."""
    limit: float | None = None
    """A dashed line."""
    summary: str = ""
    from_zero: bool = True
    """Whether the axis begins at 0: not where values differ by little, as shares of 0.93 and 0.95 do."""
    head: str = "Time (UTC)"
    """What the points are, in the table."""
    bands: tuple[Band, ...] = ()
    """Behind the lines; points have to be moments."""
