"""The rows of a new version: checked values in, one ready version out, inside the caller's transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from django.db import transaction
from django.utils import timezone

from common.resilience import retried
from registry import values
from registry.exceptions import FileChanged
from registry.manifest import FileEntry
from registry.models import ModelVersion, RegisteredModel, StoredFile, VersionFile
from registry.names import check_label, check_name
from registry.selectors.resolving import check_usable
from registry.services.common import lock_model, tell
from registry.services.pointers import point
from registry.signals import version_ready
from registry.states import DEFAULT, VersionState
from registry.storage.store import Store

FIRST = "the model's first version"
ASKED = "registered as the default"


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What a caller said about a version, checked and in the form it is stored in."""

    model_name: str
    label: str
    actor: str
    columns: Mapping[str, Any]
    metric_directions: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def checked(
        cls,
        *,
        model_name: str,
        label: str,
        metadata: Mapping[str, Any] | None = None,
        metrics: Mapping[str, float] | None = None,
        parameters: Mapping[str, Any] | None = None,
        tags: Iterable[str] = (),
        description: str = "",
        input_schema: Mapping[str, Any] | None = None,
        output_schema: Mapping[str, Any] | None = None,
        metric_directions: Mapping[str, str] | None = None,
        actor: str = "",
    ) -> Self:
        """Raises `InvalidVersion`."""
        check_name(model_name)
        check_label(label)
        metadata = metadata or {}
        stored_metadata = values.encode_object(metadata, "metadata")
        described = metadata.get("description")
        columns = {
            "metadata": stored_metadata,
            "metrics": values.check_metrics(values.numbers_in(metadata) | dict(metrics or {})),
            "parameters": values.encode_object(parameters, "parameters"),
            "tags": values.check_tags(tags),
            "description": values.check_text(
                description or (described if isinstance(described, str) else ""), "description"
            ),
            "input_schema": values.check_schema(input_schema, "input_schema"),
            "output_schema": values.check_schema(output_schema, "output_schema"),
        }
        directions = values.check_directions(metric_directions or {})
        return cls(model_name=model_name, label=label, actor=actor, columns=columns, metric_directions=directions)


def open_model(draft: Draft) -> RegisteredModel:
    """The model of a draft, made if there is none, locked until the transaction ends."""
    made, _ = RegisteredModel.objects.get_or_create(name=draft.model_name, defaults={"created_by": draft.actor})
    model = lock_model(made.pk)
    if draft.metric_directions:
        model.metric_directions = {**model.metric_directions, **draft.metric_directions}
        model.save(update_fields=["metric_directions", "updated_at"])
    return model


def take_number(model: RegisteredModel) -> int:
    """The next number of a locked model; never one that was used before."""
    model.last_number += 1
    model.save(update_fields=["last_number", "updated_at"])
    return model.last_number


def create_ready_version(
    model: RegisteredModel,
    draft: Draft,
    made_of: Mapping[str, Any],
    entries: Sequence[FileEntry] = (),
    *,
    set_as_default: bool,
) -> ModelVersion:
    """Write a version of a locked model; `made_of` has its kind and digest, and what goes with the kind."""
    touch_contents(entries)
    version = ModelVersion.objects.create(
        model=model,
        label=draft.label,
        number=take_number(model),
        state=VersionState.READY,
        ready_at=timezone.now(),
        created_by=draft.actor,
        **draft.columns,
        **made_of,
    )
    VersionFile.objects.bulk_create(
        [VersionFile(version=version, path=entry.path, stored_id=entry.digest) for entry in entries]
    )
    announce_ready(version, actor=draft.actor, set_as_default=set_as_default)
    return version


def announce_ready(version: ModelVersion, *, actor: str, set_as_default: bool) -> None:
    """What follows when a version of a locked model has become ready: it may become the default; news of it."""
    has_default = version.model.versions.filter(is_default=True).exists()
    if set_as_default or not has_default:
        reason = ASKED if has_default else FIRST
        point(model=version.model, pointer=DEFAULT, target=version, actor=actor, reason=reason)
    tell(version_ready, version_id=version.pk)


@retried
@transaction.atomic
def touch_contents(entries: Iterable[FileEntry]) -> None:
    """Have rows for the contents, lately touched: from then on garbage collection leaves them alone.

    In the order of their digests, so that two who do this cannot wait for each other.
    """
    now = timezone.now()
    sizes = {entry.digest: entry.size for entry in entries}
    rows = [
        StoredFile(digest=digest, size=size, stored_at=now, touched_at=now) for digest, size in sorted(sizes.items())
    ]
    StoredFile.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["digest"], update_fields=["touched_at"], batch_size=500
    )


def hold_contents(store: Store, entries: Sequence[FileEntry]) -> None:
    """Keep garbage collection, also another machine's, from contents that are about to get a user.

    First the rows are touched, then the store is asked: whoever deleted one did so before. Raises `FileChanged`.
    """
    touch_contents(entries)
    if not store.has_all(entries):
        raise FileChanged("files were removed from the registry's store while it was written; register again")


@transaction.atomic
def as_default(version: ModelVersion, *, actor: str) -> ModelVersion:
    """`version` as its model's default; nothing happens when it is. Raises `VersionUnusable`."""
    version.model = lock_model(version.model_id)
    version.refresh_from_db(fields=["state", "state_reason", "is_default"])
    check_usable(version)
    point(model=version.model, pointer=DEFAULT, target=version, actor=actor, reason=ASKED)
    return version
