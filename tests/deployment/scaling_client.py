"""What `tests.deployment.scaling` drives in a process of its own: submits executions, waits for all of them."""

from time import perf_counter
from typing import Any

from orchestration import Pipeline, PipelineOrchestrator
from orchestration.handlers.catalog import load_handler_modules
from orchestration.waiting import wait_for_end

LIMIT_SECONDS = 120.0


def create() -> "Submitter":
    return Submitter()


class Submitter:
    def __init__(self) -> None:
        self._orchestrator = PipelineOrchestrator()
        load_handler_modules()

    def measure(self, definition: dict[str, Any], runs: int) -> float:
        """Seconds from the first submission to the end of the last execution. Raises `RuntimeError` when one failed."""
        key = self._orchestrator.register_pipeline(Pipeline(definition), definition["name"])
        began = perf_counter()
        started = [self._orchestrator.execute_pipeline_sync(key, {}) for _ in range(runs)]
        for execution in started:
            if not wait_for_end(execution, LIMIT_SECONDS):
                raise RuntimeError(f"execution {execution} has not ended after {LIMIT_SECONDS:g} s")
        taken = perf_counter() - began
        for execution in started:
            if (status := self._orchestrator.get_execution_status(execution))["status"] != "completed":
                raise RuntimeError(f"execution {execution} is {status['status']}: {status['error']}")
        return taken
