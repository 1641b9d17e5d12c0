"""The clock of the reviews: the database's, which stored times are compared with; tests can move it."""

import datetime
from collections.abc import Iterator
from contextlib import contextmanager

from common.clock import database_now

_moved_by = datetime.timedelta()


def now() -> datetime.datetime:
    """The database's current time, aware, in UTC, plus what `moved` moved it by."""
    return database_now() + _moved_by


@contextmanager
def moved(by: datetime.timedelta | None = None, *, to: datetime.datetime | None = None) -> Iterator[None]:
    """For tests and demonstrations: inside, the reviews' clock of this process is `by` later, or starts at `to`."""
    global _moved_by
    before = _moved_by
    _moved_by = before + (by if by is not None else datetime.timedelta())
    if to is not None:
        _moved_by += to - now()
    try:
        yield
    finally:
        _moved_by = before
