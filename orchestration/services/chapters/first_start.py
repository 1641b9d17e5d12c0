"""What a new installation finds on its first start: finished work, a registered model, a document that waits.

And what the apps above set up in it, each told by `register_first_start` in its `ready()`.
"""

from collections.abc import Callable
from uuid import UUID

from orchestration.engine.store import Origin
from orchestration.models import Execution
from orchestration.services.chapters import models, reviewing
from orchestration.services.demonstration import submit_unless_used

_set_up: dict[str, Callable[[], object]] = {}


def register_first_start(name: str, act: Callable[[], object]) -> None:
    """Have something set up in a new installation; the same name again replaces it. It must be safe to do twice."""
    _set_up[name] = act


def set_up_when_empty() -> None:
    """Let the apps set up what they have for a database without executions."""
    if not Execution.objects.exists():
        for act in _set_up.values():
            act()


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
