"""What may still change once a version is ready: what people say about it, and what is measured later.

Descriptions, tags and the directions of metrics can be rewritten. Metrics can be added, since evaluation often comes
after registration, and never changed: a number that pipelines were promoted on stays. Files, parameters, metadata and
schemas are frozen; what differs in them is another version.
"""

from collections.abc import Iterable, Mapping

from django.db import transaction

from common.resilience import retried
from registry.exceptions import InvalidVersion
from registry.models import ModelVersion, RegisteredModel
from registry.selectors.resolving import find_model, find_version
from registry.services.common import lock_model
from registry.values import check_directions, check_metrics, check_tags, check_text


@retried
@transaction.atomic
def describe_model(
    *, model_name: str, description: str | None = None, metric_directions: Mapping[str, str] | None = None
) -> RegisteredModel:
    """Change what is said of a model; None leaves as it is. Raises `ModelNotFound`, `InvalidVersion`."""
    model = lock_model(find_model(model_name).pk)
    if description is not None:
        model.description = check_text(description, "description")
    if metric_directions is not None:
        model.metric_directions = check_directions(metric_directions)
    model.save(update_fields=["description", "metric_directions", "updated_at"])
    return model


@retried
@transaction.atomic
def describe_version(
    *, model_name: str, version: str | int, description: str | None = None, tags: Iterable[str] | None = None
) -> ModelVersion:
    """Change what is said of a version; None leaves as it is. Raises `VersionNotFound`, `InvalidVersion`."""
    found = _locked(model_name, version)
    if description is not None:
        found.description = check_text(description, "description")
    if tags is not None:
        found.tags = check_tags(tags)
    found.save(update_fields=["description", "tags"])
    return found


@retried
@transaction.atomic
def add_metrics(*, model_name: str, version: str | int, metrics: Mapping[str, float]) -> ModelVersion:
    """Write down what was measured later. The same value again is fine; another one raises `InvalidVersion`."""
    found = _locked(model_name, version)
    for name, value in check_metrics(metrics).items():
        if found.metrics.get(name, value) != value:
            raise InvalidVersion(
                f"the metric {name!r} of {model_name}:{found.label} is {found.metrics[name]} and stays so; "
                "add what was measured now under another name",
                [(f"/metrics/{name}", "already measured")],
            )
    found.metrics = {**found.metrics, **metrics}
    found.save(update_fields=["metrics"])
    return found


def _locked(model_name: str, version: str | int) -> ModelVersion:
    lock_model(find_model(model_name).pk)
    return find_version(model_name, version)
