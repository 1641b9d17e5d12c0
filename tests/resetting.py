"""Deletes what a test that commits leaves behind, quickly.

After each such test Django empties every table and makes content types, permissions and roles anew. Here only tables
that have got rows are emptied, and those that migrating filled get their rows back if they changed. As with Django,
sequences go on: no later row has the id of one that is gone.
"""

from typing import Any

from django.db import connection, transaction


class Reset:
    """Of the test database as it is when this is made."""

    def __init__(self) -> None:
        tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
        self._all = sorted(tables)
        self._kept = {table: _rows(table) for table in self._filled()}

    def __call__(self) -> None:
        with transaction.atomic():
            added = [table for table in self._filled() if table not in self._kept]
            changed = [table for table, rows in self._kept.items() if _rows(table) != rows]
            with connection.cursor() as cursor:
                # Foreign keys are checked at the end of the transaction.
                for table in (*added, *changed):
                    cursor.execute(f"DELETE FROM {_quoted(table)}")
                for table in changed:
                    rows = self._kept[table]
                    marks = ", ".join(["%s"] * len(rows[0]))
                    cursor.executemany(f"INSERT INTO {_quoted(table)} VALUES ({marks})", rows)

    def _filled(self) -> list[str]:
        """The tables that have rows, found by one query."""
        each = (f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {_quoted(table)})" for table in self._all)
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(each))
            return [str(table) for (table,) in cursor.fetchall()]


def _rows(table: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {_quoted(table)} ORDER BY 1")
        return [tuple(row) for row in cursor.fetchall()]


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
