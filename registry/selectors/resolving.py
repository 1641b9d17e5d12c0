"""From a name to the version it means: what pipelines pin when they start, and look up again when a task runs.

Owns `ResolvedVersion` and what is said when a name leads nowhere. Getting at the files is `services.loading`'s.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from common.wording import did_you_mean
from registry import names
from registry.exceptions import ModelNotFound, NoDefaultVersion, VersionNotFound, VersionUnusable
from registry.models import ModelVersion, RegisteredModel
from registry.names import Reference, is_label, is_name
from registry.states import DEFAULT, VersionKind, VersionState
from registry.values import decode_object

# What each state that forbids use means, and what to do about it.
WHY_UNUSABLE = {
    VersionState.PENDING: "is still being uploaded; finish its upload",
    VersionState.ARCHIVED: "is archived; restore it, or use another version",
    VersionState.QUARANTINED: (
        "is quarantined because its files are damaged; register the same files again to repair it, or roll back"
    ),
}
HINTED = 500  # names that a hint is looked for among


@dataclass(frozen=True, slots=True)
class ResolvedVersion:
    """A version that may be used, as it was when it was looked up."""

    version_id: int
    pin: str
    """`name:label#digest`: resolving it again gives this content or an error."""
    name: str
    label: str
    number: int
    kind: VersionKind
    state: VersionState
    """Ready or deprecated."""
    state_reason: str
    digest: str
    size: int
    format: str
    """Of files: onnx, safetensors, pickle …; empty when not known by the files' names."""
    metadata: Mapping[str, Any]
    parameters: Mapping[str, Any]
    input_schema: Mapping[str, Any] | None
    output_schema: Mapping[str, Any] | None
    provider: str
    """Hosted: who answers, such as `openai`; else empty."""
    provider_model: str
    default_parameters: Mapping[str, Any]

    @property
    def is_deprecated(self) -> bool:
        return self.state is VersionState.DEPRECATED


def resolve(reference: str) -> ResolvedVersion:
    """The version meant by `name` (its default), `name@alias`, `name:label` or a pin `name:label#digest`. One query.

    Raises `ModelNotFound` (the only one that says that no model has the name), `VersionNotFound`, `NoDefaultVersion`,
    `VersionUnusable`; the messages offer near names.
    """
    parsed = names.parse_reference(reference)
    if parsed is None:
        raise ModelNotFound(
            f"{reference[:200]!r} does not name a registered model; write name, name@alias or name:version"
        )
    version = _matching(parsed).select_related("model").first()
    if version is None:
        raise explain_missing(parsed)
    check_usable(version)
    return as_resolved(version)


def _matching(parsed: Reference) -> QuerySet[ModelVersion]:
    found = ModelVersion.objects.filter(model__name=parsed.name)
    if parsed.label:
        return found.filter(label=parsed.label, digest__startswith=parsed.digest)
    if parsed.alias and parsed.alias != DEFAULT:
        return found.filter(aliases__name=parsed.alias)
    return found.filter(is_default=True)


def check_usable(version: ModelVersion) -> None:
    """Raises `VersionUnusable`."""
    state = VersionState(version.state)
    if not state.is_usable:
        because = f" ({version.state_reason})" if version.state_reason else ""
        raise VersionUnusable(f"{version.model.name}:{version.label} {WHY_UNUSABLE[state]}{because}")


def as_resolved(version: ModelVersion) -> ResolvedVersion:
    """`version` with its model loaded."""
    name = version.model.name
    return ResolvedVersion(
        version_id=version.pk,
        pin=names.make_pin(name, version.label, version.digest),
        name=name,
        label=version.label,
        number=version.number,
        kind=VersionKind(version.kind),
        state=VersionState(version.state),
        state_reason=version.state_reason,
        digest=version.digest,
        size=version.size,
        format=version.format,
        metadata=decode_object(version.metadata),
        parameters=decode_object(version.parameters),
        input_schema=version.input_schema,
        output_schema=version.output_schema,
        provider=version.provider,
        provider_model=version.provider_model,
        default_parameters=decode_object(version.default_parameters),
    )


def explain_missing(parsed: Reference) -> ModelNotFound | VersionNotFound:
    """The error for a reference that leads nowhere."""
    model = RegisteredModel.objects.filter(name=parsed.name).first()
    if model is None:
        return no_model(parsed.name)
    if parsed.label:
        return no_version(model, parsed.label, parsed.digest)
    if parsed.alias and parsed.alias != DEFAULT:
        aliases = list(model.aliases.values_list("name", flat=True)[:HINTED])
        known = f"; its aliases: {', '.join(aliases[:20])}" if aliases else "; it has no aliases"
        near = did_you_mean(parsed.alias, aliases)
        return VersionNotFound(f'the model "{model.name}" has no alias "{parsed.alias}"{near}{known}')
    return NoDefaultVersion(f'the model "{model.name}" has no default version; set one, or write {model.name}:VERSION')


def no_model(name: str) -> ModelNotFound:
    known = RegisteredModel.objects.values_list("name", flat=True)[:HINTED]
    near = did_you_mean(name, known)
    return ModelNotFound(f'there is no registered model "{name[:200]}"{near}')


def no_version(model: RegisteredModel, given: str, digest: str = "") -> VersionNotFound:
    """`given`: a label, or whatever was asked for."""
    other = model.versions.filter(label=given).first() if digest else None
    if other is not None:
        return VersionNotFound(
            f'"{model.name}:{given}" has the digest {other.digest[: names.PIN_DIGITS]} now, not {digest}: '
            "what was pinned was deleted and the label given to other content"
        )
    aliases = list(model.aliases.values_list("name", flat=True)[:HINTED])
    labels = list(model.versions.order_by("-number").values_list("label", flat=True)[:HINTED])
    near = did_you_mean(given, [*labels, *aliases])
    known = f"; its newest versions: {', '.join(labels[:5])}" if labels else "; it has no versions"
    return VersionNotFound(f'the model "{model.name}" has no version "{given[:100]}"{near}{known}')


def find_model(name: str) -> RegisteredModel:
    """Raises `ModelNotFound`, with the nearest name there is."""
    model = RegisteredModel.objects.filter(name=name).first() if is_name(name) else None
    if model is None:
        raise no_model(name)
    return model


def find_version(name: str, given: str | int | None = None) -> ModelVersion:
    """A version in whatever state, with its model: by label, else alias, else number; None is the default.

    Raises `ModelNotFound`, `VersionNotFound`, `NoDefaultVersion`.
    """
    model = find_model(name)
    if given is None or given == DEFAULT:
        found = model.versions.filter(is_default=True).first()
        if found is None:
            raise explain_missing(Reference(name))
    else:
        found = _find_in(model, str(given))
    found.model = model
    return found


def _find_in(model: RegisteredModel, given: str) -> ModelVersion:
    if not is_label(given):
        raise no_version(model, given)
    asked = Q(label=given) | Q(aliases__name=given)
    if given.isascii() and given.isdigit() and len(given) < 10:
        asked |= Q(number=int(given))
    found = list(model.versions.filter(asked).distinct())
    aliased = set(model.aliases.filter(name=given).values_list("version_id", flat=True)) if len(found) > 1 else set()
    if not found:
        raise no_version(model, given)
    return min(found, key=lambda version: (version.label != given, version.pk not in aliased))


def find_referenced(reference: str) -> ModelVersion:
    """The version that `name`, `name@alias`, `name:label` or `name:number` means, in whatever state.

    Raises `ModelNotFound`, `VersionNotFound`, `NoDefaultVersion`.
    """
    name, colon, label = reference.partition(":")
    name, at, alias = name.partition("@") if not colon else (name, "", "")
    return find_version(name, (label if colon else alias if at else None))
