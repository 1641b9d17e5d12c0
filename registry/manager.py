"""`orchestrator.version_manager`, the Python face of the registry: every method calls the verb that all others call.

Works with and without a running event loop; database work then happens on one dedicated thread.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from common.database_thread import in_database_thread
from registry.comparison import Comparison
from registry.figures import Figure
from registry.models import ModelVersion
from registry.record import record_of
from registry.selectors import comparing, resolving
from registry.selectors.history import list_moves
from registry.selectors.versions import list_versions
from registry.services import hosted, lifecycle, pointers, registration, verification
from registry.services.loading import open_version
from registry.services.registration import Progress
from registry.states import VersionKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVersionInfo:
    """A version as it was when it was asked for."""

    name: str
    version: str
    number: int
    kind: str
    state: str
    is_default: bool
    aliases: tuple[str, ...]
    pin: str
    """`name:version#digest`, which means these files and no others; a pipeline's `model:` may be it."""
    digest: str
    size: int
    """Bytes of all files."""
    path: Path | None
    """The folder with the files, checked; None for hosted versions, and where only the facts were asked for."""
    description: str
    tags: tuple[str, ...]
    metadata: Mapping[str, Any]
    metrics: Mapping[str, float]
    parameters: Mapping[str, Any]
    input_schema: Mapping[str, Any] | None
    output_schema: Mapping[str, Any] | None
    provider: str
    provider_model: str
    default_parameters: Mapping[str, Any]
    created_by: str
    created_at: datetime


class ModelVersionManager:
    """Registers versions of models, finds and compares them, and says which is the default."""

    @in_database_thread
    def register_model(
        self,
        model_name: str,
        version: str,
        model_path: str | Path,
        metadata: Mapping[str, Any] | None = None,
        tags: Iterable[str] = (),
        set_as_default: bool = False,
        *,
        metrics: Mapping[str, float] | None = None,
        parameters: Mapping[str, Any] | None = None,
        description: str = "",
        input_schema: Mapping[str, Any] | None = None,
        output_schema: Mapping[str, Any] | None = None,
        progress: Progress | None = None,
    ) -> ModelVersionInfo:
        """Keep a file or folder as a version. Idempotent; raises `VersionExists` when the label has other files.

        Numbers in `metadata` are metrics too. A model's first version becomes its default. See
        `registry.services.registration.register_version` for the rest.
        """
        made = registration.register_version(
            model_name=model_name,
            version=version,
            model_path=model_path,
            metadata=metadata,
            metrics=metrics,
            parameters=parameters,
            tags=tags,
            description=description,
            input_schema=input_schema,
            output_schema=output_schema,
            set_as_default=set_as_default,
            progress=progress,
        )
        return _describe(made)

    @in_database_thread
    def register_hosted_model(
        self,
        model_name: str,
        version: str,
        provider: str,
        provider_model: str,
        default_parameters: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        tags: Iterable[str] = (),
        set_as_default: bool = False,
        *,
        price: hosted.Price | None = None,
    ) -> ModelVersionInfo:
        """Register a model that `provider` (such as `openai`) answers for under the name `provider_model`."""
        made = hosted.register_hosted_version(
            model_name=model_name,
            version=version,
            provider=provider,
            provider_model=provider_model,
            default_parameters=default_parameters,
            metadata=metadata,
            tags=tags,
            set_as_default=set_as_default,
            price=price,
        )
        return _describe(made)

    @in_database_thread
    def get_model_version(self, name: str, version: str | int | None = None) -> ModelVersionInfo:
        """A version for use, its files checked: by label, alias or number; without `version`, the default.

        Raises `ModelNotFound`, `VersionNotFound`, `VersionUnusable`, `VersionDamaged`.
        """
        found = resolving.find_version(name, version)
        resolving.check_usable(found)
        if found.kind != VersionKind.FILES:
            return _describe(found)
        return _describe(found, open_version(version=resolving.as_resolved(found)))

    @in_database_thread
    def list_versions(self, name: str) -> list[ModelVersionInfo]:
        """A model's versions in whatever state, newest first, without paths. Raises `ModelNotFound`."""
        return [_describe(version) for version in list_versions(name).defer(None)]

    @in_database_thread
    def compare_versions(
        self, name: str, before: str | int, after: str | int, *, only_differences: bool = True
    ) -> Comparison:
        """What differs between two versions of a model, each by label or number: `.as_dict()`, `.as_markdown()`.

        Its `record` is how they compare in use.
        """
        return comparing.compare_versions(f"{name}:{before}", f"{name}:{after}", only_differences=only_differences)

    @in_database_thread
    def record(self, name: str, version: str | int | None = None) -> dict[str, Figure]:
        """What production and reviewers said of a version (default: the default one): `runs`, `success_rate`,
        `p50_seconds`, `p95_seconds`, `cost_usd`, `cost_usd_per_run`, `cache_hit_rate`, `approved_rate`,
        `corrected_rate`, `rejected_rate`, each with its value, unit and number of samples.

        Over its last 1,000 task runs; empty when there are none. Raises `ModelNotFound`, `VersionNotFound`.
        """
        return {figure.name: figure for figure in record_of(resolving.find_version(name, version))}

    @in_database_thread
    def set_default(
        self, name: str, version: str | int, *, expected: str | None = None, reason: str = ""
    ) -> ModelVersionInfo:
        """Make a version the default. `expected`: only while this label is. Raises `PointerMoved`."""
        return _describe(pointers.set_default(model_name=name, version=version, expected=expected, reason=reason))

    @in_database_thread
    def rollback(self, name: str, alias: str | None = None, *, reason: str = "") -> ModelVersionInfo:
        """Make the default (or an alias) what it was before; returns that version. Raises `NothingToRollBack`."""
        if alias is None:
            return _describe(pointers.rollback_default(model_name=name, reason=reason))
        return _describe(pointers.rollback_alias(model_name=name, alias=alias, reason=reason))

    @in_database_thread
    def set_alias(
        self, name: str, alias: str, version: str | int, *, expected: str | None = None, reason: str = ""
    ) -> ModelVersionInfo:
        """Have an alias, such as `production`, name a version. Raises `PointerMoved`."""
        return _describe(
            pointers.move_alias(model_name=name, alias=alias, version=version, expected=expected, reason=reason)
        )

    @in_database_thread
    def deprecate(self, name: str, version: str | int, *, reason: str = "") -> ModelVersionInfo:
        """Have a version's users told to choose another; it goes on working."""
        return _describe(lifecycle.deprecate_version(model_name=name, version=version, reason=reason))

    @in_database_thread
    def archive(self, name: str, version: str | int, *, reason: str = "") -> ModelVersionInfo:
        """Forbid a version's use, and keep it. Raises `VersionInUse` for the default and what aliases name."""
        return _describe(lifecycle.archive_version(model_name=name, version=version, reason=reason))

    @in_database_thread
    def restore(self, name: str, version: str | int, *, reason: str = "") -> ModelVersionInfo:
        """Make a deprecated or archived version ready again."""
        return _describe(lifecycle.restore_version(model_name=name, version=version, reason=reason))

    @in_database_thread
    def aliases(self, name: str) -> dict[str, str]:
        """Alias → version label. Raises `ModelNotFound`."""
        return dict(resolving.find_model(name).aliases.values_list("name", "version__label"))

    @in_database_thread
    def history(self, name: str) -> list[dict[str, Any]]:
        """Every move of the default and of aliases, latest first. Raises `ModelNotFound`."""
        named = ("pointer", "from_label", "to_label", "actor", "reason", "at")
        return list(list_moves(name).values(*named))

    @in_database_thread
    def verify(self, name: str, version: str | int | None = None) -> bool:
        """Read all files of a version and compare; False when they are damaged (it is quarantined then)."""
        return verification.verify_version(version=resolving.find_version(name, version)).is_intact


def _describe(version: ModelVersion, path: Path | None = None) -> ModelVersionInfo:
    resolved = resolving.as_resolved(version)
    same = (
        *("name", "kind", "number", "pin", "digest", "size", "metadata", "parameters", "input_schema"),
        *("output_schema", "provider", "provider_model", "default_parameters"),
    )
    own = ("is_default", "description", "metrics", "created_by", "created_at")
    return ModelVersionInfo(
        version=version.label,
        state=str(version.state),
        aliases=tuple(sorted(alias.name for alias in version.aliases.all())),
        tags=tuple(version.tags),
        path=path,
        **{name: getattr(resolved, name) for name in same},
        **{name: getattr(version, name) for name in own},
    )
