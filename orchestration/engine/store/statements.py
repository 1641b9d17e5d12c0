"""The hottest steps as one statement each, on PostgreSQL: start; claim; record, advance and claim the next.

Private to `engine.store`, which has the same steps in general form (`engine.ledger`) for SQLite and for everything that
is not the common case. Each statement

* locks the execution first (`ex`), and takes its counters from that lock, so they are the latest;
* may see task runs as they were before it waited for the lock. Every UPDATE re-checks its conditions on the latest row
  (PostgreSQL, "Read Committed Isolation Level"), so nothing wrong is written; at worst nothing is found to claim, and
  the store looks again;
* updates each row at most once;
* compares a status by IS NOT DISTINCT FROM where it finds the row by its key: given `=`, the planner may prefer the
  partial index of that status, and read a whole backlog to find one row.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from django.db import connection

_FOLDER = Path(__file__).parent / "sql"
_PARAMETER = re.compile(rb"%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with `$1` parameters, and the names of their values in order."""

    sql: bytes
    names: tuple[str, ...]

    @classmethod
    def read(cls, *files: str) -> Self:
        """Read `%(name)s` parameters from files that follow each other."""
        text = b"".join((_FOLDER / f"{file}.sql").read_bytes() for file in files)
        names = tuple(dict.fromkeys(name.decode() for name in _PARAMETER.findall(text)))
        numbers = {name.encode(): b"$%d" % number for number, name in enumerate(names, start=1)}
        return cls(_PARAMETER.sub(lambda found: numbers[found[1]], text), names)


CREATE: Final = Statement.read("create")
CLAIM_HINTED: Final = Statement.read("claim_hinted", "take")
CLAIM_OLDEST: Final = Statement.read("claim_oldest", "take")
COMPLETE: Final = Statement.read("complete")


def are_usable() -> bool:
    return connection.vendor == "postgresql"


def fetch(statement: Statement, parameters: dict[str, Any]) -> dict[str, Any] | None:
    """The one row a statement returns, by column, or None.

    Prepared on the server, since planning costs more than running; settings.py lets us (`prepare_threshold`). As a raw
    cursor's, it is not searched for parameters at every call.
    """
    import psycopg  # only where there is PostgreSQL
    from psycopg.rows import dict_row

    values = [parameters[name] for name in statement.names]
    connection.ensure_connection()
    with psycopg.RawCursor(connection.connection, row_factory=dict_row) as cursor, connection.wrap_database_errors:
        return cursor.execute(statement.sql, values, prepare=True).fetchone()
