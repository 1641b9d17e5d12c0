"""The document analysis pipeline of the Quick Start, its tasks run one after the other with local models."""

from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from orchestration.definition import Pipeline
from orchestration.providers.catalog import resolve_model
from tests.handlers.running import run

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]  # names are looked up in the registry first
EXAMPLES = Path(__file__).parents[2] / "examples" / "documents"
PIPELINE = Pipeline(
    {
        "name": "document_analysis",
        "version": "1.0.0",
        "tasks": [
            {
                "name": "extract_text",
                "type": "extraction",
                "model": "gpt-4",
                "parameters": {"schema": {"title": "string", "content": "string", "entities": "list"}},
            },
            {
                "name": "classify_document",
                "type": "classification",
                "model": "bert-base-uncased",
                "parameters": {"categories": ["legal", "financial", "technical"]},
                "dependencies": ["extract_text"],
            },
        ],
    }
)


@pytest.fixture(autouse=True)
def routes(settings: Settings) -> None:
    routes = {"gpt-4": "local/extract", "bert-base-uncased": "local/classify"}
    settings.ORCHESTRATION = settings.ORCHESTRATION.model_copy(update={"model_routes": routes})


def analyse(content: str) -> tuple[dict[str, Any], dict[str, Any]]:
    input_data = {"document": {"content": content, "metadata": {"source": "upload", "user_id": "123"}}}
    outputs: dict[str, Any] = {}
    for name in PIPELINE.graph.order:
        task = PIPELINE.config.task(name)
        model = resolve_model(task.model or "", task.type)
        needed = {parent: outputs[parent] for parent in task.dependencies}
        outputs[name] = run(task.type, task.parameters, input_data, model=model, outputs=needed)
    return outputs["extract_text"], outputs["classify_document"]


@pytest.mark.parametrize(
    ("document", "title", "label"),
    [
        ("01-master-services-agreement.md", "Master Services Agreement", "legal"),
        ("02-non-disclosure-agreement.txt", "Non-Disclosure Agreement", "legal"),
        ("04-invoice-machine-parts.txt", "", "financial"),
        ("05-invoice-consulting.md", "", "financial"),
        ("11-specification-telemetry-gateway.md", "Telemetry Gateway", "technical"),
    ],
)
def test_a_document_is_read_and_classified_by_its_content(document: str, title: str, label: str) -> None:
    extracted, classified = analyse((EXAMPLES / document).read_text())
    assert title.lower() in (extracted["title"] or "").lower()
    assert len(extracted["content"]) > 500
    assert extracted["entities"]
    assert classified["label"] == label


def test_an_empty_document_passes_through_without_a_label() -> None:
    extracted, classified = analyse("")
    assert extracted["_missing"] == ["title", "content", "entities"]
    assert (classified["label"], classified["reason"]) == (None, "the text is empty")
