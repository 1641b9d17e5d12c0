"""Starts programs of ours by a fork of a process that has the libraries loaded, as multiprocessing's fork server does.

Loading Django, Celery and what these need is half of a program's start, and the tests start hundreds of programs. The
product itself is not loaded before the fork: its modules, settings and environment are read anew by each program.
Owns both ends: `ForkServer` for the tests, and `python -m tests.forkserver`, which forks. A program started so is a
process in a session of its own, as any other; but its parent is the fork server, which tells us when it ended.
"""

import gc
import json
import os
import re
import runpy
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
AS_SHIPPED = ROOT / "tests" / "as_shipped"
LIBRARIES = """
    celery.bin.celery celery.apps.worker celery.concurrency.prefork celery.result kombu.transport.redis
    django.core.management django.core.handlers.wsgi django.template.backends.django
    django.contrib.admin django.contrib.staticfiles.handlers
    django.db.backends.sqlite3.base django.db.backends.postgresql.base
    environ jsonschema psutil pydantic.json_schema pydantic.types rich.table yaml
""".split()
# What the interpreter and the C library read when they start.
READ_AT_START = re.compile(r"PYTHON.*|LD_.*|LC_.*|LANG|LANGUAGE|TZ")
LARGEST = 1 << 17  # bytes of a request: an environment is most of it
STARTED, ENDED = "pid", "code"  # what is told of a program, each with its number


class Request(NamedTuple):
    """`python …`, and where."""

    words: list[str]
    env: dict[str, str]
    cwd: str


class Program:
    """What the tests use of `subprocess.Popen`, for a program that is another process's child."""

    def __init__(self, words: Sequence[str], news: socket.socket) -> None:
        self.args = words
        self.returncode: int | None = None
        self._news = news
        self._lock = threading.Lock()
        self.pid = self._hear(STARTED)

    def poll(self) -> int | None:
        return self._look(0)

    def wait(self, timeout: float | None = None) -> int:
        """Raises `subprocess.TimeoutExpired`."""
        code = self._look(timeout)
        if code is None:
            assert timeout is not None
            raise subprocess.TimeoutExpired(self.args, timeout)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _look(self, seconds: float | None) -> int | None:
        with self._lock:
            if self.returncode is None:
                self._news.settimeout(seconds)
                try:
                    self.returncode = self._hear(ENDED)
                except (BlockingIOError, TimeoutError):
                    return None
                self._news.close()
            return self.returncode

    def _hear(self, of: str) -> int:
        what, _, number = self._news.recv(32).decode().partition(" ")
        if what != of:
            self._news.close()
            raise ChildProcessError(f"{self.args} was not started, or the fork server ended")
        return int(number)


class ForkServer:
    """The test process's end; the server starts when the first program does."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._control, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    def start(self, words: Sequence[str], env: Mapping[str, str], cwd: Path, *streams: int) -> Program:
        """`python words…` with these three standard streams; returns once it is a process of its own."""
        if self._process is None:
            self._process = self._start()
        news, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        request = Request([*words], {**env}, str(cwd))
        with theirs:
            socket.send_fds(self._control, [json.dumps(request).encode()], [theirs.fileno(), *streams])
        return Program(words, news)

    def close(self) -> None:
        """It ends when our end is closed, so also when we are killed; what it started goes on."""
        self._control.close()
        self._theirs.close()
        if self._process:
            self._process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        with self._theirs:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.forkserver", str(self._theirs.fileno())],
                cwd=ROOT,
                env=as_shipped(os.environ),
                stdin=subprocess.DEVNULL,
                pass_fds=[self._theirs.fileno()],
                start_new_session=True,
            )


@cache
def get_forkserver() -> ForkServer:
    """That of this process."""
    return ForkServer()


def can_fork(words: Sequence[str], env: Mapping[str, str]) -> bool:
    """Whether a fork is as good as a start: for a module or a script that is to see what the fork server saw."""
    is_program = words[0] == "-m" or not words[0].startswith("-")
    return sys.platform == "linux" and is_program and _read_at_start(env) == _read_at_start(as_shipped(os.environ))


def as_shipped(env: Mapping[str, str]) -> dict[str, str]:
    """The environment, without what is installed for the tests alone and would change how a program works."""
    return {**env, "PYTHONPATH": os.pathsep.join(filter(None, (str(AS_SHIPPED), env.get("PYTHONPATH"))))}


def _read_at_start(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if READ_AT_START.fullmatch(name)}


class Forker:
    """The server's end. It runs no thread of its own, so a fork is safe."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._children: dict[int, socket.socket] = {}

    def serve(self) -> Request | None:
        """Fork for each request. Returns in the child, with what it has to become; and, with None, at the end."""
        signal.signal(signal.SIGCHLD, self._tell_ends)
        while True:
            message, descriptors, _, _ = socket.recv_fds(self._control, LARGEST, 4)
            if not message:
                return None
            news, streams = socket.socket(fileno=descriptors[0]), descriptors[1:]
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
            pid = os.fork()
            if pid == 0:
                request = Request(*json.loads(message))
                self._enter(request, news, streams)
                return request
            self._children[pid] = news
            for descriptor in streams:
                os.close(descriptor)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])

    def _tell_ends(self, *_: object) -> None:
        while self._children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            with self._children.pop(pid) as news, suppress(OSError):  # nobody may be listening any more
                news.send(f"{ENDED} {os.waitstatus_to_exitcode(status)}".encode())

    def _enter(self, request: Request, news: socket.socket, streams: list[int]) -> None:
        """In the child: make it what a new process would be."""
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
        os.setsid()
        news.send(f"{STARTED} {os.getpid()}".encode())
        for number, descriptor in enumerate(streams):
            os.dup2(descriptor, number)
            os.close(descriptor)
        for held in (self._control, news, *self._children.values()):
            held.close()
        os.chdir(request.cwd)
        os.environ.clear()
        os.environ.update(request.env)


def become(request: Request) -> None:
    """Run what `python words…` runs, as `__main__`."""
    if request.words[0] == "-m":
        sys.argv = request.words[1:]
        sys.path[0] = request.cwd
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv = request.words
        sys.path[0] = str(Path(request.words[0]).resolve().parent)
        runpy.run_path(sys.argv[0], run_name="__main__")


def main() -> None:
    control = socket.socket(fileno=int(sys.argv[1]))
    for name in LIBRARIES:
        import_module(name)
    gc.freeze()
    request = Forker(control).serve()
    if request:
        become(request)


if __name__ == "__main__":
    main()
