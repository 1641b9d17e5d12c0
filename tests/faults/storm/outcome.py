"""What a storm is asked for, and what it came to."""

from dataclasses import dataclass, field
from typing import Any

CALM = "calm"
"""A file beside the journals: once it is there, nothing more is submitted."""


@dataclass(frozen=True)
class Options:
    """How hard it blows."""

    minutes: float
    seed: int
    live: int = 60
    """Executions kept live."""
    rate: float = 2.0
    """Submissions a second, about."""
    kills: float = 0.001
    """The probability of an end at each labelled point inside a worker's child."""
    calm: tuple[float, float] = (2.0, 6.0)
    """Seconds between two faults: at least, at most."""
    quiescence_seconds: float = 300.0
    """Until everything has ended, once the faults are over."""
    submissions: int = 0
    """Acknowledged at least; where the machine is slow it blows on until then, a minute longer at most."""
    faults: tuple[str, ...] = ()
    """These, one after the other, instead of whatever chance brings in `minutes`."""


@dataclass
class Outcome:
    """`problems` is empty when the storm was survived."""

    profile: str
    seconds: float = 0.0
    faults: dict[str, int] = field(default_factory=dict)
    points: dict[str, int] = field(default_factory=dict)
    """`LABEL SIGNAL` → how often a child was ended there."""
    taken_back: dict[str, list[float]] = field(default_factory=dict)
    """Fault → seconds until a task that it interrupted could be claimed again."""
    recovery: dict[str, list[float]] = field(default_factory=dict)
    """Fault → seconds until that task ran again; for a service, from its return to the first result."""
    quiescence_seconds: float = 0.0
    checks: int = 0
    worker_starts: int = 0
    verdict: dict[str, Any] = field(default_factory=dict)
    logged: dict[str, int] = field(default_factory=dict)
    """Exception → tracebacks that ended with it, in the logs of workers and of the submitting program."""
    problems: list[str] = field(default_factory=list)
