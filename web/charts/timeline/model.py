"""What a caller fills in for a timeline, and what `layout` makes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What a task was doing for a while. The words are those of `AttemptStatus`, so `Kind(attempt.status)` works."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    CRASHED = "crashed"
    HANDED_BACK = "handed_back"
    DISCARDED = "discarded"
    CANCELLED = "cancelled"
    BACK_OFF = "back_off"
    WAITING = "waiting"
    PAUSED = "paused"

    @property
    def is_attempt(self) -> bool:
        """Whether a worker was at it; the rest is waiting, which may be folded."""
        return self not in IDLE


IDLE = (Kind.QUEUED, Kind.BACK_OFF, Kind.WAITING, Kind.PAUSED)


@dataclass(frozen=True, slots=True)
class Segment:
    """One stretch of a row. `end=None` goes on until now; an end before the start counts as no time at all."""

    kind: Kind
    start: datetime
    end: datetime | None = None
    label: str = ""
    """What more there is to say, for example an error's code or whom it waits for; shown on hover and read out."""


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """One task, in task order. Segments may come in any order and may overlap; the drawing sorts that out."""

    key: str
    label: str
    href: str = ""
    status: str = "pending"
    """One of `TaskRunStatus`: gives the icon and its word."""
    depth: int = 0
    """0, or how deep the task lies in a group (items of a map); drawn up to 3."""
    tag: str = ""
    """A few letters beside the name: model, version, "× 128"."""
    took_seconds: float | None = None
    """Time at work; None shows the state's word for skipped and cancelled, else a dash."""
    took: str = ""
    """Shown in place of the duration, for example "cached"."""
    note: str = ""
    """Text beside the bar: what came out, or why not. Shortened to the room there is; read out in full."""
    segments: tuple[Segment, ...] = ()
    median_seconds: float | None = None
    """Usual time at work, drawn as a line below the bar."""
    is_selected: bool = False
    is_critical: bool = False
    """On the critical path (see `web.charts.paths.critical_path`)."""


@dataclass(frozen=True, slots=True)
class Options:
    """How the reader wants it, from the address: `Options.read(request.GET)`; the tag's links use the same names."""

    fold_waits: bool = True
    """`?waits=all` shows every wait in full length."""
    show_all: bool = False
    """`?rows=all` shows every row, in pages."""
    page: int = 1
    """`?rows_page=2`"""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "Options":
        """Unknown and impossible values count as not given."""
        page = query.get("rows_page", "")
        return cls(
            fold_waits=query.get("waits") != "all",
            show_all=query.get("rows") == "all",
            page=max(1, int(page)) if page.isascii() and page.isdigit() and len(page) < 6 else 1,
        )


@dataclass(frozen=True, slots=True)
class Mark:
    """A segment on its row: `x` and `width` in per cent."""

    kind: Kind
    x: float
    width: float
    title: str


@dataclass(frozen=True, slots=True)
class Text:
    """Words beside a bar, starting at `x` per cent, or ending there."""

    words: str
    x: float
    is_left: bool = False


@dataclass(frozen=True, slots=True)
class Median:
    """The line of the usual time, from and to in per cent."""

    x: float
    end: float
    is_cut: bool = False
    """It is longer than the axis."""


@dataclass(frozen=True, slots=True)
class PlacedRow:
    """A row with its geometry."""

    row: TimelineRow
    marks: tuple[Mark, ...] = ()
    median: Median | None = None
    text: Text | None = None
    """The note as far as there is room on a small screen or beside a side panel."""
    text_wide: Text | None = None
    """The same where there is more room."""
    sentence: str = ""
    folded: tuple[tuple[str, int], ...] = ()
    """For a row that stands for many: their states with counts. Empty for a task."""
    page: int = 1
    """For a row that stands for many: the page of `?rows=all` that lists the first of them."""


@dataclass(frozen=True, slots=True)
class Tick:
    x: float
    label: str
    is_optional: bool = False
    """Left out where there is little room."""


@dataclass(frozen=True, slots=True)
class Band:
    """A folded stretch in which nothing was at work."""

    x: float
    width: float
    label: str
    title: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """What `{% timeline %}` draws."""

    rows: tuple[PlacedRow, ...]
    ticks: tuple[Tick, ...]
    bands: tuple[Band, ...]
    now_x: float | None
    """Where the line of now stands; None when all has ended."""
    summary: str
    total: int
    """How many rows there are; fewer may be drawn."""
    options: Options = field(default_factory=Options)
    pages: int = 1
    folds: bool = False
    """Whether rows are folded into rows that stand for many."""
    can_fold: bool = False
    """Whether there is a wait to fold, whether or not it is folded now."""
    kinds: tuple[Kind, ...] = ()
    """What occurs, for the legend."""
    has_medians: bool = False
    has_critical: bool = False
