"""The critical path: the chain of tasks that decided when an execution ended."""

from collections.abc import Iterable, Mapping
from datetime import datetime


def critical_path(ended: Mapping[str, datetime], needs: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """From the task that ended last back through, each time, the needed one that ended last; first task first.

    `ended` holds what has ended (or, for what still runs, now); tasks without an entry are on no path. Ties go to
    the name that comes first, so the answer is always the same.
    """
    at = _last(ended, ended)
    path: list[str] = []
    while at is not None and at not in path:
        path.append(at)
        at = _last(needs.get(at, ()), ended)
    return tuple(reversed(path))


def _last(names: Iterable[str], ended: Mapping[str, datetime]) -> str | None:
    found = sorted(name for name in names if name in ended)
    return max(found, key=lambda name: ended[name], default=None)
