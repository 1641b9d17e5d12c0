-- Write an execution, its task runs (those that depend on nothing are queued at once) and the first event.
-- Returns one row: the time, the first task runs of each queue, and how many attempts each worker runs.
-- No row: the idempotency key was used before, or the version had to be its pipeline's current one and is not.
WITH ex AS (
    INSERT INTO orchestration_execution (
        id, pipeline_id, version_id, status, input, labels, title, trigger, started_by, rerun_of_id, private_worker,
        max_parallel, open_task_runs, active_task_runs, running_task_runs, failed_task_runs, idempotency_key,
        input_digest, traceparent, created_at, deadline_at
    )
    SELECT
        %(id)s::uuid, %(pipeline_id)s::text, %(version_id)s::bigint, 'pending', %(input)s::jsonb, %(labels)s::jsonb,
        %(title)s::text, %(trigger)s::text, %(started_by)s::text, %(rerun_of_id)s::uuid, %(private_worker)s::text,
        %(max_parallel)s::int, %(open_task_runs)s::int, %(active_task_runs)s::int, 0, 0, %(idempotency_key)s::text,
        %(input_digest)s::text, %(traceparent)s::text, statement_timestamp(),
        statement_timestamp() + %(timeout)s::float8 * interval '1 second'
    WHERE NOT %(must_be_current)s::bool OR EXISTS (
        SELECT FROM orchestration_registeredpipeline
        WHERE id = %(pipeline_id)s::text AND current_version_id = %(version_id)s::bigint
    )
    ON CONFLICT (pipeline_id, idempotency_key) DO NOTHING
    RETURNING id, created_at
),
task_runs AS (
    INSERT INTO orchestration_taskrun (
        execution_id, name, task_type, position, model, queue, status, remaining_dependencies, token, failures,
        crashes, hints, timeout_seconds, queue_timeout_seconds, max_attempts, max_crashes, queued_at, queue_deadline_at
    )
    SELECT ex.id, t.name, t.task_type, t.position, t.model, t.queue, t.status, t.remaining_dependencies, 0, 0, 0, 0,
           t.timeout_seconds, t.queue_timeout_seconds, t.max_attempts, t.max_crashes,
           CASE WHEN t.status = 'queued' THEN ex.created_at END,
           CASE WHEN t.status = 'queued' THEN ex.created_at + t.queue_timeout_seconds * interval '1 second' END
    FROM ex, jsonb_to_recordset(%(task_runs)s::jsonb) AS t (
        name text, task_type text, position int, model text, queue text, status text, remaining_dependencies int,
        timeout_seconds float8, queue_timeout_seconds float8, max_attempts int, max_crashes int
    )
    RETURNING id, token, queue, position, status
),
said AS (
    INSERT INTO orchestration_executionevent (execution_id, task_name, kind, details, at)
    SELECT id, '', 'execution.created', jsonb_build_object('version', %(version_number)s::int), created_at
    FROM ex
)
SELECT ex.created_at,
       (SELECT jsonb_agg(jsonb_build_array(id, token, queue) ORDER BY position)
        FROM (SELECT *, row_number() OVER (PARTITION BY queue ORDER BY position) AS place
              FROM task_runs
              WHERE status = 'queued') roots
        WHERE place <= %(wakeable)s::int) AS queued,
       CASE WHEN %(wakeable)s::int > 0
            THEN (SELECT jsonb_object_agg(worker_id, number)
                  FROM (SELECT worker_id, count(*) AS number
                        FROM orchestration_taskrun
                        WHERE status = 'running'
                        GROUP BY worker_id) busy)
       END AS running
FROM ex
