"""The product description's Quick Start 4, as a plain script; `/path/to/model` is the script's argument."""
# ruff: noqa: INP001  # as its author wrote it

import asyncio
import sys

from orchestration import PipelineOrchestrator

orchestrator = PipelineOrchestrator()

# Register a new model version
version_manager = orchestrator.version_manager

model_version = version_manager.register_model(
    model_name="custom_classifier",
    version="v2.1.0",
    model_path=sys.argv[1],
    metadata={"description": "Enhanced classification model", "accuracy": 0.95, "training_data": "dataset_v2.1"},
    tags=["classification", "production"],
    set_as_default=True,
)

# Get model for use
model_info = version_manager.get_model_version("custom_classifier", "v2.1.0")

# Beyond the example: what it is, and that a running event loop is no obstacle.
print(model_version.pin == model_info.pin, model_info.version, model_info.is_default, model_info.metrics)
print(sorted(path.name for path in model_info.path.iterdir()))


async def main():
    print(version_manager.get_model_version("custom_classifier").description)


asyncio.run(main())
