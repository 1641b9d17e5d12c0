"""Models before they have versions: registering a version makes its model, and so can this."""

from collections.abc import Mapping

from django.db import IntegrityError, transaction

from common.resilience import retried
from registry.exceptions import ModelExists
from registry.models import RegisteredModel
from registry.names import check_name
from registry.values import check_directions, check_text


@retried
def create_model(
    *, name: str, description: str = "", metric_directions: Mapping[str, str] | None = None, actor: str = ""
) -> RegisteredModel:
    """A model without versions. Raises `ModelExists`, `InvalidVersion`."""
    check_name(name)
    values = {
        "description": check_text(description, "description"),
        "metric_directions": check_directions(metric_directions or {}),
    }
    try:
        with transaction.atomic():
            return RegisteredModel.objects.create(name=name, created_by=actor, **values)
    except IntegrityError as error:
        raise ModelExists(f'there is a model "{name}" already; register a version of it, or change it') from error
