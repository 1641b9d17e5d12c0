"""Real processes for tests: workers, commands, servers of ours.

Owns starting them with a given environment and a log file, waiting for a line of the log, and ending them with all
their descendants. Leaves the environment to the `work_environment` fixture, and crashes of the test run to
`tests/reaper.py`.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import psutil

from tests.forkserver import Program, as_shipped, can_fork, get_forkserver
from tests.reaper import get_reaper, signal_group
from tests.services import PATIENCE_SECONDS, read_tail, wait_until

ROOT = Path(__file__).resolve().parent.parent
AnyProcess = subprocess.Popen[bytes] | Program


class ProcessFailed(AssertionError):
    """A process ended, or stayed silent, when a test expected something else; the message ends with its log."""


def start_process(
    command: Sequence[str], env: Mapping[str, str], cwd: Path, *, stdin: IO[Any], stdout: IO[Any], stderr: IO[Any]
) -> AnyProcess:
    """Start a command in a session of its own, which the reaper guards; a program in Python by a fork, if it can be."""
    env = as_shipped(env)
    process: AnyProcess
    if command[0] == sys.executable and can_fork(command[1:], env):
        process = get_forkserver().start(command[1:], env, cwd, stdin.fileno(), stdout.fileno(), stderr.fileno())
    else:
        process = subprocess.Popen(
            command, cwd=cwd, env=env, stdin=stdin, stdout=stdout, stderr=stderr, start_new_session=True
        )
    get_reaper().guard_group(process.pid)
    return process


def is_gone(pid: int) -> bool:
    """True for a zombie too: it has ended, and when its parent collects it is not our business."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


class ManagedProcess:
    """A running process in a group of its own, whose output goes to `log`."""

    def __init__(self, name: str, command: list[str], env: Mapping[str, str], log: Path, cwd: Path) -> None:
        self.name = name
        self.log = log
        with Path(os.devnull).open("rb") as nothing, log.open("ab") as output:
            self.popen = start_process(command, env, cwd, stdin=nothing, stdout=output, stderr=output)

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def is_running(self) -> bool:
        return self.popen.poll() is None

    @property
    def children(self) -> list[psutil.Process]:
        """Direct children, oldest first: for a worker, its pool."""
        return sorted(psutil.Process(self.pid).children(), key=psutil.Process.create_time)

    def read_log(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_for(self, pattern: str, seconds: float = PATIENCE_SECONDS) -> re.Match[str]:
        """Wait until the log matches the regular expression; fail at once when the process ends without that."""
        wanted = re.compile(pattern, re.MULTILINE)
        wait_until(lambda: bool(wanted.search(self.read_log())) or not self.is_running, seconds)
        found = wanted.search(self.read_log())
        if found is None:
            end = "still runs" if self.is_running else f"ended with {self.popen.returncode}"
            message = f"{self.name} {end} and has not written {pattern!r} in {seconds:g} s; its log ends:"
            raise ProcessFailed(f"{message}\n{read_tail(self.log)}")
        return found

    def wait(self, seconds: float = PATIENCE_SECONDS) -> int:
        """Wait for the end; the exit code (negative: the signal)."""
        try:
            return self.popen.wait(seconds)
        except subprocess.TimeoutExpired as error:
            message = f"{self.name} still runs after {seconds:g} s; its log ends:\n{read_tail(self.log)}"
            raise ProcessFailed(message) from error

    def send_signal(self, number: signal.Signals) -> None:
        """To the main process only."""
        self.popen.send_signal(number)

    def kill(self) -> None:
        """`kill -9` of the main process and nothing else, as the OOM killer does; its children live on."""
        self.popen.kill()
        self.popen.wait()

    def kill_all(self) -> None:
        """`kill -9` of the process, its group and every descendant, whatever group they moved to."""
        descendants = self._find_descendants()
        signal_group(self.pid, signal.SIGKILL)
        for process in descendants:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.popen.wait()
        wait_until(lambda: all(is_gone(process.pid) for process in descendants), PATIENCE_SECONDS)
        get_reaper().release_group(self.pid)

    def stop(self, seconds: float = PATIENCE_SECONDS) -> int:
        """Ask the main process to end (SIGTERM), end what is left, and return its exit code."""
        self.popen.terminate()
        try:
            return self.wait(seconds)
        finally:
            self.kill_all()

    def _find_descendants(self) -> list[psutil.Process]:
        try:
            return psutil.Process(self.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []


class Processes:
    """Starts processes for one test; `close` leaves none behind."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.started: list[ManagedProcess] = []

    def start(
        self,
        *command: str | Path,
        env: Mapping[str, str],
        ready: str | None = None,
        seconds: float = PATIENCE_SECONDS,
        name: str | None = None,
        cwd: Path = ROOT,
    ) -> ManagedProcess:
        """Start a process and, when `ready` is given, wait until its log matches that regular expression."""
        words = [str(word) for word in command]
        name = f"{name or Path(words[0]).name}-{len(self.started) + 1}"
        process = ManagedProcess(name, words, env, self._directory / f"{name}.log", cwd)
        self.started.append(process)
        if ready is not None:
            process.wait_for(ready, seconds)
        return process

    def python(
        self, *words: str | Path, env: Mapping[str, str], ready: str | None = None, name: str = "python"
    ) -> ManagedProcess:
        """Start `python …` with the interpreter of the tests."""
        return self.start(sys.executable, *words, env=env, ready=ready, name=name)

    def manage(self, *words: str, env: Mapping[str, str], ready: str | None = None) -> ManagedProcess:
        """Start `manage.py …`."""
        return self.python("manage.py", *words, env=env, ready=ready, name=words[0])

    def worker(self, *options: str, env: Mapping[str, str], ready: str = r" ready\.$") -> ManagedProcess:
        """Start `celery -A config worker …` and wait until it takes work."""
        words = ("-m", "celery", "-A", "config", "worker", "--loglevel=INFO", *options)
        return self.python(*words, env=env, ready=ready, name="worker")

    def run(
        self, *words: str | Path, env: Mapping[str, str], seconds: float = 60, stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run `python …` to its end, output and errors apart; the caller judges the exit code."""
        return run_python(*words, env=env, seconds=seconds, stdin=stdin)

    def close(self) -> None:
        for process in reversed(self.started):
            process.kill_all()

    def describe(self) -> list[tuple[str, str]]:
        """A title and the end of the log for each process, for the report of a failed test."""
        return [(f"log of {process.name} (pid {process.pid})", read_tail(process.log)) for process in self.started]


def run_python(
    *words: str | Path, env: Mapping[str, str], seconds: float = 60, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run `python …` in the project's root to its end; raise `ProcessFailed` when it takes too long."""
    command = [sys.executable, *map(str, words)]
    with TemporaryFile("w+") as given, TemporaryFile("w+") as said, TemporaryFile("w+") as complained:
        given.write(stdin)
        given.seek(0)
        process = start_process(command, env, ROOT, stdin=given, stdout=said, stderr=complained)
        try:
            process.wait(seconds)
            is_late = False
        except subprocess.TimeoutExpired:
            is_late = True
        finally:
            signal_group(process.pid, signal.SIGKILL)
            get_reaper().release_group(process.pid)
        code = process.wait()
        said.seek(0)
        complained.seek(0)
        output, errors = said.read(), complained.read()
    if is_late:
        raise ProcessFailed(f"{' '.join(command)} still ran after {seconds:g} s:\n{output}{errors}")
    return subprocess.CompletedProcess(command, code, output, errors)
