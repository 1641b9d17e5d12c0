"""One thing found in a document, and how overlapping finds are settled."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

MAX_FOUND = 5_000  # of one kind in one document; with more, the first stay


@dataclass(frozen=True, slots=True)
class Found:
    """`value` is what the field becomes; `start` and `end` are where the text says it; `kind` names the finder."""

    start: int
    end: int
    value: Any
    confidence: float
    kind: str = ""

    def at_confidence(self, confidence: float) -> "Found":
        return replace(self, confidence=confidence)


def without_overlaps(items: Iterable[Found]) -> tuple[Found, ...]:
    """In reading order; where two overlap the longer stays, and of equals the one given first."""
    kept: list[Found] = []
    for item in sorted(items, key=lambda item: (item.start, -item.end)):
        if not kept or item.start >= kept[-1].end:
            kept.append(item)
        elif item.end - item.start > kept[-1].end - kept[-1].start:
            kept[-1] = item
    return tuple(kept)


def outside(items: Iterable[Found], taken: list[tuple[int, int]]) -> Iterator[Found]:
    """Those that touch none of the ranges; both in reading order."""
    at = 0
    for item in items:
        while at < len(taken) and taken[at][1] <= item.start:
            at += 1
        if at == len(taken) or taken[at][0] >= item.end:
            yield item


def distinct(items: Iterable[Found]) -> tuple[Found, ...]:
    """The first mention of each value, with the best confidence any mention has."""
    firsts: dict[str, Found] = {}
    for item in items:
        key = str(item.value).casefold()
        first = firsts.setdefault(key, item)
        if item.confidence > first.confidence:
            firsts[key] = first.at_confidence(item.confidence)
    return tuple(firsts.values())
