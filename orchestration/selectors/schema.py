"""Whether the database is ready for us."""

from django.db import connection

from orchestration.models import Worker

NO_TABLES = "The database has no tables yet. Run: python manage.py migrate"


def has_tables() -> bool:
    """Whether the database has been migrated."""
    return Worker._meta.db_table in connection.introspection.table_names()
