"""How an execution stands, in a sentence, and what comes next: the head of its page.

Owns the words. Everything but what is being waited for is passed in.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from orchestration.models import Execution, TaskRun
from orchestration.selectors.execution_page import waiting_task_runs
from orchestration.selectors.waiting import explain_waiting
from orchestration.selectors.workers import live_workers
from orchestration.states import ExecutionStatus, TaskRunStatus
from web.quantities import duration, plural

S = TaskRunStatus
NAMED = 2


@dataclass(frozen=True, slots=True)
class Headline:
    """`status` chooses the icon, `text` says why and what next."""

    status: str
    title: str
    text: str


def read_headline(
    execution: Execution, counts: Mapping[str, int], *, usual_seconds: float | None, now: datetime
) -> Headline:
    """The sentence about an execution whose task runs are in these states."""
    if execution.is_terminal:
        return _ended(execution, Counter(counts), usual_seconds)
    if execution.status == ExecutionStatus.PAUSED:
        return _paused(counts)
    live = waiting_task_runs(execution.pk)
    if running := [row for row in live if row.status == S.RUNNING]:
        return _running(execution, counts, running, usual_seconds, now)
    if any(row.status == S.QUEUED for row in live):
        return _queued(execution, live, counts)
    if retrying := [row for row in live if row.status == S.RETRYING]:
        return _retrying(retrying, counts, now)
    if any(row.status == S.WAITING for row in live):
        return _waiting(execution, live, counts)
    return Headline(execution.status, execution.status.capitalize(), f"{_progress(counts)}.")


def _ended(execution: Execution, counts: Counter[str], usual_seconds: float | None) -> Headline:
    took = duration(_seconds(execution.started_at or execution.created_at, execution.finished_at))
    error: Mapping[str, Any] = execution.error or {}
    done = _progress(counts)
    if execution.status == ExecutionStatus.COMPLETED:
        usual = "" if usual_seconds is None else f" It usually takes {duration(usual_seconds)}."
        return Headline(execution.status, f"Completed in {took}", f"{done}.{usual}")
    if execution.status == ExecutionStatus.CANCELLED:
        return Headline(execution.status, f"Cancelled after {took}", f"{_sentence(error.get('message'))} {done}.")
    if execution.status == ExecutionStatus.TIMED_OUT:
        return Headline(execution.status, f"Timed out after {took}", f"The pipeline's own timeout was over. {done}.")
    task = error.get("task")
    title = f"Failed at {task} after {took}" if task else f"Failed after {took}"
    return Headline(execution.status, title, _after_failure(counts, done))


def _after_failure(counts: Counter[str], done: str) -> str:
    reusable = counts[S.COMPLETED] and (counts[S.FAILED] or counts[S.TIMED_OUT] or counts[S.SKIPPED])
    return f"{done}. What completed can be reused: run it again from what failed." if reusable else f"{done}."


def _paused(counts: Mapping[str, int]) -> Headline:
    running = counts.get(S.RUNNING, 0)
    still = f" {plural(running, 'task is', 'tasks are')} still running and will finish." if running else ""
    return Headline("paused", "Paused", f"{_progress(counts)}.{still} Nothing new starts until it is resumed.")


def _running(
    execution: Execution,
    counts: Mapping[str, int],
    running: Sequence[TaskRun],
    usual_seconds: float | None,
    now: datetime,
) -> Headline:
    names = " and ".join(row.name for row in running)
    what = names if len(running) <= NAMED else plural(len(running), "task", "tasks")
    left = _left(execution, usual_seconds, now)
    return Headline("running", f"Running {what}{left}", f"{_progress(counts)}.")


def _left(execution: Execution, usual_seconds: float | None, now: datetime) -> str:
    if usual_seconds is None or execution.started_at is None:
        return ""
    left = usual_seconds - _seconds(execution.started_at, now)
    return f", about {duration(left)} left" if left >= 1 else ", longer than usual" if left < -1 else ""


def _queued(execution: Execution, live: Sequence[TaskRun], counts: Mapping[str, int]) -> Headline:
    reason, _, help_text = (explain_waiting(execution, live) or "").partition("; ")
    words = reason if reason.startswith(("no ", "the ")) else "waiting for the next free worker"
    mend = f"{_sentence(help_text)} " if help_text else ""
    return Headline("queued", f"Queued: {words}", f"{mend}{_progress(counts)}.")


def _waiting(execution: Execution, live: Sequence[TaskRun], counts: Mapping[str, int]) -> Headline:
    said = (explain_waiting(execution, live) or "").removeprefix("a person has to decide about ")
    return Headline("waiting", "Waiting for a person", f"{_sentence(f'To be decided: {said}')} {_progress(counts)}.")


def _retrying(retrying: Sequence[TaskRun], counts: Mapping[str, int], now: datetime) -> Headline:
    first = min(retrying, key=lambda row: row.not_before or now)
    which = f"attempt {first.failures + 1} of {first.max_attempts} of {first.name}"
    left = _seconds(now, first.not_before or now)
    failed = _sentence(f"the last one failed: {(first.error or {}).get('message', 'no reason is known')}")
    if left > 0:
        return Headline("retrying", f"Waiting: {which} is due in {duration(left)}", f"{failed} {_progress(counts)}.")
    if not live_workers().exists():
        start = "Start one with: celery -A config worker."
        return Headline("retrying", f"Waiting: {which} is due and no worker is running", f"{start} {failed}")
    return Headline("retrying", f"Waiting: {which} is due now", f"{failed} {_progress(counts)}.")


_ONE: dict[str, str] = {
    S.COMPLETED: "is done",
    S.FAILED: "failed",
    S.TIMED_OUT: "timed out",
    S.SKIPPED: "was skipped",
    S.CANCELLED: "was cancelled",
}


def _progress(counts: Mapping[str, int]) -> str:
    """`3 of 5 tasks are done, 1 failed and 1 was skipped`."""
    total, done = sum(counts.values()), counts.get(S.COMPLETED, 0)
    if total == 1:
        return f"Its task {_ONE.get(next(state for state in counts if counts[state]), 'is not done yet')}"
    if total == done:
        return "Both tasks are done" if total == 2 else f"All {plural(total, 'task', 'tasks')} are done"
    bad = counts.get(S.FAILED, 0) + counts.get(S.TIMED_OUT, 0)
    others = [f"{bad} failed"] if bad else []
    others += [
        f"{counts[state]} {_was(counts[state])} {state}" for state in (S.SKIPPED, S.CANCELLED) if counts.get(state)
    ]
    first = f"{done} of {plural(total, 'task', 'tasks')} {_is(done)} done"
    return " and ".join([", ".join([first, *others[:-1]]), *others[-1:]]) if others else first


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


def _was(number: int) -> str:
    return "was" if number == 1 else "were"


def _sentence(text: str | None) -> str:
    if not text:
        return ""
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '!', '?')) else '.'}"


def _seconds(start: datetime, end: datetime | None) -> float:
    return (end - start).total_seconds() if end else 0.0
