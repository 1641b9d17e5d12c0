-- The first half of a claim by a hint: lock the execution of that one task run. Goes on with take.sql.
WITH ex AS (
    SELECT id, status, max_parallel, running_task_runs, started_at, version_id, input,
           %(task_run)s::bigint AS task_run_id
    FROM orchestration_execution
    WHERE id = (SELECT execution_id FROM orchestration_taskrun WHERE id = %(task_run)s::bigint)
      AND private_worker = %(private)s::text
    FOR UPDATE
),
