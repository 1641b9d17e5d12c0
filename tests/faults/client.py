"""What a submitting program does, as a process of its own: `python -m tests.faults.client` answers JSON lines.

The test process cannot do it: its Django is set up for another database.
"""

import time
from typing import Any

import django

django.setup()

import tests.sample_handlers  # noqa: E402, F401  # registers the task types; after the set-up
from common.resilience import DATABASE_TROUBLE, until_the_database_answers  # noqa: E402
from orchestration import Pipeline, PipelineOrchestrator  # noqa: E402
from orchestration.models import Execution, TaskAttempt  # noqa: E402
from tests.engine.soundness import assert_sound  # noqa: E402
from tests.faults.asked import answer_lines  # noqa: E402
from tests.resetting import Reset  # noqa: E402

orchestrator = PipelineOrchestrator()
reset = until_the_database_answers(Reset)


def start(pipeline: dict[str, Any], input_data: Any) -> dict[str, Any]:
    name = orchestrator.register_pipeline(Pipeline(pipeline))
    started = time.monotonic()
    execution_id = orchestrator.execute_pipeline_sync(name, input_data)
    return {"id": execution_id, "seconds": time.monotonic() - started}


def status(execution_id: str) -> dict[str, Any]:
    return orchestrator.get_execution_status(execution_id)


def wait(execution_id: str, seconds: float) -> dict[str, Any]:
    try:
        return orchestrator.wait_sync(execution_id, timeout=seconds)
    except TimeoutError:
        return orchestrator.get_execution_status(execution_id)


def cancel(execution_id: str) -> dict[str, Any]:
    return {"cancelled": orchestrator.cancel(execution_id)}


def attempts(execution_id: str) -> list[Any]:
    found = TaskAttempt.objects.filter(task_run__execution_id=execution_id).order_by("task_run__position", "token")
    return list(found.values("task_run__name", "status", "usage", "worker", "model", "error"))


def forget() -> dict[str, Any]:
    """Delete every row of earlier tests, while no worker runs. Hints that a broker still has may be wrong anyway."""
    reset()
    return {}


def status_after_an_outage(execution_id: str) -> dict[str, Any]:
    """What a program sees that asks again after an error, without knowing of Django's connections."""
    for _ in range(20):
        try:
            return status(execution_id)
        except DATABASE_TROUBLE:
            time.sleep(0.2)
    return {}


def check(execution_id: str) -> dict[str, Any]:
    assert_sound(Execution.objects.get(pk=execution_id))
    return {}


if __name__ == "__main__":
    answer_lines(
        *(start, status, wait, cancel, attempts, check, forget, status_after_an_outage), call=until_the_database_answers
    )
