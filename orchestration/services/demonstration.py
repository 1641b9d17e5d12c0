"""The demonstration: its pipeline and documents, read from `examples/` and submitted.

`demo` and the first start of `serve` do the same by it. Judging what comes out belongs to `console.demonstration`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml
from django.conf import settings
from django.db import transaction

from common.errors import NotFound
from orchestration.definition import Pipeline
from orchestration.engine.store import Origin
from orchestration.models import Execution, PipelineVersion
from orchestration.services.executions import execute_pipeline
from orchestration.services.pipelines import register_pipeline

EXAMPLES = Path(settings.BASE_DIR) / "examples"
PIPELINE_FILE = EXAMPLES / "document_analysis.yaml"
EXPECTED_FILE = EXAMPLES / "expected_results.yaml"
# The documents are described in a README beside them, which is none.
DOCUMENTS = "documents/[0-9]*"


class ExamplesMissing(NotFound):
    """The demonstration's files are not where they belong."""

    code = "examples_missing"


@dataclass(frozen=True, slots=True)
class Document:
    """One document and what its analysis must come to."""

    name: str
    content: str
    expected: Mapping[str, Any]
    """`status`, `category`, `valid`: a value, or a list of the values that will do; an absent key may be anything."""

    @property
    def input(self) -> dict[str, Any]:
        """What an execution of the pipeline is given."""
        return {"document": {"content": self.content, "metadata": {"source": self.name}}}


def read_documents() -> list[Document]:
    """Every example document, by name. Raises `ExamplesMissing`."""
    paths = sorted(EXAMPLES.glob(DOCUMENTS))
    if not paths or not PIPELINE_FILE.exists() or not EXPECTED_FILE.exists():
        raise ExamplesMissing(f"the demonstration's files in {EXAMPLES} are gone; restore them from the repository")
    expected = yaml.safe_load(EXPECTED_FILE.read_text(encoding="utf-8"))
    return [_read_document(path, expected.get(path.name, {})) for path in paths]


def read_document(name: str) -> Document:
    """One example document. Raises `ExamplesMissing`."""
    found = next((document for document in read_documents() if document.name == name), None)
    if found is None:
        raise ExamplesMissing(f"the example document {name} is gone from {EXAMPLES}; restore it from the repository")
    return found


def _read_document(path: Path, expected: Mapping[str, Any]) -> Document:
    # Bytes decoded here, not text mode: line ends are part of a document.
    return Document(path.name, path.read_bytes().decode("utf-8", "replace"), expected)


def register_example(path: Path = PIPELINE_FILE) -> PipelineVersion:
    """An example's pipeline, registered under its own name; the demonstration's if no other is given."""
    return register_pipeline(pipeline=Pipeline.from_file(path))


@transaction.atomic
def submit_documents(
    *, version: PipelineVersion, documents: Sequence[Document], origin: Origin
) -> dict[UUID, Document]:
    """An execution for each document, by its id; all of them or none."""
    return {submit_document(version=version, document=document, origin=origin): document for document in documents}


def submit_document(*, version: PipelineVersion, document: Document, origin: Origin) -> UUID:
    """An execution for one document; its id."""
    execution = execute_pipeline(
        pipeline_id=version.pipeline_id,
        version=version.number,
        input_data=document.input,
        title=document.name,
        labels={"demo": document.name},
        origin=origin,
    )
    return execution.pk


def submit_unless_used(*, origin: Origin) -> list[UUID]:
    """Submit every document when the database has no execution yet, so that a new user finds some; their ids.

    Raises `ExamplesMissing`.
    """
    if Execution.objects.exists():
        return []
    documents = read_documents()
    return list(submit_documents(version=register_example(), documents=documents, origin=origin))
