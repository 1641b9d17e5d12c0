-- The second half of a claim: take the task run that `ex` names, if its execution has a free slot.
-- Returns the claim, or no row.
taken AS (
    UPDATE orchestration_taskrun t
    SET status = 'running',
        token = t.token + 1,
        worker_id = %(worker)s::text,
        worker_pid = %(pid)s::int,
        lease_expires_at = statement_timestamp() + %(lease)s::float8 * interval '1 second',
        deadline_at = statement_timestamp() + t.timeout_seconds * interval '1 second',
        queue_deadline_at = NULL,
        started_at = statement_timestamp()
    FROM ex
    WHERE t.id = ex.task_run_id
      AND t.execution_id = ex.id
      AND t.status IS NOT DISTINCT FROM 'queued'
      AND t.token = COALESCE(%(token)s::int, t.token)
      AND t.task_type = ANY(%(types)s::text[])
      AND t.queue = ANY(%(queues)s::text[])
      AND ex.status IN ('pending', 'running', 'waiting')
      AND ex.running_task_runs < ex.max_parallel
    RETURNING t.*
),
counted AS (
    UPDATE orchestration_execution e
    SET running_task_runs = e.running_task_runs + 1,
        status = 'running',
        started_at = COALESCE(e.started_at, statement_timestamp())
    FROM taken
    WHERE e.id = taken.execution_id
),
said AS (
    INSERT INTO orchestration_executionevent (execution_id, task_name, kind, details, at)
    SELECT id, '', 'execution.started', '{}'::jsonb, statement_timestamp()
    FROM ex
    WHERE started_at IS NULL AND EXISTS (SELECT FROM taken)
    UNION ALL
    SELECT execution_id, name, 'task.started',
           jsonb_build_object('attempt', failures + crashes + 1, 'worker', %(place)s::text), statement_timestamp()
    FROM taken
)
SELECT taken.id, taken.token, taken.execution_id, taken.name, taken.model, taken.failures, taken.crashes,
       taken.started_at, taken.timeout_seconds, taken.queue, ex.version_id, ex.status AS status_before,
       ex.input
FROM taken, ex
