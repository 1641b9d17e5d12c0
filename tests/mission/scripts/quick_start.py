"""The product description's Quick Start 1 to 3, as a plain script; only the import path differs."""
# ruff: noqa: I001, INP001  # as its author wrote it

import asyncio

from orchestration import (
    PipelineOrchestrator,
    Pipeline,
    PipelineConfig,  # noqa: F401
    OrchestrationConfig,
)
import redis
from celery import Celery

# Initialize configuration
config = OrchestrationConfig.from_env()

# Setup Redis and Celery
redis_client = redis.Redis(host=config.redis_host, port=config.redis_port)
celery_app = Celery("bdc_orchestration", broker=config.celery_broker_url)

# Initialize orchestrator
orchestrator = PipelineOrchestrator(celery_app=celery_app, redis_client=redis_client)

# Using dictionary configuration
pipeline_config = {
    "name": "document_analysis",
    "description": "Analyze and extract information from documents",
    "version": "1.0.0",
    "tasks": [
        {
            "name": "extract_text",
            "type": "extraction",
            "model": "gpt-4",
            "parameters": {"schema": {"title": "string", "content": "string", "entities": "list"}},
            "timeout": 300,
            "cache_enabled": True,
        },
        {
            "name": "classify_document",
            "type": "classification",
            "model": "bert-base-uncased",
            "parameters": {"categories": ["legal", "financial", "technical"]},
            "dependencies": ["extract_text"],
            "timeout": 120,
        },
    ],
    "cache_ttl": 3600,
    "enable_monitoring": True,
}

# Create and register pipeline
pipeline = Pipeline(pipeline_config)
pipeline_id = orchestrator.register_pipeline(pipeline, "document_analysis")


async def main():
    # Prepare input data
    input_data = {
        "document": {
            "content": "Invoice INV-7. Amount due: 1,250.00 EUR, payable to Acme Ltd by bank transfer.",
            "metadata": {"source": "upload", "user_id": "123"},
        }
    }

    # Execute pipeline asynchronously
    execution_id = await orchestrator.execute_pipeline(pipeline_id="document_analysis", input_data=input_data)

    # Monitor execution
    status = orchestrator.get_execution_status(execution_id)
    print(f"Pipeline status: {status['status']}")

    # Beyond the example: what became of it.
    status = await orchestrator.wait(execution_id, timeout=60)
    print(f"Then: {status['status']} {status['tasks']['classify_document']['output']['label']}")


asyncio.run(main())
