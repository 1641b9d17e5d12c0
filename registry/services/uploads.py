"""Registering a version whose files arrive one after the other, as over REST: begin, add files, finish.

Until it is finished the version is pending: it has its label, and nobody can use it. Every file is complete, and may
be sent again, so an upload goes on after an interruption with what is missing. Garbage collection takes what nobody
went on with for a week.
"""

import os
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from common.resilience import retried
from registry.exceptions import DigestMismatch, IllegalState, InvalidVersion, VersionExists
from registry.manifest import FileEntry, detect_format, digest_of_files
from registry.models import ModelVersion, StoredFile, VersionFile
from registry.selectors.resolving import find_version
from registry.selectors.versions import files_of
from registry.services.common import lock_model
from registry.services.records import (
    Draft,
    announce_ready,
    hold_contents,
    open_model,
    take_number,
    touch_contents,
)
from registry.services.verification import release_stored, write_record
from registry.states import Trigger, VersionKind, VersionState
from registry.storage.copying import explain, write_hashed
from registry.storage.paths import check_paths, normalise_path
from registry.storage.store import Staged, get_store


@retried
@transaction.atomic
def begin_upload(
    *,
    model_name: str,
    version: str,
    metadata: Mapping[str, Any] | None = None,
    metrics: Mapping[str, float] | None = None,
    parameters: Mapping[str, Any] | None = None,
    tags: Iterable[str] = (),
    description: str = "",
    input_schema: Mapping[str, Any] | None = None,
    output_schema: Mapping[str, Any] | None = None,
    metric_directions: Mapping[str, str] | None = None,
    actor: str = "",
) -> ModelVersion:
    """A pending version to add files to. Raises `VersionExists` when the label is taken, `InvalidVersion`."""
    draft = Draft.checked(
        model_name=model_name,
        label=version,
        metadata=metadata,
        metrics=metrics,
        parameters=parameters,
        tags=tags,
        description=description,
        input_schema=input_schema,
        output_schema=output_schema,
        metric_directions=metric_directions,
        actor=actor,
    )
    model = open_model(draft)
    taken = model.versions.filter(label=version).first()
    if taken is not None:
        how = "is being uploaded: go on with it, or delete it" if taken.state == VersionState.PENDING else "exists"
        raise VersionExists(f"{model_name}:{version} {how}; versions never change, so choose another label for others")
    return ModelVersion.objects.create(
        model=model,
        label=version,
        number=take_number(model),
        kind=VersionKind.FILES,
        state=VersionState.PENDING,
        created_by=actor,
        **draft.columns,
    )


def add_file(
    *, model_name: str, version: str | int, path: str, chunks: Iterable[bytes], digest: str | None = None
) -> FileEntry:
    """Take in one file of a pending version, in place of one of the same path. Constant memory.

    `digest`: the SHA-256 it must have, in hex. Raises `IllegalState` when the version is not pending, `UnsafeFile`,
    `DigestMismatch`, `StorageFull`, `StorageFailed`, `FileChanged`, `VersionNotFound`.
    """
    path = normalise_path(path)
    found = _pending(find_version(model_name, version))
    store = get_store()
    with store.staging() as folder:
        place = folder / "file"
        try:
            target = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                sha256, size = write_hashed(chunks, target)
            finally:
                os.close(target)
        except OSError as error:
            raise explain(error, f"receiving {path}") from error
        if digest is not None and digest.lower() != sha256:
            raise DigestMismatch(f"{path} arrived with the SHA-256 {sha256}, not {digest}; send it again")
        entry = FileEntry(path, sha256, size)
        with store.publishing():
            is_sound = StoredFile.objects.filter(pk=sha256, damaged_at=None).exists() and store.kept.has(sha256, size)
            store.publish(Staged((entry,), {} if is_sound else {sha256: place}))
            hold_contents(store, [entry])
            _write_file(found, entry)
    if not is_sound:
        release_stored([sha256])
    return entry


@retried
@transaction.atomic
def _write_file(version: ModelVersion, entry: FileEntry) -> None:
    lock_model(version.model_id)
    version.refresh_from_db(fields=["state"])
    _pending(version)
    touch_contents([entry])
    VersionFile.objects.update_or_create(version=version, path=entry.path, defaults={"stored_id": entry.digest})


def finish_upload(
    *, model_name: str, version: str | int, digest: str | None = None, set_as_default: bool = False, actor: str = ""
) -> ModelVersion:
    """Make a pending version ready, with the files it has. `digest`: what its digest must come out as.

    Finishing again what is finished returns it. Raises `InvalidVersion` when there are no files, `UnsafeFile` when they
    cannot stand in one folder, `DigestMismatch`, `IllegalState`, `StorageFailed`.
    """
    found = find_version(model_name, version)
    if found.state == VersionState.PENDING and not get_store().has_all(files_of(found.pk)):
        raise InvalidVersion("some files are missing in the store; send them again", [("/files", "missing")])
    return _finish(found, digest, set_as_default=set_as_default, actor=actor)


@retried
@transaction.atomic
def _finish(found: ModelVersion, digest: str | None, *, set_as_default: bool, actor: str) -> ModelVersion:
    found.model = lock_model(found.model_id)
    found.refresh_from_db(fields=["state", "digest"])
    entries = files_of(found.pk)
    whole = digest_of_files(entries)
    if digest is not None and digest.lower() != whole:
        raise DigestMismatch(f"the digest of the {len(entries)} files is {whole}, not {digest} as announced")
    if found.state != VersionState.PENDING:
        return found
    check_paths(entry.path for entry in entries)
    _make_ready(found, entries, whole)
    write_record(version_id=found.pk, files=entries, damage=(), trigger=Trigger.REGISTRATION, seconds=0.0, actor=actor)
    announce_ready(found, actor=actor, set_as_default=set_as_default)
    found.refresh_from_db()
    return found


def _make_ready(version: ModelVersion, entries: list[FileEntry], digest: str) -> None:
    size, names = sum(entry.size for entry in entries), [entry.path for entry in entries]
    ModelVersion.objects.filter(pk=version.pk, state=VersionState.PENDING).update(
        state=VersionState.READY,
        digest=digest,
        size=size,
        file_count=len(entries),
        format=detect_format(names),
        ready_at=timezone.now(),
    )
    version.state = VersionState.READY


def _pending(version: ModelVersion) -> ModelVersion:
    if version.state != VersionState.PENDING:
        raise IllegalState(
            f"{version.model.name}:{version.label} is {version.state} and takes no more files; upload another version"
        )
    return version
