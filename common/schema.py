"""Whether the database is ready for us."""

from django.db import connection

MIGRATIONS_TABLE = "django_migrations"
NO_TABLES = "The database has no tables yet. Run: python manage.py migrate"


def has_tables() -> bool:
    """Whether the database has been migrated."""
    return MIGRATIONS_TABLE in connection.introspection.table_names()
