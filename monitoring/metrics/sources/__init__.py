"""Where derived families come from: each source reads rows of a stretch of time and reports what it finds.

A source is a function `(start, end, collector)`; it counts an event in the minute of a time that is written once, when
the event happened, so that reading the rows again gives the same. Other capabilities add theirs in `ready()`.
"""

from collections.abc import Callable
from datetime import datetime

from monitoring.metrics.collector import Collector

Source = Callable[[datetime, datetime, Collector], int]
"""Report everything from `start` up to, not including, `end`; returns how many rows were read."""

_sources: dict[str, Source] = {}


def register_source(name: str, source: Source) -> None:
    _sources[name] = source


def collect(start: datetime, end: datetime) -> tuple[Collector, int]:
    """What every source reports of that time, and how many rows it took."""
    collector = Collector()
    return collector, sum(source(start, end, collector) for source in _sources.values())
