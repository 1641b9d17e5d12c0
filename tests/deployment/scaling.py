"""`python -m tests.deployment.scaling [--rounds N]`: what more workers bring on this machine (docs/scaling.md).

Three kinds of work: tasks that do next to nothing (what is timed is the engine), tasks that compute, tasks that wait.
Prints a table: tasks per second (median, least and greatest of the rounds), what a task costs in CPU with all servers
and clients, which other programs on the machine hardly change, and PostgreSQL's connections while the work was done.
"""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import psutil
import psycopg

from benchmarks.driver import Driver
from benchmarks.engines import ENGINES
from benchmarks.stack import DurablePostgres, Stack
from tests.plugin import clean_environment
from tests.processes import ROOT, Processes
from tests.services import RedisServer


@dataclass(frozen=True)
class Work:
    """`tasks` of an execution run side by side, but for a first and a last one when `is_diamond`."""

    title: str
    task_type: str
    parameters: dict[str, Any]
    tasks: int
    runs: int = 1
    is_diamond: bool = False

    @property
    def definition(self) -> dict[str, Any]:
        kind = {"type": self.task_type, "parameters": self.parameters}
        names = [f"t{n}" for n in range(self.tasks)]
        tasks: list[dict[str, Any]] = [{"name": name, **kind} for name in names]
        if self.is_diamond:
            tasks = [{"name": "first", **kind}, *(task | {"dependencies": ["first"]} for task in tasks)]
            tasks.append({"name": "last", "dependencies": names, **kind})
        return {"name": f"scaling_{self.task_type}", "max_parallel": len(tasks), "tasks": tasks}

    @property
    def size(self) -> int:
        return self.runs * len(self.definition["tasks"])


@dataclass(frozen=True)
class Setup:
    """`workers` Celery workers of `places` processes or threads each. `profile` is an engine of the benchmarks."""

    work: Work
    workers: int
    places: int
    pool: str = "prefork"
    profile: str = "ours"


EMPTY = Work("next to nothing", "benchmark_step", {}, tasks=3, runs=100, is_diamond=True)
COMPUTE = Work("compute 0.1 s", "benchmark_step", {"cpu_seconds": 0.1}, tasks=24)
WAIT = Work("wait 0.5 s", "sleep", {"seconds": 0.5}, tasks=100)

ARRANGEMENTS = ((1, 1), (1, 2), (1, 4), (2, 1), (2, 2), (4, 1))
SETUPS = (
    *(Setup(EMPTY, *arrangement) for arrangement in ARRANGEMENTS),
    *(Setup(EMPTY, *arrangement, profile="embedded") for arrangement in ARRANGEMENTS[:3]),
    *(Setup(COMPUTE, *arrangement) for arrangement in ((1, 1), (1, 2), (1, 4), (2, 2))),
    Setup(COMPUTE, 1, 4, pool="threads"),
    *(Setup(WAIT, 1, places) for places in (2, 4)),
    *(Setup(WAIT, workers, places, pool="threads") for workers, places in ((1, 10), (1, 20), (2, 20), (1, 50))),
)


PAGE = ROOT / "docs" / "scaling.md"
BEGIN, END = "<!-- tests.deployment.scaling writes from here -->\n", "<!-- to here -->"
HEAD = """| work | profile | workers × places | tasks/s | least–greatest | CPU ms per task | connections |
|---|---|---|---:|---:|---:|---:|"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what more workers bring on this machine.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="put the table into docs/scaling.md")
    options = parser.parse_args()
    print(HEAD)
    rows = []
    for row in _rows(options.rounds):
        print(row, flush=True)
        rows.append(row)
    if options.write:
        before, _, rest = PAGE.read_text().partition(BEGIN)
        table = "\n".join((HEAD, *rows))
        PAGE.write_text(f"{before}{BEGIN}\n{table}\n\n{END}{rest.partition(END)[2]}")


def _rows(rounds: int) -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="orchestration-scaling-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        postgres, redis = DurablePostgres(folder / "postgres"), RedisServer(folder / "redis")
        try:
            postgres.start()
            redis.start()
            for number, setup in enumerate(SETUPS):
                place = folder / str(number)
                place.mkdir()
                yield _row(setup, _measure(setup, Stack(place, postgres, redis), place, rounds))
        finally:
            redis.stop()
            postgres.stop()


@dataclass(frozen=True)
class Measured:
    """`connections` are those at the end of the work, None on SQLite; `cpu` is seconds per task."""

    rates: list[float]
    cpu: float
    connections: int | None


def _measure(setup: Setup, stack: Stack, folder: Path, rounds: int) -> Measured:
    env = clean_environment() | {"PYTHONPATH": str(ROOT)} | dict(ENGINES[setup.profile].environment(stack))
    env["TASK_HANDLER_MODULES"] = "benchmarks.handlers,tests.sample_handlers"
    with _workers(setup, env, folder), closing(Driver("tests.deployment.scaling_client", env)) as driver:
        driver.call("measure", setup.work.definition, min(5, setup.work.runs))
        used = _cpu_seconds()
        seconds = [driver.call("measure", setup.work.definition, setup.work.runs) for _ in range(rounds)]
        cpu = (_cpu_seconds() - used) / (rounds * setup.work.size)
        connections = _count_connections(env["DATABASE_URL"]) if "DATABASE_URL" in env else None
    return Measured([setup.work.size / taken for taken in seconds], cpu, connections)


def _cpu_seconds() -> float:
    """Of everything started here: servers, workers, the one that submits."""
    times = (process.cpu_times() for process in psutil.Process().children(recursive=True))
    return sum(time.user + time.system for time in times)


@contextmanager
def _workers(setup: Setup, env: dict[str, str], folder: Path) -> Iterator[None]:
    processes = Processes(folder)
    options = (f"--pool={setup.pool}", f"--concurrency={setup.places}", "--without-gossip", "--without-mingle")
    try:
        for number in range(setup.workers):
            processes.worker(*options, f"--hostname=w{number}@%h", env=env, ready="orchestration.work")
        yield
    finally:
        processes.close()


def _count_connections(url: str) -> int:
    """Those of the workers and the one that submits, without this one."""
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchone()
    assert found is not None
    return int(found[0])


def _row(setup: Setup, found: Measured) -> str:
    profile = {"ours": "PostgreSQL, Redis", "embedded": "SQLite, no broker"}[setup.profile]
    places = f"{setup.workers} × {setup.places} {'threads' if setup.pool == 'threads' else 'processes'}"
    held = "" if found.connections is None else str(found.connections)
    spread = f"{min(found.rates):.0f}–{max(found.rates):.0f}"
    work = f"{setup.work.title} | {profile} | {places}"
    return f"| {work} | {median(found.rates):.0f} | {spread} | {found.cpu * 1000:.1f} | {held} |"


if __name__ == "__main__":
    main()
