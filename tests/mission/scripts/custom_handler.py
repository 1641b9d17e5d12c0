"""The product description's Custom Task Handlers, as a plain script."""
# ruff: noqa: INP001

from orchestration import Pipeline, PipelineOrchestrator

orchestrator = PipelineOrchestrator()


def perform_analysis(input_data):
    return {"words": len(input_data["text"].split())}


def custom_analysis_task(task_config, input_data, context):
    """Custom task implementation."""
    # Your custom logic here
    result = perform_analysis(input_data)

    return {"analysis_result": result, "confidence": 0.95, "metadata": {"processing_time": 123}}


# Register custom handler
orchestrator.task_manager.task.register_task_handler("custom_analysis", custom_analysis_task)

# Beyond the example: use it, in this process.
pipeline = Pipeline({"name": "analysis", "tasks": [{"name": "analyse", "type": "custom_analysis"}]})
status = orchestrator.run(pipeline, {"text": "three short words"})
print(status["status"], status["output"]["analyse"]["analysis_result"])
