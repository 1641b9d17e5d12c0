"""An area of the health document in words, for the page and the command; what is deeper is in the document."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from monitoring.units import value_words
from web.quantities import duration, plural, quantity

Area = Mapping[str, Any]

NAMED = 5  # pipelines, models or duties called by name
TROUBLES = (("misconfigured", "cannot be used"), ("failing_duties", "failing"))


def describe_area(name: str, area: Area) -> str:
    """`4 of 4 reviewers available, 16 of 241 open reviews overdue`."""
    told = list(_TOLD.get(name, _figures)(area))
    for key, value in area.items():
        if key.startswith("by_"):
            told += _named([one for one, each in value.items() if each.get("status") != "ok"], "below par")
    for key, what in TROUBLES:
        told += _named(list(area.get(key, {})), what)
    return ", ".join(told) or "nothing measured yet"


def _named(names: list[str], what: str) -> list[str]:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return [f"{', '.join(names[:NAMED])}{more} {what}"] if names else []


def _uptime(area: Area) -> Iterator[str]:
    if area["availability"] is not None:
        share = value_words(area["availability"], "share")
        yield f"a worker was alive in {share} of {plural(area['minutes_observed'], 'minute', 'minutes')}"
    yield f"this process has run for {duration(area['process_uptime_seconds'])}"


def _pipelines(area: Area) -> Iterator[str]:
    yield f"{plural(area['active'], 'pipeline', 'pipelines')} ran in the last 24 hours"


def _cache(area: Area) -> Iterator[str]:
    asked = area["look_ups"]
    yield f"{quantity(area['hits'])} of {plural(asked, 'look-up', 'look-ups')} hit" if asked else "no look-ups"


def _reviewers(area: Area) -> Iterator[str]:
    people, waiting = area["active"], area["open_reviews"]
    yield f"{quantity(area['available'])} of {plural(people, 'reviewer', 'reviewers')} available"
    if waiting:
        yield f"{quantity(area['overdue_reviews'])} of {plural(waiting, 'open review', 'open reviews')} overdue"
    else:
        yield "no open review"


def _workers(area: Area) -> Iterator[str]:
    yield f"{quantity(area['alive'])} alive"
    if area["silent"]:
        yield f"{quantity(area['silent'])} without a sign of life"


def _ticker(area: Area) -> Iterator[str]:
    lag = area["lag_seconds"]
    yield "has not run yet; a worker brings it" if lag is None else f"last ran {duration(lag)} ago"


def _figures(area: Area) -> Iterator[str]:
    """Of an area that another capability registered."""
    for key, value in area.items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            is_share = type(value) is float and 0 <= value <= 1
            unit = "seconds" if key.endswith("_seconds") else "share" if is_share else "count"
            yield f"{key.removesuffix('_seconds').replace('_', ' ')} {value_words(value, unit)}"


_TOLD: Mapping[str, Callable[[Area], Iterator[str]]] = {
    "uptime": _uptime,
    "pipelines": _pipelines,
    "models": lambda area: iter(()),
    "cache": _cache,
    "reviewers": _reviewers,
    "workers": _workers,
    "ticker": _ticker,
}
