"""Migrated databases to copy: each is made once in a run, by whichever test process needs it first.

Migrating takes seconds and copying takes none. Owns the making; who copies, and when, is `tests/conftest.py`.
"""

import fcntl
from collections.abc import Callable
from pathlib import Path

import psycopg

from tests.plugin import Run, clean_environment
from tests.processes import run_python

TEMPLATE = "migrated"


def make_once(place: Path, make: Callable[[], None]) -> None:
    """Call `make` unless a process of this run has done so for `place` already; the others wait for the first."""
    with Path(f"{place}.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.seek(0)
        if lock.read() != "made":
            make()
            lock.write("made")


def migrate(variables: dict[str, str]) -> None:
    """`manage.py migrate` in a process of its own."""
    done = run_python("manage.py", "migrate", "--verbosity=0", env=clean_environment() | variables)
    assert done.returncode == 0, done.stdout + done.stderr


def migrated_folder(run: Run) -> Path:
    """A data folder with a migrated SQLite database; to copy, never to use."""
    place = run.shared / TEMPLATE
    make_once(place, lambda: migrate({"DATA_DIR": str(place)}))
    return place


def migrated_template(run: Run, url: str) -> str:
    """The name of a migrated database on the PostgreSQL server of `url` (any of its databases)."""
    server = url.rpartition("/")[0]

    def make() -> None:
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {TEMPLATE}")
        migrate({"DATA_DIR": str(run.folder / "migrating"), "DATABASE_URL": f"{server}/{TEMPLATE}"})

    make_once(run.shared / f"postgres-{server.rpartition(':')[2]}", make)
    return TEMPLATE
