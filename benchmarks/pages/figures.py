"""What is asked for and what came of it. Pure."""

from dataclasses import dataclass, field

# /healthz says by its status that something is wrong, as it is where work waits and nobody works.
OTHER_ANSWERS = {"/healthz": 503}
LIMIT_MS = 100.0
"""No median may be above it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An address under the name of its route; `label` says what is special about it."""

    name: str
    label: str
    url: str
    page: str = ""
    """The page whose live part asks this, when it is not a person."""
    part: int | None = None
    """Which live part of the page, when it shows the newest version; that has to be looked up in the page each time."""

    @property
    def headers(self) -> dict[str, str]:
        return {"HX-Request": "true"} if self.page else {}


@dataclass(frozen=True, slots=True)
class Figures:
    """Milliseconds inside the process, warm; `over_http` is the median through gunicorn."""

    median: float
    p95: float
    queries: int
    size: int
    """Bytes of the answer."""
    over_http: float = 0.0

    @property
    def slowest(self) -> float:
        """The greater of the two medians."""
        return max(self.median, self.over_http)


@dataclass(frozen=True, slots=True)
class Measured:
    """One database: what it held, and the figures of every address by name and label."""

    database: str
    rows: dict[str, int]
    figures: dict[tuple[str, str], Figures] = field(default_factory=dict)

    def too_slow(self) -> list[str]:
        """What took longer than it may, in words."""
        return [
            f"{name} ({label or 'plain'}) on {self.database}: {found.median:.0f} ms, through gunicorn "
            f"{found.over_http:.0f} ms"
            for (name, label), found in self.figures.items()
            if found.slowest > LIMIT_MS
        ]
