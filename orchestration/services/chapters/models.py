"""The chapter about the registry: a small classifier is registered, and a pipeline runs it by its name."""

import json
from uuid import UUID

from orchestration.engine.store import Origin
from orchestration.models import TaskRun
from orchestration.selectors.executions import execution_status
from orchestration.services.chapters import Stage, Told
from orchestration.services.demonstration import (
    EXAMPLES,
    ExamplesMissing,
    read_document,
    register_example,
    submit_document,
)
from orchestration.states import TERMINAL_EXECUTION, ExecutionStatus, Trigger
from registry.models import ModelVersion
from registry.services.registration import register_version

TITLE = "A registered model at work"
MODEL_FOLDER = EXAMPLES / "models" / "document_classifier-v1"
PIPELINE_FILE = EXAMPLES / "registered_classifier.yaml"
DOCUMENT = "11-specification-telemetry-gateway.md"
CATEGORY = "technical"


def register_example_model() -> ModelVersion:
    """The classifier that `examples/train_classifier.py --write` made. Idempotent. Raises `ExamplesMissing`."""
    try:
        card = json.loads((MODEL_FOLDER / "card.json").read_text(encoding="utf-8"))
    except OSError as error:
        raise ExamplesMissing(f"the example model in {MODEL_FOLDER} is gone; restore it from the repository") from error
    return register_version(model_path=MODEL_FOLDER / "model.onnx", actor="demo", **card)


def submit_classified_document(origin: Origin) -> UUID:
    """Submit a document to the pipeline that names the registered model."""
    return submit_document(version=register_example(PIPELINE_FILE), document=read_document(DOCUMENT), origin=origin)


def tell(stage: Stage) -> Told:
    model = register_example_model()
    key = submit_classified_document(Origin(Trigger.COMMAND))
    status = stage.wait(key, TERMINAL_EXECUTION)
    output = execution_status(key)["output"] or {}
    pin = TaskRun.objects.get(execution=key, name="sort").model
    confidence = output.get("confidence") or 0.0
    sentences = (
        f"{model.model.name}:{model.label} is registered: {model.size:,} bytes of ONNX, known by their digest.",
        f"{DOCUMENT} was sorted by it: {output.get('category')}, {confidence:.0%} sure.",
        f"The execution is {status}, and its record names what ran: {pin}.",
    )
    is_right = status == ExecutionStatus.COMPLETED and output.get("category") == CATEGORY
    return Told(sentences, is_right, {"execution_id": str(key), "model": pin, "category": output.get("category")})
