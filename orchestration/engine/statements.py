"""The two hottest steps as one statement each, on PostgreSQL: claim a task run; record a result, advance, claim the next.

Private to `engine.store`, which has the same steps in general form (`engine.ledger`) for SQLite, and for everything that
is not the common case. Each statement

* locks the execution first (`ex`), and takes its counters from that lock, so they are the latest;
* may see task runs as they were before it waited for the lock. Every UPDATE re-checks its conditions on the latest row
  (PostgreSQL, "Read Committed Isolation Level"), so nothing wrong is written; at worst nothing is found to claim, and
  the store looks again;
* updates each row at most once: which child is claimed is decided in the UPDATE that readies it.
"""

from typing import Any, Final

import psycopg
from django.db import connection
from psycopg.rows import dict_row

# The columns of engine.outcomes.Claim.
_CLAIMED: Final = "id, token, execution_id, name, model, failures, crashes, started_at, timeout_seconds, queue"

_SECONDS: Final = "interval '1 second'"
_NOW: Final = "statement_timestamp()"
_LEASE: Final = f"{_NOW} + %(lease)s::float8 * {_SECONDS}"
_OWNED: Final = f"""
    status = 'running', token = t.token + 1, worker_id = %(worker)s::text, worker_pid = %(pid)s::int, lease_expires_at = {_LEASE},
    deadline_at = {_NOW} + t.timeout_seconds * {_SECONDS}, queue_deadline_at = NULL, started_at = {_NOW}
"""
_STARTED: Final = f"""
    SELECT execution_id, name, 'task.started',
           jsonb_build_object('attempt', failures + crashes + 1, 'worker', %(place)s::text), {_NOW}
"""
_LOCK: Final = """
    SELECT id, status, max_parallel, running_task_runs, started_at, version_id
    FROM orchestration_execution
    WHERE id = {execution} AND private_worker = %(private)s::text
    FOR UPDATE
"""

CLAIM: Final = f"""
WITH ex AS ({_LOCK.format(execution="(SELECT execution_id FROM orchestration_taskrun WHERE id = %(task_run)s::bigint)")}),
taken AS (
    UPDATE orchestration_taskrun t SET {_OWNED}
    FROM ex
    WHERE t.id = %(task_run)s::bigint AND t.execution_id = ex.id AND t.status = 'queued' AND t.token = %(token)s::int
      AND t.task_type = ANY(%(types)s::text[])
      AND ex.status IN ('pending', 'running', 'waiting') AND ex.running_task_runs < ex.max_parallel
    RETURNING t.*
),
counted AS (
    UPDATE orchestration_execution e
    SET running_task_runs = e.running_task_runs + 1, status = 'running', started_at = COALESCE(e.started_at, {_NOW})
    FROM taken WHERE e.id = taken.execution_id
),
said AS (
    INSERT INTO orchestration_executionevent (execution_id, task_name, kind, details, at)
    SELECT id, '', 'execution.started', '{{}}'::jsonb, {_NOW} FROM ex WHERE started_at IS NULL AND EXISTS (SELECT FROM taken)
    UNION ALL
    {_STARTED} FROM taken
)
SELECT {", ".join("taken." + column for column in _CLAIMED.split(", "))}, ex.version_id, ex.status AS status_before
FROM taken, ex
"""

COMPLETE: Final = f"""
WITH ex AS ({_LOCK.format(execution="%(execution)s::uuid")}),
done AS (
    UPDATE orchestration_taskrun t
    SET status = 'completed', output = %(output)s::jsonb, error = NULL, usage = %(usage)s::jsonb, finished_at = {_NOW},
        worker_id = NULL, worker_pid = NULL, lease_expires_at = NULL, deadline_at = NULL
    FROM ex
    WHERE t.id = %(task_run)s::bigint AND t.execution_id = ex.id AND t.status = 'running' AND t.token = %(token)s::int
    RETURNING t.id, t.token, t.execution_id, t.name, t.started_at
),
attempted AS (
    INSERT INTO orchestration_taskattempt (task_run_id, token, status, worker, model, usage, started_at, finished_at)
    SELECT id, token, 'completed', %(place)s::text, %(model)s::text, %(usage)s::jsonb, started_at, {_NOW} FROM done
),
may_take AS (
    SELECT FROM ex, done
    WHERE %(take)s::bool AND ex.status IN ('pending', 'running', 'waiting') AND ex.running_task_runs - 1 < ex.max_parallel
),
first_child AS (
    SELECT t.id FROM orchestration_taskrun t, may_take
    WHERE t.execution_id = %(execution)s::uuid AND t.position = ANY(%(children)s::int[]) AND t.status = 'pending'
      AND t.remaining_dependencies = 1 AND t.task_type = ANY(%(types)s::text[]) AND t.queue = ANY(%(queues)s::text[])
    ORDER BY t.position LIMIT 1
),
readied AS (
    UPDATE orchestration_taskrun t
    SET remaining_dependencies = t.remaining_dependencies - 1,
        status = CASE WHEN t.remaining_dependencies > 1 THEN 'pending' WHEN f.id IS NULL THEN 'queued' ELSE 'running' END,
        queued_at = CASE WHEN t.remaining_dependencies > 1 THEN NULL ELSE {_NOW} END,
        hinted_at = CASE WHEN t.remaining_dependencies > 1 THEN NULL ELSE {_NOW} END,
        hints = CASE WHEN t.remaining_dependencies > 1 THEN 0 ELSE 1 END,
        queue_deadline_at = CASE WHEN t.remaining_dependencies > 1 OR f.id IS NOT NULL THEN NULL
                                 ELSE {_NOW} + t.queue_timeout_seconds * {_SECONDS} END,
        token = CASE WHEN f.id IS NULL THEN t.token ELSE t.token + 1 END,
        worker_id = CASE WHEN f.id IS NULL THEN NULL ELSE %(worker)s::text END,
        worker_pid = CASE WHEN f.id IS NULL THEN NULL ELSE %(pid)s::int END,
        lease_expires_at = CASE WHEN f.id IS NULL THEN NULL ELSE {_LEASE} END,
        deadline_at = CASE WHEN f.id IS NULL THEN NULL ELSE {_NOW} + t.timeout_seconds * {_SECONDS} END,
        started_at = CASE WHEN f.id IS NULL THEN NULL ELSE {_NOW} END
    FROM orchestration_taskrun same LEFT JOIN first_child f ON f.id = same.id, done
    WHERE same.id = t.id AND t.execution_id = done.execution_id AND t.position = ANY(%(children)s::int[]) AND t.status = 'pending'
    RETURNING t.*
),
other AS (
    UPDATE orchestration_taskrun t SET {_OWNED}
    FROM may_take
    WHERE t.status = 'queued' AND NOT EXISTS (SELECT FROM first_child) AND t.id = (
        SELECT o.id FROM orchestration_taskrun o
        WHERE o.execution_id = %(execution)s::uuid AND o.status = 'queued' AND o.task_type = ANY(%(types)s::text[])
          AND o.queue = ANY(%(queues)s::text[])
        ORDER BY o.position LIMIT 1
    )
    RETURNING t.*
),
next AS (SELECT * FROM readied WHERE status = 'running' UNION ALL SELECT * FROM other),
counted AS (
    UPDATE orchestration_execution e
    SET open_task_runs = e.open_task_runs - 1,
        active_task_runs = e.active_task_runs - 1 + ready.number,
        running_task_runs = e.running_task_runs - 1 + claimed.number,
        status = CASE WHEN e.status = 'paused' OR e.open_task_runs = 1 THEN e.status
                      WHEN e.active_task_runs - 1 + ready.number > 0 THEN 'running' ELSE 'waiting' END
    FROM done,
         (SELECT count(*) AS number FROM readied WHERE status <> 'pending') ready,
         (SELECT count(*) AS number FROM next) claimed
    WHERE e.id = done.execution_id
    RETURNING e.open_task_runs, e.active_task_runs, e.running_task_runs, e.status
),
said AS (
    INSERT INTO orchestration_executionevent (execution_id, task_name, kind, details, at)
    SELECT execution_id, name, 'task.completed', '{{}}'::jsonb, {_NOW} FROM done
    UNION ALL
    {_STARTED} FROM next
)
SELECT {", ".join("next." + column for column in _CLAIMED.split(", "))}, ex.version_id, ex.status AS status_before,
       ex.max_parallel, counted.open_task_runs, counted.active_task_runs, counted.running_task_runs, counted.status,
       (SELECT jsonb_agg(jsonb_build_array(id, token, queue) ORDER BY position) FROM readied WHERE status = 'queued') AS queued
FROM counted CROSS JOIN ex LEFT JOIN next ON true
"""


def are_usable() -> bool:
    return connection.vendor == "postgresql"


def fetch(statement: str, parameters: dict[str, Any]) -> dict[str, Any] | None:
    """The one row a statement returns, by column, or None. Prepared on the server, since planning costs more than running."""
    connection.ensure_connection()
    with psycopg.Cursor(connection.connection, row_factory=dict_row) as cursor, connection.wrap_database_errors:
        return cursor.execute(statement, parameters, prepare=True).fetchone()
