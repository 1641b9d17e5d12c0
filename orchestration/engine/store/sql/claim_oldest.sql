-- The first half of a claim without a hint: lock the execution of the task run that has been queued longest among those
-- this claimant may run, passing over executions that somebody else has locked. Goes on with take.sql.
WITH candidates AS (
    SELECT oldest.*
    FROM unnest(%(queues)s::text[]) AS listened(queue),
         LATERAL (
             SELECT t.id, t.execution_id, t.queued_at
             FROM orchestration_taskrun t JOIN orchestration_execution e ON e.id = t.execution_id
             WHERE t.queue = listened.queue
               AND t.status = 'queued'
               AND t.task_type = ANY(%(types)s::text[])
               AND e.status IN ('pending', 'running', 'waiting')
               AND e.private_worker = %(private)s::text
               AND e.running_task_runs < e.max_parallel
             ORDER BY t.queued_at, t.id
             LIMIT 8
         ) AS oldest
),
ex AS (
    SELECT e.id, e.status, e.max_parallel, e.running_task_runs, e.started_at, e.version_id, e.input,
           c.id AS task_run_id
    FROM candidates c JOIN orchestration_execution e ON e.id = c.execution_id
    ORDER BY c.queued_at, c.id
    LIMIT 1
    FOR UPDATE OF e SKIP LOCKED
),
