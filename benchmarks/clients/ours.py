"""This project through its Python API; DATABASE_URL and the broker decide the profile."""

from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks import handlers, history
from benchmarks.clients.base import LIMIT_SECONDS, Client, WrongResult
from benchmarks.work import Output
from benchmarks.workloads import Workload
from orchestration import Pipeline, PipelineOrchestrator
from orchestration.waiting import wait_for_end


def create() -> "OurClient":
    return OurClient()


class OurClient(Client[str]):
    """A run is an execution's id."""

    def __init__(self) -> None:
        self._orchestrator = PipelineOrchestrator()

    def register(self, workloads: Sequence[Workload]) -> None:
        for workload in workloads:
            self._orchestrator.register_pipeline(Pipeline(define(workload)), workload.name)

    def submit(self, workload: Workload) -> str:
        return self._orchestrator.execute_pipeline_sync(workload.name, {"source": "benchmark"})

    def wait(self, run: str) -> None:
        """What `wait_sync` does, without the whole status that it returns: `look_up` reads that."""
        if not wait_for_end(run, LIMIT_SECONDS):
            raise TimeoutError(f"execution {run} has not ended after {LIMIT_SECONDS:g} s")

    def look_up(self, run: str) -> Iterator[Output]:
        status = self._orchestrator.get_execution_status(run)
        if status["status"] != "completed":
            raise WrongResult(f"execution {run} is {status['status']}: {status['error']}")
        return (task["output"] for task in status["tasks"].values())

    def fill(self, executions: int) -> None:
        """Put finished executions into the tables, as if this installation had been used for a month."""
        history.fill(executions)


def define(workload: Workload) -> dict[str, Any]:
    """A workload as a pipeline's definition."""
    names = [[f"s{stage}_{n}" for n in range(width)] for stage, width in enumerate(workload.stages)]
    parameters = {"cpu_seconds": workload.cpu_seconds} if workload.cpu_seconds else {}
    tasks = [
        {"name": name, "type": handlers.TASK_TYPE, "dependencies": before, "parameters": parameters}
        for stage, before in zip(names, [[], *names], strict=False)
        for name in stage
    ]
    return {"name": workload.name, "description": workload.title, "tasks": tasks}
