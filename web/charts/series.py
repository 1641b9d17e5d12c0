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


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines over time, oldest point first."""

    title: str
    points: tuple[Point, ...]
    series: tuple[Series, ...]
    unit: str = "seconds"
    """"seconds" (shown as durations), "percent" or a plain word."""
    limit: float | None = None
    """A dashed line."""
    summary: str = ""
