"""Who this process is: its worker's identity, and whether the worker is stopping.

Set in the worker's main process before it forks, so that its children know it too.
"""

import mmap
import os
import socket
import threading
import uuid
from dataclasses import dataclass, field

from billiard.common import terminate_handler_fired  # type: ignore[attr-defined]  # newer than its stubs

from orchestration.engine.outcomes import Claimant


@dataclass(frozen=True, slots=True)
class Identity:
    """One worker process and the children it forks."""

    worker_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    hostname: str = field(default_factory=socket.gethostname)
    main_pid: int = field(default_factory=os.getpid)
    task_types: frozenset[str] = frozenset()
    queues: tuple[str, ...] = ("default",)
    is_private: bool = False
    # One byte shared with the children: 1 once the worker stops.
    stop_flag: mmap.mmap = field(default_factory=lambda: mmap.mmap(-1, 1))

    def claimant(self) -> Claimant:
        """The claimant of the calling thread."""
        pid = current_pid()
        return Claimant(
            worker_id=self.worker_id,
            pid=pid,
            task_types=self.task_types,
            queues=self.queues,
            name=f"{self.hostname}:{pid}",
            is_private=self.is_private,
        )


_identity: Identity | None = None


def set_identity(identity: Identity) -> None:
    global _identity
    _identity = identity


def identity() -> Identity:
    """The identity of the worker this process belongs to. Raises `RuntimeError` outside a worker."""
    if _identity is None:
        raise RuntimeError("this process is not a worker; start one with: celery -A config worker")
    return _identity


def current_pid() -> int:
    """The process id in a process's main thread (a prefork child), the thread's own id elsewhere (threads pool)."""
    return os.getpid() if threading.current_thread() is threading.main_thread() else threading.get_native_id()


def announce_stop() -> None:
    """Tell this worker's children to finish what they do and take nothing more."""
    if _identity is not None:
        _identity.stop_flag[0] = 1


def is_stopping() -> bool:
    """True when the worker stops, or its main process is gone (then nobody would renew a new lease)."""
    if _identity is None or _identity.is_private:
        return False
    return _identity.stop_flag[0] == 1 or _identity.main_pid not in (os.getpid(), os.getppid())


def is_being_ended() -> bool:
    """True once this process, a child, was told to end: any exception since then comes of that, not of the work."""
    return bool(terminate_handler_fired())
