"""Looking into the database of an environment on SQLite: what a command did, without starting another to be told."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any


def execution_statuses(env: Mapping[str, str]) -> dict[str, str]:
    """Of every execution, by its id as Python writes it without hyphens."""
    return dict(_ask(env, "SELECT id, status FROM orchestration_execution"))


def task_statuses(env: Mapping[str, str]) -> dict[str, str]:
    """Of the tasks of the one execution there is."""
    return dict(_ask(env, "SELECT name, status FROM orchestration_taskrun"))


def running_workers(env: Mapping[str, str]) -> list[int]:
    """The process ids of those that have not said that they stopped."""
    return [pid for (pid,) in _ask(env, "SELECT pid FROM orchestration_worker WHERE stopped_at IS NULL")]


def _ask(env: Mapping[str, str], query: str) -> list[Any]:
    with closing(sqlite3.connect(Path(env["DATA_DIR"]) / "orchestration.sqlite3", timeout=20)) as connection:
        return connection.execute(query).fetchall()
