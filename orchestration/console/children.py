"""Child processes of a command (workers, a web server): started, watched, and ended with it.

Each has a log file and a process group of its own, so that Ctrl-C reaches the command alone, which then ends them in
order. On Linux they also end when the command is killed (`kill -9`), so that nothing is left behind.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from django.conf import settings

from common.errors import Failed

TAIL_LINES = 25
TAIL_BYTES = 16 * 1024
POLL_SECONDS = 0.05
READY_SECONDS = 60.0

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class ChildDied(Failed):
    """A process that had to live has ended; the message holds the end of its log."""

    code = "process_died"


@dataclass
class Child:
    """A running process and its log."""

    name: str
    popen: subprocess.Popen[bytes]
    log: Path
    log_start: int
    """Where in the log this process began: earlier lines belong to another one."""
    started_at: float
    """On `time.monotonic()`'s clock."""

    @property
    def is_running(self) -> bool:
        return self.popen.poll() is None

    def failed(self, how: str) -> ChildDied:
        """The error that says how it failed, with the last lines it wrote."""
        tail = self._read_tail() or "(it wrote nothing)"
        return ChildDied(f"The {self.name} {how}. The end of its log, {self.log}:\n\n{tail}")

    def _read_tail(self) -> str:
        with self.log.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(self.log_start, end - TAIL_BYTES))
            return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-TAIL_LINES:])


@dataclass
class Children:
    """A context manager: what is started inside is gone when it is left; with `keep` only when an error ends it."""

    keep: bool = False
    stop_seconds: float = field(default_factory=lambda: settings.ORCHESTRATION.shutdown_grace_seconds + 10)
    """How long a child may take to end before it is killed."""
    _started: list[Child] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self.keep or error is not None:
            self.stop()

    def __len__(self) -> int:
        return len(self._started)

    def start(self, name: str, *words: str, log: Path) -> Child:
        """Start `python …` in the project's root."""
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            start = output.tell()
            popen = subprocess.Popen(  # noqa: S603 - our own interpreter with our own words
                [sys.executable, *words],
                cwd=settings.BASE_DIR,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=0,
                preexec_fn=None if self.keep else _end_with_parent,
            )
        child = Child(name, popen, log, start, time.monotonic())
        self._started.append(child)
        return child

    def start_worker(self, *, concurrency: int, log: Path) -> Child:
        """Start `celery -A config worker`, which brings its own ticker and, without a broker, its feeder."""
        name = f"orchestration-{os.getpid()}@%h"
        words = ("-m", "celery", "-A", "config", "worker", "--loglevel", "INFO", "--hostname", name)
        return self.start("worker", *words, "--concurrency", str(concurrency), log=log)

    def check(self) -> None:
        """Raise `ChildDied` when one of them is gone."""
        for child in self._started:
            if not child.is_running:
                raise child.failed(f"ended with exit code {child.popen.returncode}")

    def check_ready(self, is_ready: bool) -> None:
        """Raise `ChildDied` when one is gone, or is not ready although it has had plenty of time."""
        self.check()
        for child in self._started:
            if not is_ready and time.monotonic() - child.started_at > READY_SECONDS:
                raise child.failed(f"was not ready within {READY_SECONDS:.0f} s")

    def stop(self) -> None:
        """End all of them, politely first; a second Ctrl-C meanwhile ends the patience."""
        deadline = time.monotonic() + self.stop_seconds
        try:
            self._signal(signal.SIGTERM)
            while any(child.is_running for child in self._started) and time.monotonic() < deadline:
                time.sleep(POLL_SECONDS)
        finally:
            self._signal(signal.SIGKILL)
            for child in self._started:
                child.popen.wait()

    def _signal(self, number: signal.Signals) -> None:
        for child in self._started:
            if child.is_running:
                with contextlib.suppress(ProcessLookupError):
                    # The polite signal to the process itself, which ends its own children; the other to all of them.
                    if number == signal.SIGKILL:
                        os.killpg(child.popen.pid, number)
                    else:
                        os.kill(child.popen.pid, number)


def _end_with_parent() -> None:
    """In the child, before it becomes another program: ask the kernel for a SIGTERM when the parent dies."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
