"""Registering a version whose files are on this machine's disk.

The order makes it safe to be killed anywhere: contents are staged, published (each complete and synced to disk), and
only then one transaction writes the version, ready. What is left of a registration that died is no version, and
garbage collection takes it. What providers host is `services.hosted`'s, what is uploaded `services.uploads`'.

"Verified at registration" means: the digest is of the bytes as read back from the copy, compared with the digest the
caller announced if there is one, and the copy is synced to disk. They are not read a second time: they would come from
the page cache and prove nothing; the first load and the scrub read them from the disk.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction

from common.resilience import retried
from registry.exceptions import DigestMismatch, VersionExists
from registry.manifest import FileEntry, detect_format, digest_of_files
from registry.models import ModelVersion, StoredFile
from registry.services.records import Draft, as_default, create_ready_version, hold_contents, open_model
from registry.services.verification import release_stored, write_record
from registry.states import Trigger, VersionKind, VersionState
from registry.storage.source import SourceFile, find_files
from registry.storage.store import Staged, Store, get_store

Progress = Callable[[int, int], None]
"""Called with the bytes done and the bytes there are."""
ATTEMPTS = 3


def register_version(
    *,
    model_name: str,
    version: str,
    model_path: str | Path,
    metadata: Mapping[str, Any] | None = None,
    metrics: Mapping[str, float] | None = None,
    parameters: Mapping[str, Any] | None = None,
    tags: Iterable[str] = (),
    description: str = "",
    input_schema: Mapping[str, Any] | None = None,
    output_schema: Mapping[str, Any] | None = None,
    metric_directions: Mapping[str, str] | None = None,
    set_as_default: bool = False,
    digest: str | None = None,
    actor: str = "",
    progress: Progress | None = None,
) -> ModelVersion:
    """Keep a file or folder as a version of a model, ready for use; makes the model if there is none.

    Numbers in `metadata` are metrics too, and its `description` describes the version when none is given. A model's
    first version becomes its default. `digest`: what the version's digest must come out as. Idempotent: the same label
    with the same files returns the version there is (repaired, if it was damaged; everything else as it was, but for
    `set_as_default`).

    Raises `VersionExists` (the label is taken by other files), `InvalidVersion`, `UnsafeFile`, `DigestMismatch`,
    `FileChanged`, `StorageFull`, `StorageFailed`, `VersionUnusable` (the default is to be an archived one).
    """
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
    started = time.monotonic()
    files = find_files(Path(model_path))
    meter = _Meter(sum(file.size for file in files), progress)
    store = get_store()
    existing = ModelVersion.objects.filter(model__name=model_name, label=version).select_related("model").first()
    with store.staging() as folder:
        staged = _stage(store, files, folder, meter, existing)
        found = digest_of_files(staged.entries)
        if digest is not None and digest != found:
            raise DigestMismatch(f"the files' digest is {found}, not {digest} as announced")
        if existing is not None:
            return _again(existing, found, staged, store, set_as_default=set_as_default, actor=actor)
        with store.publishing():
            store.publish(staged)
            hold_contents(store, staged.entries)
            seconds = time.monotonic() - started
            made = _write(draft, staged.entries, found, set_as_default=set_as_default, seconds=seconds)
        release_stored(staged.places, actor=actor)
        return made


@dataclass
class _Meter:
    """Adds up what is done."""

    total: int
    progress: Progress | None
    done: int = field(default=0)

    def advance(self, done: int) -> None:
        self.done = min(self.done + done, self.total)
        if self.progress:
            self.progress(self.done, self.total)


def _stage(
    store: Store, files: Sequence[SourceFile], folder: Path, meter: _Meter, existing: ModelVersion | None
) -> Staged:
    """Files that may be in the store already are read first, and copied only if they are not."""
    sizes = set(StoredFile.objects.filter(size__in={file.size for file in files}).values_list("size", flat=True))
    if existing is not None:
        sizes |= {file.size for file in files}  # they must be the same files: look before copying
    bad = set(StoredFile.objects.filter(damaged_at__isnull=False).values_list("digest", flat=True))
    store.check_room(sum(min(file.size, file.allocated) for file in files if file.size not in sizes))

    def is_here(size: int, digest: str | None) -> bool:
        return size in sizes if digest is None else digest not in bad and store.kept.has(digest, size)

    return store.stage(files, folder, is_here, meter.advance)


def _again(
    existing: ModelVersion, digest: str, staged: Staged, store: Store, *, set_as_default: bool, actor: str
) -> ModelVersion:
    """The version there is, if the files are the same."""
    check_same(existing, digest)
    if staged.places:  # what the store had of it was damaged or gone
        with store.publishing():
            store.publish(staged)
    if staged.places or existing.state == VersionState.QUARANTINED:
        release_stored({entry.digest for entry in staged.entries}, actor=actor)
        existing.refresh_from_db()
    return as_default(existing, actor=actor) if set_as_default else existing


def check_same(existing: ModelVersion, digest: str) -> None:
    """Raises `VersionExists`."""
    if existing.digest != digest:
        raise VersionExists(
            f'"{existing.model.name}" has a version "{existing.label}" with other content (digest '
            f"{existing.digest[:12] or 'not known yet'}, not {digest[:12]}); versions never change: register this one "
            "under another label"
        )


@retried
@transaction.atomic
def _write(
    draft: Draft, entries: Sequence[FileEntry], digest: str, *, set_as_default: bool, seconds: float
) -> ModelVersion:
    model = open_model(draft)
    taken = model.versions.filter(label=draft.label).first()
    if taken is not None:  # registered by somebody else since we looked
        taken.model = model
        check_same(taken, digest)
        return as_default(taken, actor=draft.actor) if set_as_default else taken
    made_of = {
        "kind": VersionKind.FILES,
        "digest": digest,
        "size": sum(entry.size for entry in entries),
        "file_count": len(entries),
        "format": detect_format([entry.path for entry in entries]),
    }
    version = create_ready_version(model, draft, made_of, entries, set_as_default=set_as_default)
    write_record(
        version_id=version.pk,
        files=entries,
        damage=(),
        trigger=Trigger.REGISTRATION,
        seconds=seconds,
        actor=draft.actor,
    )
    return version
