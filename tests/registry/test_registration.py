"""Registering files: what is kept, what is refused, what happens the second time."""

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from registry.exceptions import (
    DigestMismatch,
    FileChanged,
    InvalidVersion,
    StorageFull,
    UnsafeFile,
    VersionExists,
    VersionUnusable,
)
from registry.manifest import FileEntry, digest_of_files
from registry.models import ModelVersion, StoredFile, VerificationRecord
from registry.selectors.versions import files_of
from registry.services.lifecycle import archive_version
from registry.services.registration import register_version
from registry.storage import copying, source
from registry.storage.paths import normalise_path
from tests.registry.conftest import MakeFolder, Register

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def test_a_folder_becomes_a_ready_version_with_a_manifest(register: Register, root: Path) -> None:
    version = register("v2.1.0", {"model.onnx": "weights", "vocabulary/words.txt": "a b"}, tags=["b", "a", "a"])
    digest = hashlib.sha256(b"weights").hexdigest()
    assert files_of(version.pk)[0] == FileEntry("model.onnx", digest, 7)
    assert [entry.path for entry in files_of(version.pk)] == ["model.onnx", "vocabulary/words.txt"]
    assert (version.state, version.number, version.size, version.file_count) == ("ready", 1, 10, 2)
    assert (version.format, version.tags, version.digest) == ("onnx", ["a", "b"], digest_of_files(files_of(version.pk)))
    blob = root / "sha256" / digest[:2] / digest[2:]
    assert blob.read_bytes() == b"weights"
    assert blob.stat().st_mode & 0o777 == 0o444
    assert not list((root / "incoming").iterdir())


def test_a_single_file_is_a_version_too(root: Path, make_folder: MakeFolder) -> None:
    path = make_folder({"model.bin": "x"}) / "model.bin"
    version = register_version(model_name="m", version="1", model_path=path)
    assert [entry.path for entry in files_of(version.pk)] == ["model.bin"]


def test_numbers_in_the_metadata_are_metrics_and_its_description_describes(register: Register) -> None:
    metadata = {
        "description": "Enhanced",
        "accuracy": 0.95,
        "training_data": "v2",
        "is_final": True,
    }
    version = register(metadata=metadata, metrics={"f1": 0.9})
    assert version.metrics == {"accuracy": 0.95, "f1": 0.9}
    assert version.description == "Enhanced"
    assert version.metadata["training_data"] == "v2"


def test_the_first_version_is_the_default_and_later_ones_when_asked(register: Register) -> None:
    assert register("v1").is_default
    assert not register("v2").is_default
    assert register("v3", set_as_default=True).is_default
    assert list(ModelVersion.objects.filter(is_default=True).values_list("label", flat=True)) == ["v3"]


def test_the_same_files_under_the_same_label_return_the_version_there_is(register: Register) -> None:
    first = register("v1")
    again = register("v1", metadata={"accuracy": 0.1})
    assert again.pk == first.pk
    assert again.metrics == {}
    assert VerificationRecord.objects.count() == 1


def test_registering_again_as_the_default_makes_it_the_default_unless_it_is_archived(register: Register) -> None:
    register("v1")
    register("v2")
    assert register("v2", set_as_default=True).is_default
    archive_version(model_name="classifier", version="v1")
    with pytest.raises(VersionUnusable, match="archived"):
        register("v1", set_as_default=True)


def test_other_files_under_the_same_label_are_refused(register: Register, root: Path) -> None:
    register("v1")
    with pytest.raises(VersionExists, match="versions never change: register this one under another label"):
        register("v1", {"model.onnx": "other weights"})
    assert StoredFile.objects.count() == 1
    assert len([path for path in (root / "sha256").rglob("*") if path.is_file()]) == 1


def test_a_content_is_kept_once_however_many_versions_have_it(register: Register, root: Path) -> None:
    for label in ("v1", "v2"):
        register(label, {"model.onnx": f"weights {label}", "labels.json": "[]", "copy.json": "[]"})
    assert StoredFile.objects.count() == 3
    assert len([path for path in (root / "sha256").rglob("*") if path.is_file()]) == 3


def test_a_number_is_never_used_again(register: Register) -> None:
    register("v1")
    register("v2").delete()
    assert register("v3").number == 3


def test_an_announced_digest_must_come_out(register: Register) -> None:
    version = register("v1")
    with pytest.raises(DigestMismatch, match="as announced"):
        register("v2", digest=version.digest)
    assert register("v2", {"model.onnx": "weights of v1"}, digest=version.digest).digest == version.digest


def test_progress_is_told_up_to_the_end(register: Register) -> None:
    told: list[tuple[int, int]] = []
    register("v1", {"a": "xx", "b": "yyy"}, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (5, 5)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


@pytest.mark.parametrize(
    ("options", "pointer"),
    [
        ({"model_name": "a/b"}, "/model_name"),
        ({"model_name": "../etc"}, "/model_name"),
        ({"version": "v1@x"}, "/version"),
        ({"version": ""}, "/version"),
        ({"version": "default"}, "/version"),
        ({"version": "latest"}, "/version"),
        ({"metrics": {"accuracy": float("nan")}}, "/metrics/accuracy"),
        ({"metadata": {"loss": [1.0, float("nan")]}}, "/metadata/loss/1"),
        ({"parameters": {"rate": float("inf")}}, "/parameters/rate"),
        ({"metrics": {"accuracy": "good"}}, "/metrics/accuracy"),
        ({"tags": ["a\nb"]}, "/tags"),
        ({"metadata": {"weights": b"\x00"}}, "/metadata"),
        ({"input_schema": {"type": "nonsense"}}, "/input_schema/type"),
        ({"metric_directions": {"accuracy": "up"}}, "/metric_directions/accuracy"),
        ({"model_path": "/nowhere/at/all"}, "/model_path"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(register: Register, options: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidVersion) as caught:
        register("v1", **options)
    assert caught.value.problems[0][0] == pointer
    assert not ModelVersion.objects.exists()


def test_an_empty_folder_is_refused(register: Register, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidVersion, match="no files"):
        register(model_path=tmp_path / "empty")


def test_a_link_inside_the_folder_is_registered_as_what_it_leads_to(
    register: Register, make_folder: MakeFolder
) -> None:
    folder = make_folder()
    (folder / "latest.onnx").symlink_to("model.onnx")
    version = register(model_path=folder)
    files = {entry.path: entry.digest for entry in files_of(version.pk)}
    assert files["latest.onnx"] == files["model.onnx"]


def link_to_passwords(folder: Path) -> None:
    (folder / "x").symlink_to("/etc/passwd")


def link_to_a_folder(folder: Path) -> None:
    (folder / "x").symlink_to(folder)


def link_to_nothing(folder: Path) -> None:
    (folder / "x").symlink_to("nothing")


def a_pipe(folder: Path) -> None:
    os.mkfifo(folder / "x")


def a_name_that_is_not_text(folder: Path) -> None:
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff")).touch()


def two_names_that_are_one(folder: Path) -> None:
    (folder / "caf\u00e9").touch()
    (folder / "cafe\u0301").touch()


@pytest.mark.parametrize(
    "make",
    [link_to_passwords, link_to_a_folder, link_to_nothing, a_pipe, a_name_that_is_not_text, two_names_that_are_one],
    ids=lambda make: make.__name__,
)
def test_files_that_are_not_safe_are_refused(
    register: Register, make_folder: MakeFolder, root: Path, make: Any
) -> None:
    folder = make_folder()
    make(folder)
    with pytest.raises(UnsafeFile):
        register(model_path=folder)
    assert not list(root.rglob("*.onnx"))
    assert not ModelVersion.objects.exists()


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../x",
        "a/../../x",
        "a//b",
        "a/./b",
        "",
        ".",
        "a\\..\\b",
        "a\x00b",
        "a\nb",
        "x" * 300,
        "a/" * 260 + "b",
    ],
)
def test_no_path_leads_out_of_the_folder(path: str) -> None:
    with pytest.raises(UnsafeFile):
        normalise_path(path)


def test_a_file_that_changes_while_it_is_copied_is_refused(
    register: Register, make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_folder({"model.onnx": "before"})

    copy = copying.copy_hashed

    def changing(*args: Any) -> str:
        digest = copy(*args)
        (folder / "model.onnx").write_text("after, and longer")
        return digest

    monkeypatch.setattr(copying, "copy_hashed", changing)
    with pytest.raises(FileChanged, match="written to while it was being registered"):
        register(model_path=folder)
    assert not ModelVersion.objects.exists()


def test_a_file_that_became_a_link_since_it_was_found_is_not_followed(make_folder: MakeFolder) -> None:
    folder = make_folder({"model.onnx": "weights"})
    found = source.find_files(folder)
    (folder / "model.onnx").unlink()
    (folder / "model.onnx").symlink_to("/etc/passwd")
    with pytest.raises(FileChanged), source.opened(found[0]):
        pass


def test_files_that_do_not_fit_are_refused_before_anything_is_written(
    register: Register, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"free": 3})
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage)
    with pytest.raises(StorageFull, match="has room for 3"):
        register("v1", {"model.onnx": b"\x01" * 10_000})
    assert not (root / "sha256").exists()


def test_holes_stay_holes_and_are_hashed_as_zeros(root: Path, tmp_path: Path) -> None:
    path = tmp_path / "sparse.bin"
    with path.open("wb") as file:
        file.write(b"head")
        file.seek(20 << 20)
        file.write(b"tail")
        file.truncate(30 << 20)
    if path.stat().st_blocks * 512 > 20 << 20:
        pytest.skip("NOT RUN: this file system keeps no holes")
    version = register_version(model_name="m", version="1", model_path=path)
    (entry,) = files_of(version.pk)
    assert entry.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    kept = root / "sha256" / entry.digest[:2] / entry.digest[2:]
    assert kept.stat().st_size == 30 << 20
    assert kept.stat().st_blocks * 512 < 5 << 20


def test_without_the_kernels_help_the_copy_is_the_same(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "copy_file_range")
    monkeypatch.delattr(os, "SEEK_DATA")
    monkeypatch.delattr(os, "SEEK_HOLE")
    content = os.urandom(3_000_001)
    version = register("v1", {"model.onnx": content})
    assert files_of(version.pk)[0].digest == hashlib.sha256(content).hexdigest()
