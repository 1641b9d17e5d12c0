"""Comparing two versions by name."""

from registry.comparison import Comparison, VersionFacts, compare
from registry.models import ModelVersion
from registry.record import May, record_of
from registry.selectors.resolving import find_referenced
from registry.selectors.versions import files_of
from registry.values import decode_object


def compare_versions(before: str, after: str, *, only_differences: bool = True) -> Comparison:
    """What differs between two versions, each given as `name`, `name@alias`, `name:label` or `name:number`.

    They may be of two models; whether a metric is better is then judged as the model of `after` says. Raises
    `ModelNotFound`, `VersionNotFound`, `NoDefaultVersion`.
    """
    old, new = find_referenced(before), find_referenced(after)
    return compare(
        facts_of(old), facts_of(new), directions=new.model.metric_directions, only_differences=only_differences
    )


def facts_of(version: ModelVersion, may: May | None = None) -> VersionFacts:
    """What is compared of a version, whose model is loaded; of its use what somebody `may` see, or everything."""
    same = ("label number kind state digest size format is_default provider provider_model description").split()
    return VersionFacts(
        name=version.model.name,
        tags=tuple(version.tags),
        aliases=tuple(version.aliases.values_list("name", flat=True)),
        metrics=version.metrics,
        parameters=decode_object(version.parameters),
        default_parameters=decode_object(version.default_parameters),
        metadata=decode_object(version.metadata),
        input_schema=version.input_schema,
        output_schema=version.output_schema,
        files=tuple(files_of(version.pk)),
        record=record_of(version, may),
        **{name: getattr(version, name) for name in same},
    )
