-- Record a completed attempt, ready the tasks that waited for it, and claim the next task run of the execution.
-- Returns one row: what became of the execution, the next claim (or NULLs), and the task runs now queued.
-- No row: the token was lost, or this would end the execution otherwise than with the output given (final_output).
WITH ex AS (
    SELECT id, status, max_parallel, running_task_runs, open_task_runs, failed_task_runs, version_id
    FROM orchestration_execution
    WHERE id = %(execution)s::uuid AND private_worker = %(private)s::text
    FOR UPDATE
),
done AS (
    UPDATE orchestration_taskrun t
    SET status = 'completed',
        output = %(output)s::jsonb,
        error = NULL,
        usage = %(usage)s::jsonb,
        cache = %(cache)s::jsonb,
        finished_at = statement_timestamp(),
        worker_id = NULL,
        worker_pid = NULL,
        lease_expires_at = NULL,
        deadline_at = NULL
    FROM ex
    WHERE t.id = %(task_run)s::bigint
      AND t.execution_id = ex.id
      AND t.status IS NOT DISTINCT FROM 'running'
      AND t.token = %(token)s::int
      AND (ex.open_task_runs > 1 OR (ex.failed_task_runs = 0 AND %(final_output)s::jsonb IS NOT NULL))
    RETURNING t.id, t.token, t.execution_id, t.name, t.started_at
),
attempted AS (
    INSERT INTO orchestration_taskattempt (
        task_run_id, token, status, worker, model, usage, cache, started_at, finished_at
    )
    SELECT id, token, 'completed', %(place)s::text, %(model)s::text, %(usage)s::jsonb, %(cache)s::jsonb, started_at,
           statement_timestamp()
    FROM done
),
logged AS (
    INSERT INTO orchestration_attemptlog (task_run_id, token, lines, left_out)
    SELECT id, token, %(logs)s::jsonb -> 'lines', (%(logs)s::jsonb ->> 'left_out')::int
    FROM done
    WHERE %(logs)s::jsonb IS NOT NULL
),
may_take AS (
    SELECT
    FROM ex, done
    WHERE %(take)s::bool
      AND ex.status IN ('pending', 'running', 'waiting')
      AND ex.running_task_runs - 1 < ex.max_parallel
),
-- FOR UPDATE brings the latest rows, however old this statement's own view is.
children AS (
    SELECT t.id, t.position, t.remaining_dependencies, t.task_type, t.queue
    FROM orchestration_taskrun t, done
    WHERE t.execution_id = done.execution_id
      AND t.position = ANY(%(children)s::int[])
      AND t.status = 'pending'
    ORDER BY t.id
    FOR UPDATE OF t
),
-- The child to claim is decided before the UPDATE that readies it, since that may touch it only once.
first_child AS (
    SELECT c.id
    FROM children c, may_take
    WHERE c.remaining_dependencies = 1
      AND c.task_type = ANY(%(types)s::text[])
      AND c.queue = ANY(%(queues)s::text[])
    ORDER BY c.position
    LIMIT 1
),
readied AS (
    UPDATE orchestration_taskrun t
    SET remaining_dependencies = t.remaining_dependencies - 1,
        status = CASE WHEN t.remaining_dependencies > 1 THEN 'pending'
                      WHEN f.id IS NULL THEN 'queued'
                      ELSE 'running' END,
        queued_at = CASE WHEN t.remaining_dependencies = 1 THEN statement_timestamp() END,
        queue_deadline_at = CASE WHEN t.remaining_dependencies = 1 AND f.id IS NULL
                                 THEN statement_timestamp() + t.queue_timeout_seconds * interval '1 second' END,
        token = t.token + CASE WHEN f.id IS NULL THEN 0 ELSE 1 END,
        worker_id = CASE WHEN f.id IS NOT NULL THEN %(worker)s::text END,
        worker_pid = CASE WHEN f.id IS NOT NULL THEN %(pid)s::int END,
        lease_expires_at = CASE WHEN f.id IS NOT NULL
                                THEN statement_timestamp() + %(lease)s::float8 * interval '1 second' END,
        deadline_at = CASE WHEN f.id IS NOT NULL
                           THEN statement_timestamp() + t.timeout_seconds * interval '1 second' END,
        started_at = CASE WHEN f.id IS NOT NULL THEN statement_timestamp() END
    FROM children c LEFT JOIN first_child f ON f.id = c.id
    WHERE t.id = c.id
    RETURNING t.*
),
-- No child to claim: the first task run of the execution that is queued already.
other AS (
    UPDATE orchestration_taskrun t
    SET status = 'running',
        token = t.token + 1,
        worker_id = %(worker)s::text,
        worker_pid = %(pid)s::int,
        lease_expires_at = statement_timestamp() + %(lease)s::float8 * interval '1 second',
        deadline_at = statement_timestamp() + t.timeout_seconds * interval '1 second',
        queue_deadline_at = NULL,
        started_at = statement_timestamp()
    FROM may_take
    WHERE t.status IS NOT DISTINCT FROM 'queued'
      AND NOT EXISTS (SELECT FROM first_child)
      AND t.id = (
          SELECT o.id
          FROM orchestration_taskrun o
          WHERE o.execution_id = %(execution)s::uuid
            AND o.status = 'queued'
            AND o.task_type = ANY(%(types)s::text[])
            AND o.queue = ANY(%(queues)s::text[])
          ORDER BY o.position
          LIMIT 1
          FOR UPDATE
      )
    RETURNING t.*
),
next AS (
    SELECT * FROM readied WHERE status = 'running'
    UNION ALL
    SELECT * FROM other
),
counted AS (
    UPDATE orchestration_execution e
    SET open_task_runs = e.open_task_runs - 1,
        active_task_runs = e.active_task_runs - 1 + ready.number,
        running_task_runs = e.running_task_runs - 1 + claimed.number,
        status = CASE WHEN e.open_task_runs = 1 THEN 'completed'
                      WHEN e.status = 'paused' THEN e.status
                      WHEN e.active_task_runs - 1 + ready.number > 0 THEN 'running'
                      ELSE 'waiting' END,
        finished_at = CASE WHEN e.open_task_runs = 1 THEN statement_timestamp() END,
        output = CASE WHEN e.open_task_runs = 1 THEN %(final_output)s::jsonb END
    FROM done,
         (SELECT count(*) AS number FROM readied WHERE status <> 'pending') ready,
         (SELECT count(*) AS number FROM next) claimed
    WHERE e.id = done.execution_id
    RETURNING e.open_task_runs, e.active_task_runs, e.running_task_runs, e.status
),
said AS (
    INSERT INTO orchestration_executionevent (execution_id, task_name, kind, details, at)
    SELECT execution_id, name, 'task.completed', '{}'::jsonb, statement_timestamp()
    FROM done
    UNION ALL
    SELECT ex.id, '', 'execution.completed', '{}'::jsonb, statement_timestamp()
    FROM ex, done
    WHERE ex.open_task_runs = 1
    UNION ALL
    SELECT execution_id, name, 'task.started',
           jsonb_build_object('attempt', failures + crashes + 1, 'worker', %(place)s::text), statement_timestamp()
    FROM next
)
SELECT next.id, next.token, next.execution_id, next.name, next.model, next.failures, next.crashes,
       next.started_at, next.timeout_seconds, next.queue, ex.version_id, ex.status AS status_before, ex.max_parallel,
       counted.open_task_runs, counted.active_task_runs, counted.running_task_runs, counted.status,
       (SELECT jsonb_agg(jsonb_build_array(id, token, queue) ORDER BY position)
        FROM readied WHERE status = 'queued') AS queued,
       CASE WHEN EXISTS (SELECT FROM readied WHERE status = 'queued')
            THEN (SELECT jsonb_object_agg(worker_id, number)
                  FROM (SELECT worker_id, count(*) AS number
                        FROM orchestration_taskrun
                        WHERE status = 'running'
                        GROUP BY worker_id) busy)
       END AS running
FROM counted CROSS JOIN ex LEFT JOIN next ON true
