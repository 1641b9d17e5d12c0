"""The product description's Pipeline Callbacks, as a plain script."""
# ruff: noqa: INP001

from orchestration import Pipeline, PipelineOrchestrator, TaskError

orchestrator = PipelineOrchestrator()


def send_completion_notification(execution):
    print(f"notified about {execution.pipeline_name}")


def log_pipeline_error(execution):
    print(f"logged: {execution.error}")


def on_pipeline_complete(execution):
    """Handle pipeline completion."""
    print(f"Pipeline {execution.pipeline_name} completed: {execution.status}")

    if execution.status == "completed":
        # Send notification, update database, etc.
        send_completion_notification(execution)


def on_pipeline_error(execution):
    """Handle pipeline errors."""
    print(f"Pipeline {execution.pipeline_name} failed: {execution.error}")

    # Log error, send alert, etc.
    log_pipeline_error(execution)


# Register callbacks
orchestrator.add_completion_callback(on_pipeline_complete)
orchestrator.add_error_callback(on_pipeline_error)


# Beyond the example: one execution that completes, one that fails.
def check(task_config, input_data, context):
    if input_data["amount"] < 0:
        raise TaskError("the amount is negative")
    return {"ok": True}


orchestrator.task_manager.task.register_task_handler("check", check)
pipeline = Pipeline({"name": "checks", "tasks": [{"name": "check", "type": "check"}]})
orchestrator.run(pipeline, {"amount": 1})
orchestrator.run(pipeline, {"amount": -1})
