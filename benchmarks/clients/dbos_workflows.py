"""DBOS: workflows and steps in one process, checkpointed in PostgreSQL, started directly (its queues poll).

DBOS is only here where `requirements-bench.txt` is installed, hence the import by name.
"""

import asyncio
import os
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from typing import Any

from benchmarks import work
from benchmarks.clients.base import Client, WrongResult
from benchmarks.work import Output
from benchmarks.workloads import Workload

# DBOS has two ways to write a workflow; each workload uses the one that was faster in trials.
SYNCHRONOUS = {"W3", "W5"}


def create() -> "DbosClient":
    return DbosClient(import_module("dbos").DBOS, os.environ["BENCHMARK_DATABASE_URL"])


class DbosClient(Client[Any]):
    """A run is DBOS's handle, which ends with the workflow in this process: nothing is polled."""

    def __init__(self, dbos: Any, database_url: str) -> None:
        self._dbos = dbos
        self._dbos(config={"name": "benchmarks", "system_database_url": database_url, "log_level": "ERROR"})
        step = dbos.step(name="step")(_step)
        async_step = dbos.step(name="async_step")(_async_step)

        def in_a_row(stages: Sequence[int], cpu_seconds: float) -> None:
            before: Sequence[Output] = ()
            for width in stages:
                before = [step(before, cpu_seconds) for _ in range(width)]

        async def side_by_side(stages: Sequence[int], cpu_seconds: float) -> None:
            before: Sequence[Output] = ()
            for width in stages:
                before = await asyncio.gather(*(async_step(before, cpu_seconds) for _ in range(width)))

        self._in_a_row = dbos.workflow(name="in_a_row")(in_a_row)
        self._side_by_side = dbos.workflow(name="side_by_side")(side_by_side)
        dbos.launch()

    def submit(self, workload: Workload) -> Any:
        workflow = self._in_a_row if workload.name in SYNCHRONOUS else self._side_by_side
        return self._dbos.start_workflow(workflow, list(workload.stages), workload.cpu_seconds)

    def wait(self, run: Any) -> None:
        run.get_result()

    def look_up(self, run: Any) -> Iterator[Output]:
        status = run.get_status().status
        if status != "SUCCESS":
            raise WrongResult(f"DBOS workflow {run.workflow_id} is {status}")
        return (step["output"] for step in self._dbos.list_workflow_steps(run.workflow_id))


def _step(before: Iterable[Output], cpu_seconds: float) -> Output:
    return work.step(before, cpu_seconds)


async def _async_step(before: Iterable[Output], cpu_seconds: float) -> Output:
    return work.step(before, cpu_seconds)
