"""One task run as its page and panel show it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from orchestration.definition.yaml_text import write_yaml
from orchestration.engine.versions import pipeline_of
from orchestration.models import Execution, ExecutionEvent, TaskAttempt, TaskRun
from orchestration.selectors.attempts import LastAttempts, last_attempts
from orchestration.selectors.cache_notes import HIT, CacheNote, note_of
from orchestration.selectors.execution_page import find_task
from orchestration.selectors.hints import Hint, hint_for
from orchestration.selectors.spending import Spent, spent_by_task
from orchestration.selectors.stored_values import StoredValue, read_stored
from orchestration.selectors.typical import typical_tasks
from orchestration.states import TaskRunStatus
from web.quantities import duration, plural

S = TaskRunStatus
ATTEMPTS_SHOWN = 20
NEIGHBOURS_SHOWN = 12
LONGEST_DEFINITION = 20_000


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Tasks before or behind, with their states; the first of `number`."""

    tasks: tuple[tuple[str, str], ...]
    number: int


@dataclass(frozen=True, slots=True)
class TaskPage:
    row: TaskRun
    attempts: LastAttempts
    spent: Spent
    sentence: str
    worker: str
    needs: Neighbours
    needed_by: Neighbours
    previous: str
    following: str
    """Names of the tasks before and behind it in the order of execution; "" at the ends."""
    output: StoredValue | None
    definition: str
    """The task as YAML, cut when it is very long."""
    hint: Hint | None
    reused_from: str
    """The id of the execution whose result this is, if it was not run here."""
    cache: CacheNote | None
    """What the result cache did for it, if it asks the cache."""

    @property
    def error(self) -> Mapping[str, Any]:
        return self.row.error or {}


def read_task_page(execution: Execution, name: str, *, typical: Sequence[UUID], now: datetime) -> TaskPage | None:
    """None when the execution has no such task. `typical` are executions to compare its time with."""
    row = find_task(execution, name)
    if row is None:
        return None
    pipeline = pipeline_of(execution.version_id)
    order, position = pipeline.graph.order, row.position
    attempts = last_attempts(row, ATTEMPTS_SHOWN)
    median = typical_tasks(typical, [name], tasks=len(order)).get(name)
    is_reused = row.status == S.COMPLETED and row.started_at is None
    return TaskPage(
        row=row,
        attempts=attempts,
        spent=spent_by_task([row.pk]).get(row.pk, Spent()),
        sentence=_sentence(row, attempts.rows, median, now),
        worker=_worker(row, attempts.rows),
        needs=_neighbours(execution, pipeline.graph.parents(name)),
        needed_by=_neighbours(execution, pipeline.graph.children(name)),
        previous=order[position - 1] if position else "",
        following=order[position + 1] if position + 1 < len(order) else "",
        output=_read_output(row),
        definition=write_yaml(pipeline.config.task(name).model_dump(mode="json", exclude_defaults=True))[
            :LONGEST_DEFINITION
        ],
        hint=hint_for(str((row.error or {}).get("code", ""))) if row.status in (S.FAILED, S.TIMED_OUT) else None,
        reused_from=_reused_from(execution, name) if is_reused else "",
        cache=note_of(row),
    )


def _read_output(row: TaskRun) -> StoredValue | None:
    stored = TaskRun.objects.filter(pk=row.pk).values_list("output", flat=True).first()
    return None if stored is None else read_stored(stored)


def _neighbours(execution: Execution, names: Sequence[str]) -> Neighbours:
    if not names:
        return Neighbours((), 0)
    positions = pipeline_of(execution.version_id).graph.positions
    rows = TaskRun.objects.filter(execution_id=execution.pk, position__in=[positions[name] for name in names])
    shown = rows.order_by("position").values_list("name", "status")[:NEIGHBOURS_SHOWN]
    return Neighbours(tuple(shown), len(names))


def _reused_from(execution: Execution, name: str) -> str:
    events = ExecutionEvent.objects.filter(execution_id=execution.pk, kind="task.reused", task_name=name)
    details = events.values_list("details", flat=True).first()
    return str((details or {}).get("execution_id", ""))


def _worker(row: TaskRun, attempts: Sequence[TaskAttempt]) -> str:
    if row.status == S.RUNNING and row.worker:
        return f"{row.worker.hostname}, process {row.worker_pid}"
    host, _, pid = attempts[-1].worker.rpartition(":") if attempts else ("", "", "")
    return f"{host}, process {pid}" if host else ""


def _sentence(row: TaskRun, attempts: Sequence[TaskAttempt], median: float | None, now: datetime) -> str:
    is_hit = (row.cache or {}).get("outcome") == HIT
    usual = "" if median is None or is_hit else f" The median is {duration(median)}."
    words = _SENTENCES.get(S(row.status))
    return words(row, attempts, now) + (usual if row.started_at else "") if words else str(row.status)


def _completed(row: TaskRun, attempts: Sequence[TaskAttempt], now: datetime) -> str:
    if row.started_at is None:
        return "Not run here: the result of an earlier execution is reused."
    if (row.cache or {}).get("outcome") == HIT:
        return "Answered from the cache: the same question was asked before."
    at_work = sum((one.finished_at - one.started_at).total_seconds() for one in attempts)
    if len(attempts) < 2:
        return f"Completed in {duration(at_work)}."
    in_all = ((row.finished_at or now) - attempts[0].started_at).total_seconds()
    which = f"Completed on attempt {row.failures + row.crashes + 1}"
    return f"{which}: {duration(in_all)} in all, {duration(at_work)} of it at work."


def _running(row: TaskRun, attempts: Sequence[TaskAttempt], now: datetime) -> str:
    since = duration((now - (row.started_at or now)).total_seconds())
    which = f", attempt {row.failures + row.crashes + 1}" if row.failures + row.crashes else ""
    return f"Running for {since}{which}; an attempt may take {duration(row.timeout_seconds)}."


def _retrying(row: TaskRun, attempts: Sequence[TaskAttempt], now: datetime) -> str:
    left = ((row.not_before or now) - now).total_seconds()
    when = f"in {duration(left)}" if left > 0 else "now"
    return f"Attempt {row.failures + 1} of {row.max_attempts} is due {when}."


def _failed(row: TaskRun, attempts: Sequence[TaskAttempt], now: datetime) -> str:
    tried = row.failures + row.crashes
    return f"Failed for good after {plural(tried, 'attempt', 'attempts')}." if tried else "Failed for good."


def _timed_out(row: TaskRun, attempts: Sequence[TaskAttempt], now: datetime) -> str:
    which = {"queue": "no worker took it in time", "run": "the execution's own time was over"}
    return f"Timed out: {which.get(str((row.error or {}).get('timeout')), 'every attempt took too long')}."


def _skipped(row: TaskRun, attempts: Sequence[TaskAttempt], now: datetime) -> str:
    blamed = (row.error or {}).get("task")
    return f"Skipped because {blamed} did not complete." if blamed else "Skipped."


def _queued(row: TaskRun, attempts: Sequence[TaskAttempt], now: datetime) -> str:
    since = duration((now - (row.queued_at or now)).total_seconds())
    return f"Queued for {since}: it waits for a worker of the queue “{row.queue}”."


def _pending(row: TaskRun, attempts: Sequence[TaskAttempt], now: datetime) -> str:
    return f"Not started: it waits for {plural(row.remaining_dependencies, 'task', 'tasks')} before it."


def _cancelled(row: TaskRun, attempts: Sequence[TaskAttempt], now: datetime) -> str:
    return "Cancelled while it ran." if row.started_at else "Cancelled before it ran."


_SENTENCES = {
    S.COMPLETED: _completed,
    S.RUNNING: _running,
    S.RETRYING: _retrying,
    S.FAILED: _failed,
    S.TIMED_OUT: _timed_out,
    S.SKIPPED: _skipped,
    S.QUEUED: _queued,
    S.PENDING: _pending,
    S.CANCELLED: _cancelled,
}
