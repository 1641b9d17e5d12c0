"""A seeded load written as rows: executions of three pipelines with retries, failures, crashes, tokens and costs.

Owns making it up, and the exact figures that monitoring has to find, computed from the very values that are written.
The engine itself writes the rows of other tests; here their times and numbers have to be known.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from orchestration.definition import Pipeline
from orchestration.models import Execution, PipelineVersion, TaskAttempt, TaskRun
from orchestration.services.pipelines import register_pipeline

ERRORS = ("handler_error", "rate_limited", "invalid_output", "connection_failed")
MODELS = ("local/extract", "gpt-4", "")


@dataclass
class Written:
    """What was written, as monitoring should count it."""

    executions: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(pipeline, status) → number."""
    attempts: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    """(pipeline, task, model, status) → number."""
    failures: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """(pipeline, task, code) → number."""
    run_seconds: dict[str, list[float]] = field(default_factory=dict)
    task_seconds: list[float] = field(default_factory=list)
    queue_seconds: list[float] = field(default_factory=list)
    retries: int = 0
    task_runs: int = 0
    input_tokens: int = 0
    cost_microusd: int = 0
    unpriced: int = 0


class Load:
    """`Load(seed).write(executions, start, span)`; times are whole milliseconds, which both databases keep exactly."""

    def __init__(self, seed: int = 1, pipelines: Iterable[str] = ("alpha", "beta", "gamma"), tasks: int = 3) -> None:
        self.random, self.written, self.tasks = Random(seed), Written(), tasks
        self.versions = [_register(name, tasks) for name in pipelines]
        self._rows: list[tuple[Execution, list[tuple[TaskRun, list[TaskAttempt]]]]] = []

    def write(self, executions: int, start: datetime, span: timedelta) -> Written:
        """Executions spread evenly; all of them have ended by the end of the span plus their own length."""
        for number in range(executions):
            self._execution(start + span * (number / executions))
            if len(self._rows) >= 1_000:
                self._flush()
        self._flush()
        return self.written

    def _execution(self, created: datetime) -> None:
        random, version = self.random, self.random.choice(self.versions)
        created = _whole(created)
        started = created + _milliseconds(random.uniform(0.01, 2.0))
        execution = Execution(
            pipeline_id=version.pipeline_id,
            version=version,
            status="completed",
            input={},
            trigger="python",
            max_parallel=5,
            open_task_runs=0,
            active_task_runs=0,
            created_at=created,
            started_at=started,
        )
        at, runs, failed = started, [], False
        for position in range(self.tasks):
            run, attempts, at = self._task_run(execution, position, at, skipped=failed)
            failed = failed or run.status in ("failed", "timed_out")
            runs.append((run, attempts))
        execution.status = "failed" if failed else "cancelled" if random.random() < 0.03 else "completed"
        execution.failed_task_runs = int(failed)
        execution.finished_at = at
        self.written.executions[version.pipeline_id, execution.status] += 1
        self.written.run_seconds.setdefault(version.pipeline_id, []).append((at - started).total_seconds())
        self._rows.append((execution, runs))

    def _task_run(
        self, execution: Execution, position: int, at: datetime, *, skipped: bool
    ) -> tuple[TaskRun, list[TaskAttempt], datetime]:
        name, model = f"t{position}", MODELS[position % len(MODELS)]
        run = TaskRun(
            execution=execution,
            name=name,
            task_type="echo",
            position=position,
            model=model,
            status="skipped" if skipped else "completed",
            remaining_dependencies=0,
            timeout_seconds=300,
            max_attempts=3,
            max_crashes=3,
        )
        self.written.task_runs += 1
        if skipped:
            return run, [], at
        attempts: list[TaskAttempt] = []
        queued = begun = end = at
        for token in range(1, 4):
            queued, wait = at, self.random.lognormvariate(-2, 1)
            begun = queued + _milliseconds(wait)
            end = begun + _milliseconds(self.random.lognormvariate(0, 1.2))
            status = self.random.choices(("completed", "failed", "timed_out", "crashed"), (90, 7, 2, 1))[0]
            attempts.append(self._attempt(run, token, status, begun, end, model, execution.pipeline_id))
            at = end
            if status == "completed" or self.random.random() < 0.5:  # or a failure that another try would not mend
                break
        last = attempts[-1]
        run.status = last.status if last.status in ("completed", "timed_out") else "failed"
        run.token, run.queued_at, run.started_at, run.finished_at = last.token, queued, begun, end
        self.written.queue_seconds.append((begun - queued).total_seconds())
        return run, attempts, at

    def _attempt(
        self, run: TaskRun, token: int, status: str, start: datetime, end: datetime, model: str, pipeline: str
    ) -> TaskAttempt:
        written, error, usage = self.written, None, None
        if status != "completed":
            code = {"crashed": "worker_lost", "timed_out": "attempt_timed_out"}.get(status) or self.random.choice(
                ERRORS
            )
            error = {"code": code, "message": "it broke"}
            written.failures[pipeline, run.name, code] += 1
        if model == "gpt-4":
            usage = self._usage()
        written.attempts[pipeline, run.name, model, status] += 1
        written.task_seconds.append((end - start).total_seconds())
        written.retries += token > 1 and any(
            earlier in ("failed", "timed_out") for earlier in getattr(run, "earlier", [])
        )
        run.earlier = [*getattr(run, "earlier", []), status]  # type: ignore[attr-defined]
        return TaskAttempt(
            task_run=run,
            token=token,
            status=status,
            model=model,
            error=error,
            usage=usage,
            started_at=start,
            finished_at=end,
        )

    def _usage(self) -> dict[str, Any]:
        tokens, usage = self.random.randint(10, 2000), {"requests": 1}
        self.written.input_tokens += tokens
        if self.random.random() < 0.9:
            usage["cost_microusd"] = tokens * 3
            self.written.cost_microusd += tokens * 3
        else:
            self.written.unpriced += 1
        return usage | {"input_tokens": tokens, "output_tokens": 5}

    def _flush(self) -> None:
        Execution.objects.bulk_create([execution for execution, _ in self._rows], batch_size=500)
        TaskRun.objects.bulk_create([run for _, runs in self._rows for run, _ in runs], batch_size=500)
        attempts = [attempt for _, runs in self._rows for run, made in runs for attempt in made]
        for attempt in attempts:
            attempt.task_run_id = attempt.task_run.pk
        TaskAttempt.objects.bulk_create(sorted(attempts, key=lambda row: row.finished_at), batch_size=500)
        self._rows.clear()


def _register(name: str, tasks: int) -> PipelineVersion:
    written = [{"name": f"t{position}", "type": "echo"} for position in range(tasks)]
    level = {"sla": {"seconds": 5, "share": 0.9}} if name == "alpha" else {}
    return register_pipeline(pipeline=Pipeline({"name": name, "tasks": written, **level}))


def _milliseconds(seconds: float) -> timedelta:
    return timedelta(milliseconds=max(1, round(seconds * 1000)))


def _whole(at: datetime) -> datetime:
    return datetime.fromtimestamp(int(at.timestamp()), UTC)
