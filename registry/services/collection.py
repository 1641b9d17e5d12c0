"""Garbage collection: contents no version has, what killed registrations left, folders of versions that are gone.

A content is taken when no version has it and nobody came to rely on it for a grace period, with its row locked and
while no registration on this store is between publishing its contents and committing its rows.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from registry.models import ModelVersion, StoredFile
from registry.services.common import lock_model
from registry.states import VersionState
from registry.storage.copying import explain
from registry.storage.staging import abandoned_folders
from registry.storage.store import Store, get_store

GRACE = timedelta(hours=24)
UPLOAD_GRACE = timedelta(days=7)
BATCH = 200


@dataclass(slots=True)
class Collected:
    """What was deleted, or would be."""

    is_dry_run: bool
    contents: int = 0
    content_bytes: int = 0
    leftovers: int = 0
    """Folders of registrations whose process is gone, and the parts they left in a bucket."""
    leftover_bytes: int = 0
    uploads: int = 0
    """Versions whose upload nobody went on with."""
    folders: int = 0
    """Folders of linked files whose version is gone."""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def collect_garbage(
    *, dry_run: bool = False, grace: timedelta = GRACE, upload_grace: timedelta = UPLOAD_GRACE
) -> Collected:
    """Delete what nothing needs; with `dry_run` only say what. Raises `StorageFailed`."""
    store, collected = get_store(), Collected(dry_run)
    try:
        _take_leftovers(store, collected)
        _take_unfinished(store, grace, collected)
        _take_uploads(upload_grace, collected)
        _adopt(store, grace, dry_run, collected)
        _take_contents(store, grace, collected)
        _take_folders(store, collected)
    except OSError as error:
        raise explain(error, f"cleaning up {store.root}") from error
    return collected


def _take_leftovers(store: Store, collected: Collected) -> None:
    for folder, lock in abandoned_folders(store.incoming):
        try:
            collected.leftovers += 1
            collected.leftover_bytes += sum(path.lstat().st_blocks * 512 for path in folder.rglob("*"))
            if not collected.is_dry_run:
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            if lock >= 0:
                os.close(lock)


def _take_unfinished(store: Store, grace: timedelta, collected: Collected) -> None:
    if store.remote is not None:
        collected.leftovers += store.remote.take_unfinished(timezone.now() - grace, dry_run=collected.is_dry_run)


def _take_uploads(grace: timedelta, collected: Collected) -> None:
    since = timezone.now() - grace
    pending = ModelVersion.objects.filter(state=VersionState.PENDING)
    abandoned = pending.filter(created_at__lt=since).exclude(files__stored__touched_at__gte=since)
    for version_id, model_id in list(abandoned.values_list("pk", "model_id")):
        with transaction.atomic():
            lock_model(model_id)  # who goes on with it, or finishes it, does so before or not at all
            left = abandoned.filter(pk=version_id)
            collected.uploads += left.exists()
            if not collected.is_dry_run:
                left.delete()


def _adopt(store: Store, grace: timedelta, dry_run: bool, collected: Collected) -> None:
    """Contents without a row, which a registration that died between publishing and committing leaves, get one."""
    cutoff = timezone.now() - grace
    for some in _in_batches(store):
        known = set(StoredFile.objects.filter(pk__in=some).values_list("digest", flat=True))
        strange = [found for digest, found in some.items() if digest not in known and found.modified_at <= cutoff]
        if dry_run:
            collected.contents += len(strange)
            collected.content_bytes += sum(found.size for found in strange)
            continue
        at = {"stored_at": cutoff, "touched_at": cutoff}
        rows = [StoredFile(digest=found.digest, size=found.size, **at) for found in strange]
        StoredFile.objects.bulk_create(rows, ignore_conflicts=True)


def _in_batches(store: Store) -> Iterator[dict[str, Any]]:
    some: dict[str, Any] = {}
    for found in store.kept.entries():
        some[found.digest] = found
        if len(some) == BATCH:
            yield some
            some = {}
    yield some


def _take_contents(store: Store, grace: timedelta, collected: Collected) -> None:
    cutoff = timezone.now() - grace
    unused = StoredFile.objects.filter(version_files=None, touched_at__lte=cutoff).order_by("digest")
    if collected.is_dry_run:
        sizes = list(unused.values_list("size", flat=True))
        collected.contents += len(sizes)
        collected.content_bytes += sum(sizes)
        return
    while batch := list(unused.values_list("digest", "size")[:BATCH]):
        with store.publishing(alone=True), transaction.atomic():
            # Asked again under lock: one of them may have found a user since.
            locked = StoredFile.objects.filter(pk__in=[digest for digest, _ in batch]).select_for_update()
            held = set(locked.order_by("digest").values_list("digest", flat=True))
            gone = list(unused.filter(pk__in=held).values_list("digest", "size"))
            StoredFile.objects.filter(pk__in=[digest for digest, _ in gone]).delete()
            for digest, size in gone:
                store.forget(digest)
                collected.contents += 1
                collected.content_bytes += size


def _take_folders(store: Store, collected: Collected) -> None:
    found = {path.name.partition(".")[0] for path in _listed(store.versions)}
    kept = set(ModelVersion.objects.filter(digest__in=found).values_list("digest", flat=True))
    for digest in sorted(found - kept):
        collected.folders += 1
        if not collected.is_dry_run:
            _remove_folder(store, digest)


def _remove_folder(store: Store, digest: str) -> None:
    for path in store.versions.glob(f"{digest}*"):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    (store.locks / digest).unlink(missing_ok=True)


def _listed(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []
