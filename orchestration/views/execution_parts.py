"""Parts of the list of executions as its template wants them: sentences, chips, tabs, the run strip, the pager."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log1p

from django.urls import reverse

from common.clock import database_now
from orchestration.forms.executions import VIEWS, ExecutionFilterForm
from orchestration.selectors import execution_list
from orchestration.selectors.execution_list import ExecutionPage
from orchestration.selectors.execution_rows import ListedExecution
from web.charts.states import word
from web.charts.strips import Part, StripBar
from web.paging import Pager
from web.quantities import duration, plural, quantity

STATES = ("running", "waiting", "pending", "paused", "failed", "timed_out", "completed", "cancelled")
LIVE_SECONDS = 30
FULL_STRIP = 20
"""Fewer runs make no strip over the whole width: their bars would be blocks."""


@dataclass(frozen=True, slots=True)
class Chip:
    """A state to choose, with its count; `href` chooses it, or takes the choice back."""

    state: str
    label: str
    count: int
    href: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Tab:
    label: str
    href: str
    is_current: bool


def page_version() -> str:
    """Changes with every event, and now and then without one: workers come and go, times pass."""
    return f"{execution_list.latest_change()}-{int(database_now().timestamp()) // LIVE_SECONDS}"


def address(*query: str) -> str:
    """The list's address with these parts of a query."""
    return "?".join(filter(None, [reverse("executions"), "&".join(filter(None, query))]))


def tabs(view: str) -> list[Tab]:
    """Ready-made filters: each starts anew."""
    return [Tab(label, address("" if key == "all" else f"view={key}"), key == view) for key, label in VIEWS]


def chips(form: ExecutionFilterForm, counts: Mapping[str, int], chosen: Sequence[str]) -> list[Chip]:
    found = [Chip("", "All", sum(counts.values()), address(form.query(state=None)), not chosen)]
    for state in STATES:
        is_current = state in chosen
        href = address(form.query(state=None if is_current else state))
        found.append(Chip(state, word(state).capitalize(), counts.get(state, 0), href, is_current))
    return found


def sentence(counts: Mapping[str, int], chosen: Sequence[str], *, is_filtered: bool) -> str:
    """How many there are, and how many of them are not over."""
    number = sum(count for state, count in counts.items() if not chosen or state in chosen)
    if not number:
        return "None matches what is asked for." if is_filtered else "None has been started yet."
    live = [
        f"{quantity(counts[state])} {word(state)}"
        for state in ("running", "waiting", "paused")
        if counts.get(state) and (not chosen or state in chosen)
    ]
    matching = (" matches" if number == 1 else " match") if is_filtered else ""
    return ", ".join([plural(number, "execution", "executions") + matching, *live]) + "."


def banner(new: int) -> str:
    """What is said when others were started after the page was opened."""
    if not new:
        return ""
    number = f"{new} or more" if new >= execution_list.MOST_NEW else str(new)
    return f"{number} new {'execution' if new == 1 else 'executions'} since you opened this page."


@dataclass(frozen=True, slots=True)
class Line:
    """An execution with the marks of its cells."""

    row: ListedExecution
    href: str
    done: tuple[Part, ...]


def lines(rows: Iterable[ListedExecution]) -> list[Line]:
    return [Line(row, _address(row), _done(row)) for row in rows]


def _address(row: ListedExecution) -> str:
    return reverse("execution", kwargs={"execution_id": row.execution.pk})


def _done(row: ListedExecution) -> tuple[Part, ...]:
    return Part("completed", row.completed_tasks), Part("failed", row.failed_tasks)


def strip_bars(newest_first: Sequence[Line]) -> list[StripBar]:
    """The runs of the page, oldest first; tall ones took long, on a logarithmic scale so that one cannot hide all."""
    longest = max((line.row.seconds or 0.0 for line in newest_first), default=0.0)
    return [_bar(line, longest) for line in reversed(newest_first)]


def _bar(line: Line, longest: float) -> StripBar:
    status, seconds = line.row.execution.status, max(0.0, line.row.seconds or 0.0)
    return StripBar(
        status=status,
        title=f"{line.row.name}: {word(status)}, {duration(line.row.seconds)}",
        href=line.href,
        share=log1p(seconds) / log1p(longest) if longest > 0 else 0.0,
    )


def pager(query: str, shown: ExecutionPage, total: int) -> Pager:
    """Links to the neighbours."""
    number = len(shown.executions)
    return Pager(
        summary=plural(total, "execution", "executions")
        if number == total
        else f"{quantity(number)} of {quantity(total)}",
        newer=address(query, f"newer={shown.newer}") if shown.newer else "",
        older=address(query, f"older={shown.older}") if shown.older else "",
    )
