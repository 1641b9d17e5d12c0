"""Adds up what sources report, by family, minute and label set, while rows stream past."""

from collections.abc import Iterator
from datetime import UTC, datetime

from monitoring.metrics.families import Labels
from monitoring.metrics.summary import Summary

Key = tuple[str, int, Labels]


class Collector:
    """`at(family, when, labels)` is the summary to add to."""

    def __init__(self) -> None:
        self._summaries: dict[Key, Summary] = {}

    def at(self, family: str, when: datetime, labels: Labels) -> Summary:
        minute = int(when.timestamp()) // 60 * 60
        key = (family, minute, labels)
        found = self._summaries.get(key)
        if found is None:
            found = self._summaries[key] = Summary()
        return found

    def __iter__(self) -> Iterator[tuple[str, datetime, Labels, Summary]]:
        for (family, minute, labels), summary in self._summaries.items():
            yield family, datetime.fromtimestamp(minute, UTC), labels, summary

    @property
    def labels(self) -> set[Labels]:
        return {labels for _, _, labels in self._summaries}
