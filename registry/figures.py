"""Figures of a version's use: what one is, and how it is written. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

from registry.states import Better
from web.quantities import HARD, UNKNOWN, duration, money, quantity

MICRO = 1_000_000
FEW = 20
SURE = 1.96
"""Standard errors on either side of a value: what lies further away does so by chance in one of twenty cases."""


class Unit(StrEnum):
    """What a figure is measured in."""

    COUNT = "count"
    SHARE = "share"
    """0 to 1, of the figure's samples."""
    SECONDS = "seconds"
    USD = "USD"


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` is None when there was nothing to measure; `samples` is how many events it is made of.

    `label` is its name for people; `better`: which values are, None where neither is, as with a count; `interval`: its
    95 % confidence interval, needed to compare what is judged and is no share, None where there are too few to say.
    """

    name: str
    label: str
    value: float | None
    unit: Unit
    samples: int
    better: Better | None = None
    interval: tuple[float, float] | None = None
    is_cut: bool = False
    """Whether a count stopped there and there are more."""


def may_be_chance(before: Figure, after: Figure) -> bool:
    """Whether two values may well differ by chance: over fewer than `FEW` events each, shares that a two-proportion
    z-test does not tell apart, other figures without confidence intervals that lie apart.
    """
    if min(before.samples, after.samples) < FEW or before.value is None or after.value is None:
        return True
    if before.unit == Unit.SHARE:
        return not _differ(before.value, before.samples, after.value, after.samples)
    if before.interval is None or after.interval is None:
        return True
    return before.interval[0] <= after.interval[1] and after.interval[0] <= before.interval[1]


def _differ(before: float, before_samples: int, after: float, after_samples: int) -> bool:
    """The two-proportion z-test, pooled."""
    pooled = (before * before_samples + after * after_samples) / (before_samples + after_samples)
    error = sqrt(pooled * (1 - pooled) * (1 / before_samples + 1 / after_samples))
    return abs(after - before) > SURE * error


def figure_words(value: float | None, unit: str, samples: int = 0, *, is_cut: bool = False) -> str:
    """`98.2 % of 340`, `1.2 s`, `$0.08`, `340`, `over 1 000`."""
    if value is None:
        return UNKNOWN
    words = _WORDS[Unit(unit)](value) + (f" of {quantity(samples)}" if unit == Unit.SHARE and samples else "")
    return f"over {words}" if is_cut else words


def delta_words(delta: float, unit: str) -> str:
    """`+1.2 points`, `−0.3 s`: a share's difference is in hundredths."""
    sign, size = ("+" if delta > 0 else "−"), abs(delta)
    if unit == Unit.SHARE:
        return f"{sign}{100 * size:.3g}{HARD}points"
    return sign + _WORDS[Unit(unit)](size)


def _share(value: float) -> str:
    """100 only when it is all of them, 0 only when it is none."""
    shown = min(max(round(100 * value, 1), 0.1), 99.9) if 0 < value < 1 else 100 * value
    return f"{shown:g}{HARD}%"


_WORDS: dict[Unit, Callable[[float], str]] = {
    Unit.COUNT: lambda value: quantity(int(value)),
    Unit.SHARE: _share,
    Unit.SECONDS: duration,
    Unit.USD: lambda value: money(round(value * MICRO)),
}
