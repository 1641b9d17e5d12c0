"""Background threads of a worker's main process: one class for the lease keeper, the ticker and the feeder."""

import logging
import os
import threading
import time
import weakref
from collections.abc import Callable

from django.db import connection

from common.resilience import DATABASE_TROUBLE, MAX_REST_SECONDS, drop_broken_connection

logger = logging.getLogger(__name__)

# A fork while another thread holds a lock (logging, a database driver) leaves it locked for ever in the child.
# So a process forks only while each of its loops rests; one stuck on a dead database delays it by this at most.
FORK_PATIENCE_SECONDS = 2.0

_loops: "weakref.WeakSet[BackgroundLoop]" = weakref.WeakSet()
_held_for_fork: "list[BackgroundLoop]" = []


def _before_fork() -> None:
    deadline = time.monotonic() + FORK_PATIENCE_SECONDS
    _held_for_fork.extend(
        loop for loop in _loops if loop.step_lock.acquire(timeout=max(0.0, deadline - time.monotonic()))
    )


def _after_fork() -> None:
    while _held_for_fork:
        _held_for_fork.pop().step_lock.release()


os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)


class BackgroundLoop:
    """Calls `step` again and again on a daemon thread; `step` returns the seconds to rest until the next call.

    An error is logged and followed by a growing rest. The loop ends at `stop()`, or when `step` returns None.
    """

    def __init__(self, name: str, step: Callable[[], float | None]) -> None:
        self._step: Callable[[], float | None] = step
        self._wake = threading.Event()
        self._stopping = False
        self._failures = 0
        # Lock, not RLock: the thread that forks is never the one that steps.
        self.step_lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name=f"orchestration-{name}", daemon=True)

    def start(self) -> None:
        _loops.add(self)
        self._thread.start()

    def stop(self, timeout: float = 5.0) -> None:
        self._stopping = True
        self._wake.set()
        self._thread.join(timeout)

    def _run(self) -> None:
        rest: float | None = 0.0
        while rest is not None and not self._stopping:
            rest = self._step_safely()
            self._wake.wait(rest or 0.0)
            self._wake.clear()
        connection.close()

    def _step_safely(self) -> float | None:
        try:
            with self.step_lock:
                rest: float | None = self._step()
        except DATABASE_TROUBLE as error:
            logger.warning("%s: the database does not answer (%s)", self._thread.name, str(error).strip())
            drop_broken_connection()
        except Exception:  # a loop must outlive any one step
            logger.exception("%s: a step failed", self._thread.name)
        else:
            self._failures = 0
            return rest
        self._failures += 1
        return min(0.2 * 2.0**self._failures, MAX_REST_SECONDS)
