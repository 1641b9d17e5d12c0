"""Medians, spreads and ratios. Pure.

A ratio is taken between two engines in the same round and its median over the rounds, so that a machine whose speed
drifts from round to round does not show in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Self

Seconds = dict[str, dict[str, list[float]]]
"""Workload → engine → one figure per round."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A median with the least and the greatest."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        return cls(median(values), min(values), max(values))


def ratio(seconds: Seconds, workload: str, engine: str, to: str) -> Spread | None:
    """How many times as long as engine `to`, in the same rounds; None where one of them did not run it."""
    measured = seconds.get(workload, {})
    if engine not in measured or to not in measured:
        return None
    pairs = zip(measured[engine], measured[to], strict=True)
    return Spread.of([ours / theirs for ours, theirs in pairs])
