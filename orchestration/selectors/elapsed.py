"""Lengths of time computed by the database, alike on SQLite and PostgreSQL, so that only results are fetched."""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, FloatField, Func, IntegerField


class Seconds(Func):
    """`Seconds(end, start)`: how long from `start` to `end`."""

    arity = 2
    output_field: "Field[Any, Any]" = FloatField()
    postgresql = "EXTRACT(EPOCH FROM (%(expressions)s))::double precision"
    sqlite = "((julianday(%(expressions)s)) * 86400.0)"  # exact to 0.1 ms

    def as_postgresql(self, compiler: Any, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template=self.postgresql, arg_joiner=" - ", **context)

    def as_sqlite(self, compiler: Any, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template=self.sqlite, arg_joiner=") - julianday(", **context)


class Bucket(Seconds):
    """`Bucket(at, start, width=60)`: into which stretch of `width` seconds after `start` a time falls, from 0."""

    output_field = IntegerField()
    postgresql = "FLOOR(EXTRACT(EPOCH FROM (%(expressions)s)) / %(width)s)::integer"
    sqlite = "CAST((julianday(%(expressions)s)) * 86400.0 / %(width)s AS INTEGER)"

    def __init__(self, *expressions: Any, width: int, **extra: Any) -> None:
        super().__init__(*expressions, width=int(width), **extra)
