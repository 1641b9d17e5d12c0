"""A task type that writes to the log from a coroutine."""

from typing import Any

from orchestration import TaskConfig, TaskContext, task_handler


@task_handler("say_async")
async def say_async(task_config: TaskConfig, input_data: dict[str, Any], context: TaskContext) -> dict[str, Any]:
    context.logger.warning("said %s", task_config["parameters"]["word"])
    return {}
