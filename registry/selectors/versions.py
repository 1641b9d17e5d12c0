"""Reading models and versions: lists in a fixed number of queries, and what belongs to one version."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Count, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.utils import timezone

from registry.manifest import FileEntry
from registry.models import Alias, HostedPrice, ModelVersion, RegisteredModel, VersionFile
from registry.selectors.resolving import find_model
from registry.states import USABLE

# JSON columns of SQLite know no containment.
_HAS_TAG = "EXISTS (SELECT 1 FROM json_each(registry_modelversion.tags) WHERE atom = %s)"


def files_of(version_id: int) -> list[FileEntry]:
    """A version's files, by path."""
    rows = VersionFile.objects.filter(version_id=version_id).order_by("path")
    return [FileEntry(*row) for row in rows.values_list("path", "stored_id", "stored__size")]


def list_models() -> QuerySet[RegisteredModel]:
    """Models by name, each with `version_count`, `usable_count`, `default_label`, `newest_at`, and its aliases."""
    versions = ModelVersion.objects.filter(model=OuterRef("pk"))
    return (
        RegisteredModel.objects.annotate(
            version_count=Count("versions"),
            usable_count=Count("versions", filter=Q(versions__state__in=USABLE)),
            default_label=Subquery(versions.filter(is_default=True).values("label")[:1]),
            newest_at=Subquery(versions.order_by("-number").values("created_at")[:1]),
        )
        .prefetch_related(Prefetch("aliases", Alias.objects.select_related("version")))
        .order_by("name")
    )


def list_versions(model_name: str) -> QuerySet[ModelVersion]:
    """A model's versions, newest first, with their aliases and without schemas. Raises `ModelNotFound`."""
    versions = find_model(model_name).versions.select_related("model").prefetch_related("aliases")
    return versions.defer("input_schema", "output_schema").order_by("-number")


def having_tag(versions: QuerySet[ModelVersion], tag: str) -> QuerySet[ModelVersion]:
    """Those of `versions` that carry the tag."""
    if connection.features.supports_json_field_contains:
        return versions.filter(tags__contains=[tag])
    return versions.filter(RawSQL(_HAS_TAG, (tag,), output_field=BooleanField()))  # noqa: S611 - a parameter


@dataclass(frozen=True, slots=True)
class Measured:
    """What a metric was for one version."""

    label: str
    number: int
    value: float
    is_default: bool


def metric_series(model_name: str, metric: str) -> list[Measured]:
    """A metric over a model's versions, oldest first, those without it left out. Raises `ModelNotFound`."""
    rows = find_model(model_name).versions.order_by("number").values_list("label", "number", "metrics", "is_default")
    return [
        Measured(label, number, metrics[metric], is_default)
        for label, number, metrics, is_default in rows
        if metric in metrics
    ]


def price_at(version_id: int, at: datetime | None = None) -> HostedPrice | None:
    """What a hosted version cost at a time (default: now)."""
    begun = HostedPrice.objects.filter(version_id=version_id, starts_at__lte=at or timezone.now())
    return begun.order_by("-starts_at").first()


def version_summary(version: ModelVersion) -> dict[str, Any]:
    """A version for lists of programs, JSON-serialisable; its model and aliases are read if they are not there."""
    return {
        "name": version.model.name,
        "version": version.label,
        "number": version.number,
        "kind": version.kind,
        "state": version.state,
        "state_reason": version.state_reason,
        "is_default": version.is_default,
        "aliases": sorted(alias.name for alias in version.aliases.all()),
        "digest": version.digest,
        "size": version.size,
        "file_count": version.file_count,
        "format": version.format,
        "provider": version.provider,
        "provider_model": version.provider_model,
        "description": version.description,
        "tags": version.tags,
        "metrics": version.metrics,
        "created_by": version.created_by,
        "created_at": version.created_at.isoformat(),
    }
