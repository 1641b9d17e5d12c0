"""The task as a task type of this project; workers load it through TASK_HANDLER_MODULES=benchmarks.handlers."""

from typing import Any

from benchmarks import work
from orchestration import TaskConfig, TaskContext, task_handler

TASK_TYPE = "benchmark_step"


@task_handler(TASK_TYPE)
def step(task_config: TaskConfig, input_data: dict[str, Any], context: TaskContext) -> work.Output:
    """Count on from the outputs of the tasks before."""
    parents = [value for name, value in input_data.items() if name.endswith("_output")]
    return work.step(parents, **task_config["parameters"])
