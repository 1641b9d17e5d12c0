"""The two hottest steps as one statement each, on PostgreSQL: claim a task run; record, advance and claim the next.

Private to `engine.store`, which has the same steps in general form (`engine.ledger`) for SQLite and for everything that
is not the common case. Each statement

* locks the execution first (`ex`), and takes its counters from that lock, so they are the latest;
* may see task runs as they were before it waited for the lock. Every UPDATE re-checks its conditions on the latest row
  (PostgreSQL, "Read Committed Isolation Level"), so nothing wrong is written; at worst nothing is found to claim, and
  the store looks again;
* updates each row at most once.
"""

from pathlib import Path
from typing import Any, Final

import psycopg
from django.db import connection
from psycopg.rows import dict_row

_FOLDER = Path(__file__).parent / "sql"

CLAIM: Final = (_FOLDER / "claim.sql").read_bytes()
COMPLETE: Final = (_FOLDER / "complete.sql").read_bytes()


def are_usable() -> bool:
    return connection.vendor == "postgresql"


def fetch(statement: bytes, parameters: dict[str, Any]) -> dict[str, Any] | None:
    """The one row a statement returns, by column, or None. Prepared on the server: planning costs more than running."""
    connection.ensure_connection()
    with psycopg.Cursor(connection.connection, row_factory=dict_row) as cursor, connection.wrap_database_errors:
        return cursor.execute(statement, parameters, prepare=True).fetchone()
