"""The database's clock, the only one that stored times are compared with."""

import datetime

from django.db import connection

# What every database and every time zone can hold.
EARLIEST = datetime.datetime(1, 1, 3, tzinfo=datetime.UTC)
LATEST = datetime.datetime(9999, 12, 29, tzinfo=datetime.UTC)

_NOW = {
    "postgresql": "SELECT statement_timestamp()",
    "sqlite": "SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')",
}


def database_now() -> datetime.datetime:
    """The database's current time, aware, in UTC."""
    with connection.cursor() as cursor:
        cursor.execute(_NOW[connection.vendor])
        (value,) = cursor.fetchone()
    if isinstance(value, str):
        value = datetime.datetime.fromisoformat(value)
    now: datetime.datetime = value
    return now if now.tzinfo else now.replace(tzinfo=datetime.UTC)
