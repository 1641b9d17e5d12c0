"""The product description's YAML Configuration, as a plain script; `gpt-4` is the hosted model of that name."""
# ruff: noqa: INP001

import json

from orchestration import Pipeline, PipelineOrchestrator

CONFIGURATION = """
name: content_generation
description: Generate and refine content
version: 1.0.0
tasks:
  - name: generate_draft
    type: text_generation
    model: gpt-4
    parameters:
      max_tokens: 2000
      temperature: 0.7
    timeout: 300
    cache_enabled: true
  
  - name: refine_content
    type: text_generation
    model: gpt-4
    parameters:
      prompt_template: "Refine: {generate_draft_output.text}"
      temperature: 0.5
    dependencies: [generate_draft]
    timeout: 300

global_parameters:
  output_mapping:
    final_content: refine_content_output.text
cache_ttl: 1800
enable_monitoring: true
"""  # noqa: W293 - as its author wrote it

# Beyond the example: register it, execute it, print what became of it.
orchestrator = PipelineOrchestrator()
pipeline_id = orchestrator.register_pipeline(Pipeline.from_yaml(CONFIGURATION), "content_generation")
execution_id = orchestrator.execute_pipeline_sync(pipeline_id, {"text": "Write about lighthouses."})
print(json.dumps(orchestrator.wait_sync(execution_id, timeout=60)))
