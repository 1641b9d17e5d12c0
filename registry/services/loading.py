"""Getting at a version's files: a folder on this machine, checked."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from registry.exceptions import InvalidVersion, VersionDamaged
from registry.models import ModelVersion
from registry.selectors.resolving import ResolvedVersion, check_usable, resolve
from registry.selectors.versions import files_of
from registry.services.verification import record_check
from registry.states import Trigger, VersionKind
from registry.storage.copying import Advance, ignore
from registry.storage.linked import FilesDamaged, build_folder, find_folder
from registry.storage.store import Store, get_store


def open_version(*, version: ResolvedVersion | str, advance: Advance = ignore) -> Path:
    """The folder of a version's files, read-only, under their own names (`resolve` says what a string may be).

    On each machine the first call reads every file and compares it with what was registered; later calls look whether
    the files are unchanged (size, time of change, inode: well under a millisecond) and whether the version may still
    be used (one query). Raises what `resolve` raises, `VersionDamaged` (the version is quarantined then),
    `InvalidVersion` for hosted versions, `StorageFull`, `StorageFailed`.
    """
    resolved = resolve(version) if isinstance(version, str) else _still_usable(version)
    if resolved.kind is not VersionKind.FILES:
        raise InvalidVersion(f"{resolved.name}:{resolved.label} is hosted by {resolved.provider} and has no files")
    store = get_store()
    return find_folder(store, resolved.digest) or _build(store, resolved, advance)


def _still_usable(resolved: ResolvedVersion) -> ResolvedVersion:
    """It may have been resolved long ago."""
    known: Mapping[str, Any] | None = (
        ModelVersion.objects.filter(pk=resolved.version_id, digest=resolved.digest).values("state").first()
    )
    if known is None:
        return resolve(resolved.pin)
    if known["state"] != resolved.state:
        check_usable(ModelVersion.objects.select_related("model").get(pk=resolved.version_id))
    return resolved


def _build(store: Store, resolved: ResolvedVersion, advance: Advance) -> Path:
    started = time.monotonic()
    files = files_of(resolved.version_id)
    version = ModelVersion.objects.select_related("model").get(pk=resolved.version_id)
    try:
        folder, has_read = build_folder(store, resolved.digest, files, advance)
    except FilesDamaged as error:
        seconds = time.monotonic() - started
        record_check(version=version, files=files, damage=error.damage, trigger=Trigger.LOAD, seconds=seconds)
        raise damaged(version, error) from error
    if has_read:
        record_check(version=version, files=files, damage=(), trigger=Trigger.LOAD, seconds=time.monotonic() - started)
    return folder


def damaged(version: ModelVersion, error: FilesDamaged) -> VersionDamaged:
    """What its users are told."""
    name = f"{version.model.name}:{version.label}"
    return VersionDamaged(
        f"{name} is damaged and was quarantined: {error}; register the same files again to repair it, or go back to an "
        f"earlier version (manage.py rollback_model {version.model.name})",
        [(one.path, one.problem) for one in error.damage],
    )
