"""Child processes of a command (workers, a web server): started, watched, and ended with it.

Each has a log file and a process group of its own, so that Ctrl-C reaches the command alone, which then ends them in
order.
"""

import contextlib
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

from orchestration.exceptions import OrchestrationError

TAIL_LINES = 25
TAIL_BYTES = 16 * 1024
POLL_SECONDS = 0.05


class ChildDied(OrchestrationError):
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

    @property
    def is_running(self) -> bool:
        return self.popen.poll() is None

    def read_tail(self) -> str:
        """The last lines it wrote."""
        with self.log.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(self.log_start, end - TAIL_BYTES))
            return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-TAIL_LINES:])


@dataclass
class Children:
    """A context manager: what is started inside is gone when it is left, except what was told to stay."""

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
            )
        child = Child(name, popen, log, start)
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
                how = f"ended with exit code {child.popen.returncode}"
                tail = child.read_tail() or "(it wrote nothing)"
                raise ChildDied(f"The {child.name} {how}. The end of its log, {child.log}:\n\n{tail}")

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
