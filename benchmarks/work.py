"""The task that every engine runs. Pure: what is measured is the engine around it."""

import time
from collections.abc import Iterable, Mapping
from typing import Any

Output = dict[str, Any]


def step(parents: Iterable[Mapping[str, Any]], cpu_seconds: float = 0.0) -> Output:
    """One more than the counts of the tasks before it, so that a lost or doubled task shows in the last result."""
    _burn(cpu_seconds)
    return {"count": 1 + sum(parent["count"] for parent in parents), "fib": _fib(10)}


def _fib(n: int) -> int:
    return n if n < 2 else _fib(n - 1) + _fib(n - 2)


def _burn(cpu_seconds: float) -> None:
    """Use this much of a core, however many others want it too."""
    until = time.thread_time() + cpu_seconds
    while time.thread_time() < until:
        pass
