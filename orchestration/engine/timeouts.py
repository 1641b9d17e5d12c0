"""Interrupting a handler at its timeout.

In a process's main thread (prefork children, `run()`) a timer signal of our own raises `AttemptTimedOut` inside the
handler; it is armed only around the handler, never while a result is recorded. Elsewhere (threads pool) nothing can
interrupt running code: handlers pass `context.remaining_seconds` to what they call, and may look at `is_cancelled`.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from orchestration.exceptions import AttemptTimedOut


@contextmanager
def time_limit(seconds: float, *, said: float | None = None) -> Iterator[None]:
    """Raise `AttemptTimedOut` in the block after `seconds`, where that can be done; `said` is what it tells people."""
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    def interrupt(signum: int, frame: FrameType | None) -> None:
        raise AttemptTimedOut(f"the attempt took longer than its timeout of {said or seconds:g} s")

    previous = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
