"""The database's clock, the only one that stored times are compared with."""

import datetime

from django.db import connection

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
