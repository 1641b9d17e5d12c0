"""A JSON column that keeps the order of its keys."""

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class OrderedJSONField(models.JSONField):
    """JSON that comes back as it was written: keys in order, `1.0` not `1`.

    PostgreSQL's `jsonb` sorts keys, so there it is `json`. Paths into it can be looked up; it cannot be compared.
    """

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        return "json" if connection.vendor == "postgresql" else super().db_type(connection)

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        if connection.vendor != "postgresql" or value is None or hasattr(value, "as_sql"):
            return super().get_db_prep_value(value, connection, prepared)
        from psycopg.types.json import Json  # only where there is PostgreSQL

        return Json(value)

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Any:
        """psycopg has parsed a `json` already, unlike a `jsonb`."""
        return value if connection.vendor == "postgresql" else super().from_db_value(value, expression, connection)
