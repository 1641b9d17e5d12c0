"""The words for where an execution, a task run or an attempt stands, and which moves are allowed. Pure."""

from enum import StrEnum


class ExecutionStatus(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"

    @property
    def is_terminal(self) -> bool:
        return self in TERMINAL_EXECUTION


class TaskRunStatus(StrEnum):
    PENDING = "pending"
    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    RETRYING = "retrying"
    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"

    @property
    def is_terminal(self) -> bool:
        return not TASK_RUN_MOVES[self]


class AttemptStatus(StrEnum):
    """How one try ended. Rows are written when it ends, so there is no word for one that still runs."""

    COMPLETED = "completed"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    CRASHED = "crashed"
    HANDED_BACK = "handed_back"
    DISCARDED = "discarded"


class Trigger(StrEnum):
    """What an execution was started from."""

    API = "api"
    PAGE = "page"
    COMMAND = "command"
    PYTHON = "python"

    @property
    def label(self) -> str:
        return {"api": "REST", "page": "a page", "command": "a command", "python": "Python"}[self.value]


_S = TaskRunStatus

TASK_RUN_MOVES: dict[TaskRunStatus, frozenset[TaskRunStatus]] = {
    _S.PENDING: frozenset({_S.QUEUED, _S.SKIPPED, _S.CANCELLED}),
    _S.QUEUED: frozenset({_S.RUNNING, _S.CANCELLED, _S.TIMED_OUT}),
    # `queued` again: handed back by a worker that stops, or expired with its lease.
    _S.RUNNING: frozenset({_S.COMPLETED, _S.FAILED, _S.RETRYING, _S.WAITING, _S.QUEUED, _S.TIMED_OUT, _S.CANCELLED}),
    _S.RETRYING: frozenset({_S.QUEUED, _S.CANCELLED, _S.TIMED_OUT}),
    _S.WAITING: frozenset({_S.QUEUED, _S.COMPLETED, _S.FAILED, _S.CANCELLED, _S.TIMED_OUT}),
    _S.COMPLETED: frozenset(),
    _S.FAILED: frozenset(),
    _S.SKIPPED: frozenset(),
    _S.CANCELLED: frozenset(),
    _S.TIMED_OUT: frozenset(),
}

LIVE_EXECUTION = (ExecutionStatus.PENDING, ExecutionStatus.RUNNING, ExecutionStatus.WAITING, ExecutionStatus.PAUSED)
CLAIMABLE_EXECUTION = (ExecutionStatus.PENDING, ExecutionStatus.RUNNING, ExecutionStatus.WAITING)
TERMINAL_EXECUTION = tuple(status for status in ExecutionStatus if status not in LIVE_EXECUTION)
OPEN_TASK_RUN = tuple(status for status, moves in TASK_RUN_MOVES.items() if moves)
TERMINAL_TASK_RUN = tuple(status for status, moves in TASK_RUN_MOVES.items() if not moves)
