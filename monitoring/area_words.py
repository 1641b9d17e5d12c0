"""An area of the health document in words, for the page and the command; what is deeper is in the document."""

from collections.abc import Mapping
from typing import Any

from web.quantities import HARD, duration, quantity

NAMED = 5  # pipelines, models or duties called by name
TROUBLES = (("misconfigured", "cannot be used"), ("failing_duties", "failing"))
# What it means that there is no such figure.
UNMEASURED = {"lag_seconds": "has not run yet; a worker brings it"}


def describe_area(area: Mapping[str, Any]) -> str:
    """`availability 99.8 %, process uptime 3 h 2 m; orders below par`."""
    told = [
        _figure(key, value)
        for key, value in area.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    ]
    for key, value in area.items():
        if key.startswith("by_"):
            told += _named([name for name, each in value.items() if each.get("status") != "ok"], "below par")
    for key, what in TROUBLES:
        told += _named(list(area.get(key, {})), what)
    told += [words for key, words in UNMEASURED.items() if key in area and area[key] is None]
    return ", ".join(told) or "nothing measured yet"


def _named(names: list[str], what: str) -> list[str]:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return [f"{', '.join(names[:NAMED])}{more} {what}"] if names else []


def _figure(key: str, value: float) -> str:
    words = key.replace("_", " ")
    if key.endswith("_seconds"):
        return f"{words.removesuffix(' seconds')} {duration(float(value))}"
    if type(value) is float and 0 <= value <= 1:
        return f"{words} {100 * value:.3g}{HARD}%"
    return f"{words} {quantity(float(f'{value:.4g}') if value % 1 else int(value))}"
