"""Every workload runs on every installed engine, once and tiny."""

import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from benchmarks.engines import ENGINES
from benchmarks.session import W7, make_plan, run_session
from benchmarks.stack import Stack
from benchmarks.workloads import WORKLOADS
from tests.services import PostgresServer, RedisServer


class Copying(Stack):
    """Its databases are copies of migrated ones."""

    def __init__(
        self, folder: Path, postgres: PostgresServer, redis: RedisServer, template: str, migrated: Path
    ) -> None:
        super().__init__(folder, postgres, redis)
        self._template = template
        self._migrated = migrated

    def migrate(self, env: Mapping[str, str]) -> None:
        shutil.copytree(self._migrated, env["DATA_DIR"], dirs_exist_ok=True)  # SQLite's file is in it


@pytest.mark.one_database
def test_every_workload_runs_on_every_engine_and_leaves_no_process(
    postgres_server: PostgresServer,
    redis_server: RedisServer,
    migrated_postgres: str,
    migrated_sqlite: Path,
    tmp_path: Path,
) -> None:
    installed = [name for name, engine in ENGINES.items() if engine.is_installed]
    plan = {workload.shrunk(): found for workload, found in make_plan([*WORKLOADS, W7], installed).items()}
    stack = Copying(tmp_path, postgres_server, redis_server, migrated_postgres, migrated_sqlite)
    try:
        seconds = run_session(stack, plan, rounds=1, careful=False, history=3, say=print)
    finally:
        stack.close()
    for workload, engines in plan.items():
        assert seconds[workload.name].keys() == {engine.name for engine in engines}
        assert all(len(rounds) == 1 and rounds[0] > 0 for rounds in seconds[workload.name].values())
    assert not [line for line in _descendants() if "celery" in line or "spawn_main" in line]


def _descendants() -> list[str]:
    lines = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # PostgreSQL's come and go
            lines.append(" ".join(process.cmdline()))
    return lines
