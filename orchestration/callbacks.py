"""Callbacks of the façade: one daemon thread watches the executions this process started.

Nothing is promised after the process ends: what must not be missed belongs into the pipeline, or into a receiver.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from common.wording import show
from orchestration.arguments import refuse
from orchestration.engine.loops import BackgroundLoop
from orchestration.engine.versions import pipeline_of
from orchestration.models import Execution
from orchestration.states import TERMINAL_EXECUTION, ExecutionStatus

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.1
MOST_REMEMBERED = 1_000
"""Executions while nobody wants to be called."""
ERROR_STATUSES = (ExecutionStatus.FAILED, ExecutionStatus.TIMED_OUT)


@dataclass(frozen=True, slots=True)
class ExecutionSummary:
    """What a callback is given."""

    execution_id: str
    pipeline_id: str
    pipeline_name: str
    status: str
    error: str | None
    """The message of what went wrong, or None."""


Callback = Callable[[ExecutionSummary], Any]


class CallbackWatcher:
    """Calls back once for each watched execution that ended."""

    def __init__(self) -> None:
        self._completion: list[Callback] = []
        self._error: list[Callback] = []
        self._watched: dict[UUID, None] = {}  # in the order they were started
        self._lock = threading.Lock()
        self._loop: BackgroundLoop | None = None

    def add_completion_callback(self, callback: Callback) -> None:
        self._completion.append(_checked(callback))
        self._start_when_needed()

    def add_error_callback(self, callback: Callback) -> None:
        self._error.append(_checked(callback))
        self._start_when_needed()

    def watch(self, execution_id: UUID) -> None:
        """Call back when this execution has ended; of the newest ones also who asks for that only later."""
        with self._lock:
            self._watched[execution_id] = None
            if self._loop is None and len(self._watched) > MOST_REMEMBERED:
                del self._watched[next(iter(self._watched))]
        self._start_when_needed()

    def look(self) -> float | None:
        """Call back for what has ended by now; returns the seconds until the next look, None when nothing is left."""
        with self._lock:
            watched = set(self._watched)
        for execution in self._ended(watched):
            self._call(execution)
        with self._lock:
            if self._watched:
                return POLL_SECONDS
            self._loop = None
            return None

    def _ended(self, watched: set[UUID]) -> Iterator[Execution]:
        """Those that have ended, each given to one caller only."""
        if not watched:
            return
        rows = Execution.objects.filter(pk__in=watched, status__in=TERMINAL_EXECUTION)
        for execution in rows.defer("input", "output"):
            with self._lock:
                mine = execution.pk in self._watched
                self._watched.pop(execution.pk, None)
            if mine:
                yield execution

    def _call(self, execution: Execution) -> None:
        summary = ExecutionSummary(
            execution_id=str(execution.pk),
            pipeline_id=execution.pipeline_id,
            pipeline_name=pipeline_of(execution.version_id).name,
            status=str(execution.status),
            error=execution.error["message"] if execution.error else None,
        )
        callbacks = [*self._completion, *(self._error if execution.status in ERROR_STATUSES else ())]
        for callback in callbacks:
            try:
                callback(summary)
            except Exception:  # the caller's code: one bad callback must not silence the others
                logger.exception("a callback for execution %s failed", execution.pk)

    def _start_when_needed(self) -> None:
        with self._lock:
            if self._loop is None and self._watched and (self._completion or self._error):
                self._loop = BackgroundLoop("callbacks", self.look)
                self._loop.start()


def _checked(callback: Callback) -> Callback:
    if not callable(callback):
        refuse("callback", f"give a function that takes the execution, not {show(callback)}")
    return callback
