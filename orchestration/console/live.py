"""Live progress: a table redrawn in place on a terminal, one line for each change elsewhere, nothing when quiet."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from common.console.text import plain, styled
from orchestration.console.status import look

BAR_WIDTH = 24
# Lines of a terminal that are not rows of the table.
OTHER_LINES = 4
# Not worth a line of a log.
PASSING = ("pending", "queued", "running")
# A note is shown once it has held that long: between two tasks everything waits for a moment.
NOTE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the display. `done` of `steps` is drawn as a bar when there are steps."""

    name: str
    status: str
    detail: str = ""
    done: int = 0
    steps: int = 0
    changing: str = ""
    """What changes all the time (a running clock): shown on a terminal only."""


@dataclass
class LiveView:
    """Shows rows and a note; use as a context manager and call `show` whenever there is news."""

    console: Console
    quiet: bool = False
    _live: Live | None = None
    _said: dict[str, tuple[str, str]] = field(default_factory=dict)
    _noted: str | None = None
    _quiet_since: float | None = None

    def __enter__(self) -> Self:
        if self.console.is_terminal and not self.quiet:
            self._live = Live(console=self.console, auto_refresh=False, transient=False)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, rows: Sequence[Row], *, note: str | None = None, summary: str = "") -> None:
        """`note` is a sentence on why nothing moves; `summary` one on the whole."""
        note = self._held(note)
        if self._live is not None:
            self._live.update(self._draw(rows, note, summary), refresh=True)
        elif not self.quiet:
            self._print_changes(rows, note)

    def _held(self, note: str | None) -> str | None:
        if note is None:
            self._quiet_since = None
            return None
        now = time.monotonic()
        self._quiet_since = self._quiet_since or now
        return note if now - self._quiet_since >= NOTE_SECONDS else None

    def _draw(self, rows: Sequence[Row], note: str | None, summary: str) -> RenderableType:
        table = Table.grid(padding=(0, 2))
        for row in self._fitting(rows):
            bar = ProgressBar(total=row.steps, completed=row.done, width=BAR_WIDTH) if row.steps else Text()
            last = " · ".join(part for part in (row.detail, row.changing) if part)
            table.add_row(look(row.status), styled(row.name), bar, styled(last, "dim"))
        parts: list[RenderableType] = [table]
        parts += [styled(summary)] if summary else []
        parts += [styled(note, "yellow")] if note else []
        return Group(*parts)

    def _fitting(self, rows: Sequence[Row]) -> Sequence[Row]:
        """On a low terminal, those that still move first: rich could not redraw what has scrolled away."""
        room = max(self.console.height - OTHER_LINES, 3)
        if len(rows) <= room:
            return rows
        moving = {"running": 0, "retrying": 1, "waiting": 1, "queued": 2, "pending": 3}
        return sorted(rows, key=lambda row: moving.get(row.status, 4))[:room]

    def _print_changes(self, rows: Sequence[Row], note: str | None) -> None:
        for row in rows:
            if row.status not in PASSING and self._said.get(row.name) != (row.status, row.detail):
                self._said[row.name] = (row.status, row.detail)
                self.console.print(look(row.status, width=12), plain(row.name), styled(row.detail, "dim"))
        if note and note != self._noted:
            self.console.print(styled(note, "yellow"))
        self._noted = note
