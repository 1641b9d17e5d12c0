"""Finished executions in bulk: copies of a real one, with their task runs, attempts and events, over the last month.

Copies whole rows whatever columns they have, changing keys and times only. PostgreSQL 18 or later.
"""

from django.db import connection
from django.db.models import DateTimeField, Model
from psycopg import sql

from orchestration.models import Execution, ExecutionEvent, TaskAttempt, TaskRun

SPAN = "30 days"
# Numeric keys of copy n are n strides below those of the original: older, and out of the sequences' way.
STRIDE = 1_000_000
# Table → its keys that move along (the execution's own is set by itself).
NUMERIC_KEYS: dict[type[Model], tuple[str, ...]] = {
    Execution: (),
    TaskRun: ("id",),
    TaskAttempt: ("id", "task_run_id"),
    ExecutionEvent: ("id",),
}
EXECUTION_KEY = {Execution: "id", TaskRun: "execution_id", ExecutionEvent: "execution_id"}


def fill(executions: int) -> None:
    """Copy the newest finished execution this many times, then let the planner and the disk settle."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE copy AS SELECT n, uuidv7(-age) AS id, age"
            " FROM (SELECT n, n * %s::interval / %s AS age FROM generate_series(1, %s::bigint) n) ages",
            [SPAN, executions, executions],
        )
        for model in NUMERIC_KEYS:
            cursor.execute(_copy_statement(model))
        cursor.execute("DROP TABLE copy")
        for model in NUMERIC_KEYS:
            cursor.execute(sql.SQL("VACUUM (ANALYZE) {}").format(_table(model)))
        cursor.execute("CHECKPOINT")


def _copy_statement(model: type[Model]) -> sql.Composed:
    original = Execution.objects.filter(finished_at__isnull=False).latest("finished_at")
    rows = model._default_manager.filter(**{_path_to_execution(model): original.pk})
    keys = sql.SQL(", ").join(sql.Literal(key) for key in rows.values_list("pk", flat=True))
    return sql.SQL(
        "INSERT INTO {table} SELECT changed.* FROM {table} original CROSS JOIN copy,"
        " LATERAL jsonb_populate_record(original, jsonb_build_object({changes})) changed WHERE original.id IN ({keys})"
    ).format(table=_table(model), changes=sql.SQL(", ").join(_changes(model)), keys=keys)


def _path_to_execution(model: type[Model]) -> str:
    return {Execution: "pk", TaskAttempt: "task_run__execution"}.get(model, "execution")


def _changes(model: type[Model]) -> list[sql.Composable]:
    """Pairs of a column's name and its value in the copy."""
    times = [field.attname for field in model._meta.concrete_fields if isinstance(field, DateTimeField)]
    changed: list[tuple[str, sql.Composable]] = [
        (column, sql.SQL("original.{} - copy.age").format(sql.Identifier(column))) for column in times
    ]
    for column in NUMERIC_KEYS[model]:
        moved = sql.SQL("original.{} - copy.n * {}").format(sql.Identifier(column), sql.Literal(STRIDE))
        changed.append((column, moved))
    if model in EXECUTION_KEY:
        changed.append((EXECUTION_KEY[model], sql.SQL("copy.id")))
    return [part for column, value in changed for part in (sql.Literal(column), value)]


def _table(model: type[Model]) -> sql.Identifier:
    return sql.Identifier(model._meta.db_table)
