"""Checking that files are what was registered, and what follows when they are not.

Damage puts every version that has the file into quarantine, with a record of what was found and news of it; a version
whose files are right again leaves it. Files are read outside of transactions.
"""

import time
from collections.abc import Collection, Iterable, Sequence

from django.db import transaction
from django.utils import timezone

from common.resilience import retried
from registry.exceptions import InvalidVersion
from registry.manifest import FileEntry
from registry.models import ModelVersion, StoredFile, VerificationRecord
from registry.selectors.versions import files_of
from registry.services.common import tell
from registry.signals import version_damaged, version_state_changed
from registry.states import Trigger, VersionKind, VersionState
from registry.storage.copying import Advance, ignore
from registry.storage.linked import Damage, check_contents, drop_folder
from registry.storage.store import get_store


def verify_version(
    *, version: ModelVersion, trigger: Trigger = Trigger.REQUEST, actor: str = "", advance: Advance = ignore
) -> VerificationRecord:
    """Read every file of a version and compare; writes down what was found, and moves it into or out of quarantine.

    `advance` is told how many bytes are done since it was last told. Raises `InvalidVersion` for hosted versions,
    `StorageFailed` when the store cannot be read at all.
    """
    if version.kind != VersionKind.FILES or version.state == VersionState.PENDING:
        raise InvalidVersion(f"{version.model.name}:{version.label} has no files to verify: it is {_why_none(version)}")
    started = time.monotonic()
    files = files_of(version.pk)
    damage = check_contents(get_store(), files, advance)
    return record_check(
        version=version, files=files, damage=damage, trigger=trigger, seconds=time.monotonic() - started, actor=actor
    )


def _why_none(version: ModelVersion) -> str:
    return "hosted by its provider" if version.kind == VersionKind.HOSTED else "still being uploaded"


@retried
@transaction.atomic
def record_check(
    *,
    version: ModelVersion,
    files: Sequence[FileEntry],
    damage: Sequence[Damage],
    trigger: Trigger,
    seconds: float,
    actor: str = "",
) -> VerificationRecord:
    """Write down what a check of a version's files found."""
    bad = {one.digest for one in damage}
    mark_contents(intact={file.digest for file in files} - bad, damaged=bad)
    if not damage:
        release_version(version)
    else:
        quarantine_others(except_for=version.pk, damage=damage, trigger=trigger)
        _quarantine(version.pk, _reason(damage))
    record = write_record(
        version_id=version.pk, files=files, damage=damage, trigger=trigger, seconds=seconds, actor=actor
    )
    version.refresh_from_db(fields=["state", "state_reason", "state_before_quarantine"])
    return record


def write_record(
    *,
    version_id: int,
    files: Sequence[FileEntry],
    damage: Sequence[Damage],
    trigger: Trigger,
    seconds: float,
    actor: str = "",
) -> VerificationRecord:
    """A row about one check, and news when it found damage."""
    record = VerificationRecord.objects.create(
        version_id=version_id,
        trigger=trigger,
        files_checked=len(files),
        files_damaged=len(damage),
        bytes_checked=sum(file.size for file in files),
        problems=[one.as_dict() for one in damage],
        seconds=seconds,
        actor=actor,
        at=timezone.now(),
    )
    if damage:
        tell(version_damaged, version_id=version_id, record_id=record.pk)
    return record


def mark_contents(*, intact: Collection[str] = (), damaged: Collection[str] = ()) -> None:
    """Remember of contents, by digest, when they were last found right, or wrong."""
    now = timezone.now()
    StoredFile.objects.filter(pk__in=intact).update(verified_at=now, damaged_at=None)
    StoredFile.objects.filter(pk__in=damaged).update(verified_at=now, damaged_at=now)


def quarantine_others(*, damage: Iterable[Damage], trigger: Trigger, except_for: int | None = None) -> int:
    """Quarantine every version that has one of the damaged contents; returns how many."""
    bad = {one.digest: one for one in damage}
    touched = ModelVersion.objects.filter(files__stored__in=list(bad)).exclude(state=VersionState.PENDING)
    others = [version for version in touched.distinct().order_by("pk") if version.pk != except_for]
    for version in others:
        hit = [file for file in files_of(version.pk) if file.digest in bad]
        found = [Damage(file.path, bad[file.digest].problem, bad[file.digest].found, file.digest) for file in hit]
        if _quarantine(version.pk, _reason(found)):
            write_record(version_id=version.pk, files=hit, damage=found, trigger=trigger, seconds=0.0)
    return len(others)


def release_stored(digests: Collection[str], *, actor: str = "") -> None:
    """Contents were stored anew: those that were damaged are not, and versions in quarantine that have them are read
    again."""
    StoredFile.objects.filter(pk__in=digests, damaged_at__isnull=False).update(damaged_at=None, verified_at=None)
    held = ModelVersion.objects.filter(state=VersionState.QUARANTINED, files__stored__in=digests)
    for version in held.select_related("model").distinct():
        verify_version(version=version, trigger=Trigger.REGISTRATION, actor=actor)


def release_version(version: ModelVersion) -> None:
    """Out of quarantine, into the state before it; nothing for versions that are not in it."""
    before = version.state_before_quarantine
    held = ModelVersion.objects.filter(pk=version.pk, state=VersionState.QUARANTINED)
    if before and held.update(state=before, state_reason="", state_before_quarantine=""):
        tell(version_state_changed, version_id=version.pk, state=before)


def _quarantine(version_id: int, reason: str) -> bool:
    """False when it was in quarantine already."""
    for state in (VersionState.READY, VersionState.DEPRECATED, VersionState.ARCHIVED):
        changed = ModelVersion.objects.filter(pk=version_id, state=state).update(
            state=VersionState.QUARANTINED, state_before_quarantine=state, state_reason=reason
        )
        if changed:
            # Its linked files are the damaged ones, also once good ones are stored in their place.
            drop_folder(get_store(), ModelVersion.objects.values_list("digest", flat=True).get(pk=version_id))
            tell(version_state_changed, version_id=version_id, state=str(VersionState.QUARANTINED))
            return True
    return False


def _reason(damage: Sequence[Damage]) -> str:
    first, more = damage[0], len(damage) - 1
    also = f" and {more} more" if more else ""
    return f"damaged: {first.path} ({first.problem}){also}"
