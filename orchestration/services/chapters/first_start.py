"""What a new installation finds on its first start: finished work, a registered model, a document that waits."""

from uuid import UUID

from orchestration.engine.store import Origin
from orchestration.services.chapters import models, reviewing
from orchestration.services.demonstration import submit_unless_used


def fill_when_empty(*, origin: Origin, username: str) -> list[UUID]:
    """Submit the examples when the database has no execution yet; the ids of the executions that need nobody.

    The login `username`, if it exists, becomes a reviewer who may decide about the one that waits. Raises
    `ExamplesMissing`.
    """
    documents = submit_unless_used(origin=origin)
    if documents:
        models.register_example_model()
        documents.append(models.submit_classified_document(origin))
        reviewing.make_reviewer(username)
        reviewing.submit_uncertain_invoice(origin)
    return documents
