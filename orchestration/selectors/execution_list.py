"""One page of a list of executions, newest first, by keyset: stable while others are added, as quick on any page.

A cursor names an execution by its start and its id. What the filters mean is in `execution_filters`, what a line says
in `execution_rows`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self
from uuid import UUID

from django.db.models import Max, Q, QuerySet

from orchestration.models import Execution, ExecutionEvent

ORDER = ("-created_at", "-pk")
MOST_NEW = 100


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place of one execution in the list."""

    created_at: datetime
    id: UUID

    @classmethod
    def of(cls, execution: Execution) -> Self:
        return cls(execution.created_at, execution.pk)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises `ValueError` for anything that `str()` of a cursor is not."""
        micros, _, key = text.partition("-")
        if not (micros.isascii() and micros.isdigit() and len(micros) <= 17):
            raise ValueError("no cursor")
        seconds, rest = divmod(int(micros), 1_000_000)
        return cls(datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest), UUID(key))

    def __str__(self) -> str:
        seconds = int(self.created_at.replace(microsecond=0).timestamp())
        return f"{seconds * 1_000_000 + self.created_at.microsecond}-{self.id.hex}"

    def is_older(self) -> Q:
        """Executions after this one in the list. The first condition alone is what the index can use."""
        return Q(created_at__lte=self.created_at) & (Q(created_at__lt=self.created_at) | Q(pk__lt=self.id))

    def is_newer(self) -> Q:
        return Q(created_at__gte=self.created_at) & (Q(created_at__gt=self.created_at) | Q(pk__gt=self.id))


@dataclass(frozen=True, slots=True)
class ExecutionPage:
    """Executions, newest first, and the cursors that lead on; None at an end of the list."""

    executions: list[Execution]
    newer: Cursor | None
    older: Cursor | None


def first_page(found: QuerySet[Execution], size: int, *, at: Cursor | None = None) -> ExecutionPage:
    """The newest; with `at` from that execution on, so that a page that is open keeps its lines."""
    if at is not None:
        found = found.filter(at.is_older() | Q(pk=at.id))
    rows = list(found.order_by(*ORDER)[: size + 1])
    return ExecutionPage(rows[:size], None, _last(rows[:size]) if len(rows) > size else None)


def page_after(found: QuerySet[Execution], cursor: Cursor, size: int) -> ExecutionPage:
    """What comes after `cursor`: older."""
    rows = list(found.filter(cursor.is_older()).order_by(*ORDER)[: size + 1])
    newer = Cursor.of(rows[0]) if rows else cursor
    return ExecutionPage(rows[:size], newer, _last(rows[:size]) if len(rows) > size else None)


def page_before(found: QuerySet[Execution], cursor: Cursor, size: int) -> ExecutionPage:
    """What comes before `cursor`: newer. Where that is less than a page, the first page."""
    rows = list(found.filter(cursor.is_newer()).order_by("created_at", "pk")[: size + 1])
    if len(rows) <= size:
        return first_page(found, size)
    shown = rows[size - 1 :: -1]
    return ExecutionPage(shown, Cursor.of(shown[0]), _last(shown))


def _last(rows: list[Execution]) -> Cursor:
    return Cursor.of(rows[-1])


def count_new(found: QuerySet[Execution], since: Cursor) -> int:
    """How many were started after the page was opened; at most `MOST_NEW`."""
    return found.filter(since.is_newer()).order_by()[:MOST_NEW].count()


def walk(found: QuerySet[Execution], most: int, size: int = 500) -> Iterator[list[Execution]]:
    """All of them in chunks, at most `most`; nothing is held open between two."""
    page = first_page(found, min(size, most))
    while page.executions:
        yield page.executions
        most -= len(page.executions)
        if page.older is None or most <= 0:
            return
        page = page_after(found, page.older, min(size, most))


def latest_change() -> int:
    """The id of the newest event: while it stays the same, no execution has changed."""
    return ExecutionEvent.objects.aggregate(latest=Max("pk"))["latest"] or 0
