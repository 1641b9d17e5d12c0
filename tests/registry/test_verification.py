"""Damage is found by load, on request and by the scrub; what follows; how it is repaired."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from registry.exceptions import InvalidVersion, VersionDamaged, VersionUnusable
from registry.models import ModelVersion, StoredFile, VerificationRecord
from registry.selectors.resolving import resolve
from registry.services import scrubbing
from registry.services.hosted import register_hosted_version
from registry.services.lifecycle import deprecate_version
from registry.services.loading import open_version
from registry.services.scrubbing import scrub
from registry.services.verification import verify_version
from registry.signals import version_damaged
from registry.storage import copying, linked
from tests.registry.conftest import Register

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.one_database]


@pytest.fixture(autouse=True)
def nothing_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scrub remembers where it was in a file; that one was another test's."""
    monkeypatch.setattr(scrubbing, "_begun", None)


def kept(root: Path, version: ModelVersion) -> Path:
    digest = version.files.get(path="model.onnx").stored_id
    return root / "sha256" / digest[:2] / digest[2:]


def flip_a_bit(path: Path) -> None:
    """As a disk does: nothing but the content changes."""
    before = path.stat()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)
    path.chmod(0o444)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def state(version: ModelVersion) -> str:
    return ModelVersion.objects.values_list("state", flat=True).get(pk=version.pk)


def test_a_version_is_opened_as_a_folder_with_its_files(register: Register) -> None:
    register("v1", {"model.onnx": "weights", "vocabulary/words.txt": "a b"})
    folder = open_version(version="classifier")
    assert (folder / "model.onnx").read_text() == "weights"
    assert (folder / "vocabulary" / "words.txt").read_text() == "a b"


def test_the_second_opening_reads_no_file_and_asks_one_thing_of_the_database(
    register: Register, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    register("v1")
    resolved = resolve("classifier")
    folder = open_version(version=resolved)
    monkeypatch.setattr(copying, "hash_pieces", None)
    monkeypatch.setattr(Path, "open", None)
    with django_assert_num_queries(1):
        assert open_version(version=resolved) == folder


def test_another_process_does_not_read_the_files_again_either(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    register("v1")
    folder = open_version(version="classifier")
    monkeypatch.setattr(linked, "_known", {})
    monkeypatch.setattr(copying, "hash_pieces", None)
    assert open_version(version="classifier") == folder


def test_a_flipped_bit_is_found_by_the_first_load(register: Register, root: Path) -> None:
    version = register("v1")
    flip_a_bit(kept(root, version))
    with pytest.raises(VersionDamaged, match=r"classifier:v1 is damaged and was quarantined: model\.onnx") as caught:
        open_version(version="classifier")
    assert caught.value.problems == (("model.onnx", "its content changed"),)
    assert state(version) == "quarantined"
    with pytest.raises(VersionUnusable, match="register the same files again to repair it"):
        open_version(version="classifier")


def test_a_change_after_the_first_load_is_found_by_the_next(register: Register, root: Path) -> None:
    version = register("v1")
    resolved = resolve("classifier")
    open_version(version=resolved)
    path = kept(root, version)
    path.chmod(0o600)
    path.write_text("altered weights")
    with pytest.raises(VersionDamaged):
        open_version(version=resolved)


def test_a_file_that_somebody_put_beside_the_others_is_gone_at_the_next_load(register: Register) -> None:
    register("v1")
    folder = open_version(version="classifier")
    (folder / "extra.bin").write_text("external data")
    assert sorted(path.name for path in open_version(version="classifier").iterdir()) == ["model.onnx"]


def test_a_process_that_resolved_before_the_quarantine_gets_nothing(register: Register, root: Path) -> None:
    version = register("v1")
    resolved = resolve("classifier")
    open_version(version=resolved)
    flip_a_bit(kept(root, version))
    assert not verify_version(version=version).is_intact
    with pytest.raises(VersionUnusable):
        open_version(version=resolved)


def test_the_scrub_finds_a_flipped_bit_and_tells(register: Register, root: Path) -> None:
    good, bad = register("v1"), register("v2")
    flip_a_bit(kept(root, bad))
    told: list[dict[str, Any]] = []

    def hear(**news: Any) -> None:
        told.append(news)

    version_damaged.connect(hear)
    try:
        assert scrub(budget_seconds=5) == 2
    finally:
        version_damaged.disconnect(hear)
    assert (state(good), state(bad)) == ("ready", "quarantined")
    record = VerificationRecord.objects.get(trigger="scrub")
    assert (record.version_id, record.files_damaged) == (bad.pk, 1)
    assert record.problems[0]["path"] == "model.onnx"
    assert [(news["version_id"], news["record_id"]) for news in told] == [(bad.pk, record.pk)]
    assert scrub(budget_seconds=5) == 0, "read within the week"
    assert scrub(budget_seconds=0.2, reread_after=timedelta(0)) > 0


def test_the_scrub_stops_in_a_large_file_and_goes_on_there(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "PIECE", 100)
    register("v1", {"model.onnx": b"\x07" * 2000})
    turns = 1
    while not scrub(budget_seconds=0):
        turns += 1
    assert 15 < turns < 25
    assert StoredFile.objects.get().verified_at is not None


def test_the_scrub_goes_on_past_a_file_that_cannot_be_read(register: Register, root: Path) -> None:
    unreadable, damaged, good = (register(label) for label in ("v1", "v2", "v3"))
    place = kept(root, unreadable)
    place.unlink()
    place.mkdir()  # opens, and cannot be read
    flip_a_bit(kept(root, damaged))
    assert scrub(budget_seconds=5) == 3
    assert [state(version) for version in (unreadable, damaged, good)] == ["quarantined", "quarantined", "ready"]
    record = VerificationRecord.objects.get(trigger="scrub", version=unreadable)
    assert record.problems[0]["problem"] == "cannot be read: Is a directory"


def test_damage_quarantines_every_version_with_the_file(register: Register, root: Path) -> None:
    versions = [register(label, {"model.onnx": "shared", "own.txt": label}) for label in ("v1", "v2")]
    other = register("v3")
    flip_a_bit(kept(root, versions[0]))
    verify_version(version=versions[0])
    assert [state(version) for version in (*versions, other)] == ["quarantined", "quarantined", "ready"]
    assert VerificationRecord.objects.filter(files_damaged__gt=0).count() == 2


def test_registering_the_same_files_again_repairs_all_that_share_them(register: Register, root: Path) -> None:
    versions = [register(label, {"model.onnx": "shared", "own.txt": label}) for label in ("v1", "v2")]
    deprecate_version(model_name="classifier", version="v2")
    open_version(version="classifier")
    flip_a_bit(kept(root, versions[0]))
    verify_version(version=versions[0])
    register("v1", {"model.onnx": "shared", "own.txt": "v1"})
    assert [state(version) for version in versions] == ["ready", "deprecated"]
    assert (open_version(version="classifier") / "model.onnx").read_text() == "shared"


def test_the_same_content_under_another_label_repairs_it_too(register: Register, root: Path) -> None:
    version = register("v1", {"model.onnx": "weights"})
    flip_a_bit(kept(root, version))
    verify_version(version=version)
    register("v2", {"same.bin": "weights"})
    assert state(version) == "ready"
    assert StoredFile.objects.get().damaged_at is None


def test_a_missing_file_is_damage_too(register: Register, root: Path) -> None:
    version = register("v1")
    kept(root, version).unlink()
    record = verify_version(version=version, actor="ann")
    assert (record.problems[0]["problem"], record.actor) == ("missing", "ann")


def test_a_restored_file_lets_the_version_out_of_quarantine(register: Register, root: Path) -> None:
    version = register("v1")
    path = kept(root, version)
    content = path.read_bytes()
    path.unlink()
    verify_version(version=version)
    path.write_bytes(content)
    version.refresh_from_db()
    assert verify_version(version=version).is_intact
    assert state(version) == "ready"


def test_a_hosted_version_has_no_files(root: Path) -> None:
    version = register_hosted_version(model_name="chat", version="1", provider="openai", provider_model="gpt-4o")
    with pytest.raises(InvalidVersion, match="hosted by openai"):
        open_version(version="chat")
    with pytest.raises(InvalidVersion, match="hosted by its provider"):
        verify_version(version=version)
