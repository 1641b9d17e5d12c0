"""The servers and processes of one session, and nothing left of them afterwards.

PostgreSQL runs with its own defaults, so every commit reaches the disk; Redis keeps nothing on disk.
"""

import os
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

import psutil

from benchmarks.driver import Driver
from tests.processes import ROOT, Processes, run_python
from tests.services import PostgresServer, RedisServer

INHERITED = ("HOME", "LANG", "LC_ALL", "PATH", "TMPDIR")
CHILDREN = 2
# Before anything is timed, everything started here together uses less than this share of one core.
QUIET_SHARE = 0.2
QUIET_WINDOW_SECONDS = 0.2
QUIET_PATIENCE_SECONDS = 10.0


class DurablePostgres(PostgresServer):
    """Durability as PostgreSQL's defaults have it; the tests' server has none."""

    # The last word counts. (`Any`, since the type of the tests' tuple counts its entries.)
    settings: Any = (
        *PostgresServer.settings,
        *("fsync=on", "synchronous_commit=on", "full_page_writes=on", "autovacuum_naptime=1min"),
    )


class StackFailed(Exception):
    """Something could not be started; the message says what and why."""


class Stack:
    """`folder` is empty and readable by the user PostgreSQL runs as; whoever made it removes it."""

    def __init__(self, folder: Path, postgres: PostgresServer, redis: RedisServer) -> None:
        self._folder = folder
        self.postgres = postgres
        self.redis = redis
        self._processes = Processes(folder)
        self._drivers: list[Driver] = []
        self._redis_databases = count(100)
        self._folders = count()

    def create_folder(self) -> str:
        folder = self._folder / f"data-{next(self._folders)}"
        folder.mkdir()
        return str(folder)

    def create_redis_url(self) -> str:
        return self.redis.url(next(self._redis_databases))

    def create_migrated_database(self) -> str:
        """The URL of a database of this project's."""
        return self.postgres.create_database(self._template)

    @cached_property
    def _template(self) -> str:
        url = self.postgres.create_database()
        self.migrate({"DATABASE_URL": url, "DATA_DIR": self.create_folder()})
        return url.rpartition("/")[2]

    def migrate(self, env: Mapping[str, str]) -> None:
        done = run_python("manage.py", "migrate", "--verbosity=0", env=_environment(env))
        if done.returncode != 0:
            raise StackFailed(f"the database could not be migrated:\n{done.stderr}")

    def start_worker(self, app: str, env: Mapping[str, str]) -> None:
        """`celery worker` with two prefork children and otherwise its own defaults."""
        words = ("-m", "celery", "-A", app, "worker", "--pool=prefork", f"--concurrency={CHILDREN}")
        self._processes.python(*words, env=_environment(env), name="worker")

    def start_driver(self, module: str, env: Mapping[str, str]) -> Driver:
        driver = Driver(module, _environment(env))
        self._drivers.append(driver)
        return driver

    def wait_until_quiet(self) -> None:
        """Give what the last measurement left behind (stale messages, checkpoints) time to pass."""
        deadline = time.monotonic() + QUIET_PATIENCE_SECONDS
        before = _cpu_seconds()
        while time.monotonic() < deadline:
            time.sleep(QUIET_WINDOW_SECONDS)
            after = _cpu_seconds()
            if after - before < QUIET_SHARE * QUIET_WINDOW_SECONDS:
                return
            before = after

    def describe_logs(self) -> str:
        """The ends of the workers' logs, for the report of a failure."""
        return "\n".join(f"{title}:\n{text}" for title, text in self._processes.describe())

    def close(self) -> None:
        for driver in self._drivers:
            driver.close()
        self._processes.close()


def _environment(env: Mapping[str, str]) -> dict[str, str]:
    """Nothing that configures this project or its libraries leaks in from the user's shell."""
    return {name: os.environ[name] for name in INHERITED if name in os.environ} | {"PYTHONPATH": str(ROOT)} | dict(env)


def _cpu_seconds() -> float:
    """What all our descendants have used so far."""
    used = 0.0
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            used += times.user + times.system
    return used
