"""The product description's Debug Mode, as a plain script; before it, an execution to look at."""
# ruff: noqa: INP001, E402  # as its author wrote it

import json

from orchestration import Pipeline, PipelineOrchestrator

orchestrator = PipelineOrchestrator()
task = {"name": "greet", "type": "text_generation", "model": "gpt-4", "parameters": {"prompt": "Say hello."}}
pipeline_id = orchestrator.register_pipeline(Pipeline({"name": "greeting", "tasks": [task]}), "greeting")

import logging

logging.basicConfig(level=logging.DEBUG)

execution_id = orchestrator.execute_pipeline_sync(pipeline_id, {})
orchestrator.wait_sync(execution_id, timeout=60)

# Enable detailed monitoring
orchestrator.monitor.monitoring_active = True

# Check task execution details
status = orchestrator.get_execution_status(execution_id)
print(json.dumps(status, indent=2))
