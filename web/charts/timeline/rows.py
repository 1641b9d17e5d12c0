"""Which rows are drawn when there are too many to read: those that matter, and between them rows that stand for many.

Folding in place keeps the order of the tasks and loses none of them: failed, running, selected and the slowest tasks
stand for themselves, each run of others between them becomes one row with their counts. `?rows=all` shows every row,
in pages.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from web.charts.states import worst
from web.charts.timeline.model import Options, TimelineRow

FOLDED_ABOVE = 60
NOTABLE = 28
BAD_AT_MOST = LIVE_AT_MOST = 10
PAGE_SIZE = 200
BAD = {"failed", "timed_out"}
LIVE = {"running", "waiting", "retrying"}


@dataclass(frozen=True, slots=True)
class Shown:
    """What one drawn row stands for: one task or a run of tasks; `first` counts from 0."""

    first: int
    rows: tuple[TimelineRow, ...]

    @property
    def is_group(self) -> bool:
        return len(self.rows) > 1

    @property
    def page(self) -> int:
        """Where `?rows=all` lists the first of them."""
        return self.first // PAGE_SIZE + 1

    @property
    def counts(self) -> tuple[tuple[str, int], ...]:
        return tuple(Counter(row.status for row in self.rows).items()) if self.is_group else ()


def choose(rows: Sequence[TimelineRow], options: Options) -> list[Shown]:
    """The rows to draw, in order."""
    if options.show_all:
        first = (min(options.page, page_count(rows)) - 1) * PAGE_SIZE
        return [Shown(first + index, (row,)) for index, row in enumerate(rows[first : first + PAGE_SIZE])]
    if len(rows) <= FOLDED_ABOVE:
        return [Shown(index, (row,)) for index, row in enumerate(rows)]
    return list(_folded(rows, _notable(rows)))


def page_count(rows: Sequence[TimelineRow]) -> int:
    return max(1, -(-len(rows) // PAGE_SIZE))


def stand_in(shown: Shown) -> TimelineRow:
    """The row drawn for many."""
    times = [row.took_seconds for row in shown.rows if row.took_seconds is not None]
    return TimelineRow(
        key=f"{shown.rows[0].key}+{len(shown.rows) - 1}",
        label=f"{len(shown.rows)} tasks",
        status=worst(row.status for row in shown.rows),
        depth=min(row.depth for row in shown.rows),
        took_seconds=max(times, default=None),
        is_critical=any(row.is_critical for row in shown.rows),
    )


def _notable(rows: Sequence[TimelineRow]) -> set[int]:
    selected = [index for index, row in enumerate(rows) if row.is_selected]
    bad = [index for index, row in enumerate(rows) if row.status in BAD]
    live = [index for index, row in enumerate(rows) if row.status in LIVE]
    timed = [(-seconds, index) for index, row in enumerate(rows) if (seconds := row.took_seconds) is not None]
    chosen = {*selected[:3], *bad[:BAD_AT_MOST], *live[:LIVE_AT_MOST]}
    for _, index in sorted(timed):
        if len(chosen) >= NOTABLE:
            break
        chosen.add(index)
    return chosen


def _folded(rows: Sequence[TimelineRow], notable: set[int]) -> Iterable[Shown]:
    for is_notable, run in groupby(range(len(rows)), key=notable.__contains__):
        indexes = list(run)
        if is_notable:
            yield from (Shown(index, (rows[index],)) for index in indexes)
        else:
            yield Shown(indexes[0], tuple(rows[index] for index in indexes))
