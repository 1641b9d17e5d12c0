"""Health checks: one registry, which each app fills in its `ready()`, and which `doctor`, `/readyz`, `/healthz` and the
health page all read.

Owns the order, what is left out while the database is away, and the time a check may take. A check changes nothing; one
that talks to something other than the database bounds its own waiting.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Literal

from django.db import DatabaseError, connection, transaction

logger = logging.getLogger(__name__)

Status = Literal["ok", "note", "warning", "problem"]
Section = Literal["configured", "reachable", "healthy", "correct"]
SECTIONS: tuple[Section, ...] = ("configured", "reachable", "healthy", "correct")

PATIENT_SECONDS = 60.0
"""For a person at a terminal; whoever answers requests gives less."""
_DATABASE = ("database", "migrations")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: what was found, and what helps when it is not well. `note` is neither good nor bad."""

    section: Section
    name: str
    status: Status
    said: str
    hint: str | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


Look = Callable[[], Iterable[Check]]


@dataclass(frozen=True, slots=True)
class _Probe:
    section: Section
    name: str
    look: Look
    needs_database: bool
    is_needed_to_serve: bool


_probes: dict[str, _Probe] = {}


def register_check(
    section: Section, name: str, look: Look, *, needs_database: bool = True, is_needed_to_serve: bool = False
) -> None:
    """Have `look` asked whenever somebody wants to know; it yields one check or several.

    `is_needed_to_serve`: without it this process cannot answer requests (`/readyz`).
    """
    _probes[name] = _Probe(section, name, look, needs_database, is_needed_to_serve)


def examine(*, only_needed_to_serve: bool = False, seconds: float = PATIENT_SECONDS) -> Iterator[Check]:
    """Every check by section, each within `seconds`; what needs the database is left out while it is not in order."""
    is_left_out = False
    for probe in sorted(_probes.values(), key=lambda probe: SECTIONS.index(probe.section)):
        if only_needed_to_serve and not probe.is_needed_to_serve:
            continue
        if probe.needs_database and is_left_out:
            continue
        for check in _ask(probe, seconds):
            yield check
            if check.section == "reachable" and check.name in _DATABASE and check.status == "problem":
                is_left_out = True
    if is_left_out and not only_needed_to_serve:
        yield Check("healthy", "executions", "note", "not looked at while the database is not in order")


def _ask(probe: _Probe, seconds: float) -> list[Check]:
    """A check that fails is itself a finding."""
    try:
        if not probe.needs_database:
            return list(probe.look())
        with database_budget(seconds):
            return list(probe.look())
    except DatabaseError as error:
        said = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        return [Check(probe.section, probe.name, "problem", f"the database gave no answer: {said}")]
    except Exception as error:
        logger.exception('the health check "%s" failed', probe.name)
        return [Check(probe.section, probe.name, "problem", f"cannot be checked: {type(error).__name__}: {error}")]


@contextmanager
def database_budget(seconds: float) -> Iterator[None]:
    """Queries inside end with a `DatabaseError` once the time is up."""
    if connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{max(1, int(seconds * 1000))}"])
            yield
            return
    # No transaction on SQLite: it would take the lock for writing.
    connection.ensure_connection()
    deadline = time.monotonic() + seconds
    connection.connection.set_progress_handler(lambda: time.monotonic() > deadline, 10_000)
    try:
        yield
    finally:
        connection.connection.set_progress_handler(None, 0)
