"""What was measured of something in a stretch of time: counts, sum, extremes, distribution. Merging is exact. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Self

from monitoring.sketch import Sketch


@dataclass(slots=True)
class Summary:
    """`ok` and `error` of `count` were judged one way or the other; values exist where `sketch` does."""

    count: int = 0
    ok: int = 0
    error: int = 0
    total: float = 0.0
    minimum: float | None = None
    maximum: float | None = None
    sketch: Sketch | None = None

    def tally(self, *, ok: bool = False, error: bool = False, number: int = 1) -> None:
        """Count events without a value."""
        self.count += number
        self.ok += number * ok
        self.error += number * error

    def add_amount(self, amount: float) -> None:
        """Add to the sum alone, for what is only ever added up."""
        self.total += amount

    def add_value(self, value: float) -> None:
        """Add a value to sum, extremes and distribution."""
        value = max(value, 0.0)
        self.total += value
        self.minimum = value if self.minimum is None else min(self.minimum, value)
        self.maximum = value if self.maximum is None else max(self.maximum, value)
        if self.sketch is None:
            self.sketch = Sketch()
        self.sketch.add(value)

    def merge(self, other: "Summary") -> None:
        """Become what both measured together."""
        self.count += other.count
        self.ok += other.ok
        self.error += other.error
        self.total += other.total
        self.minimum = _chosen(min, self.minimum, other.minimum)
        self.maximum = _chosen(max, self.maximum, other.maximum)
        if other.sketch is not None:
            if self.sketch is None:
                self.sketch = Sketch()
            self.sketch.merge(other.sketch)

    @classmethod
    def merged(cls, summaries: "Iterable[Summary]") -> Self:
        whole = cls()
        for summary in summaries:
            whole.merge(summary)
        return whole

    @property
    def judged(self) -> int:
        return self.ok + self.error

    @property
    def success_rate(self) -> float | None:
        return self.ok / self.judged if self.judged else None

    @property
    def error_rate(self) -> float | None:
        return self.error / self.judged if self.judged else None

    @property
    def values(self) -> int:
        """How many values it is made of."""
        return self.sketch.count if self.sketch else 0

    @property
    def mean(self) -> float | None:
        return self.total / self.values if self.values else None

    def quantile(self, share: float) -> float | None:
        """Within 1 %, and never outside the extremes, which are exact."""
        found = self.sketch.quantile(share) if self.sketch else None
        if found is None or self.minimum is None or self.maximum is None:
            return found
        return min(max(found, self.minimum), self.maximum)


def _chosen(choose: Callable[[float, float], float], one: float | None, other: float | None) -> float | None:
    if one is None or other is None:
        return one if other is None else other
    return choose(one, other)
