"""With a storage of Django's behind the folder, as django-storages offers them for S3: the folder is a cache."""

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from registry.exceptions import VersionDamaged
from registry.models import StoredFile
from registry.services import scrubbing
from registry.services.collection import collect_garbage
from registry.services.lifecycle import delete_version
from registry.services.loading import open_version
from registry.services.scrubbing import scrub
from tests.registry.conftest import Register

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


@pytest.fixture(autouse=True)
def nothing_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scrubbing, "_begun", None)


@pytest.fixture
def bucket(settings: Any, tmp_path: Path, root: Path) -> Path:
    folder = tmp_path / "bucket"
    backend = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(folder)}}
    settings.STORAGES = {**settings.STORAGES, "models": backend}
    return folder


def files(folder: Path) -> int:
    return sum(path.is_file() for path in (folder / "sha256").rglob("*"))


def test_contents_are_kept_remotely_once(register: Register, bucket: Path) -> None:
    register("v1", {"model.onnx": "1", "shared": "s"})
    register("v2", {"model.onnx": "2", "shared": "s"})
    assert files(bucket) == 3


def test_another_machine_fetches_what_it_opens(register: Register, bucket: Path, root: Path) -> None:
    register("v1")
    shutil.rmtree(root)
    assert (open_version(version="classifier") / "model.onnx").read_text() == "weights of v1"


def test_a_damaged_copy_here_is_fetched_again(register: Register, bucket: Path, root: Path) -> None:
    register("v1")
    for path in (root / "sha256").rglob("*"):
        if path.is_file():
            path.unlink()
            path.write_bytes(b"WEIGHTS OF V1")
    assert (open_version(version="classifier") / "model.onnx").read_text() == "weights of v1"


def test_damage_in_the_remote_storage_is_damage(register: Register, bucket: Path, root: Path) -> None:
    register("v1")
    shutil.rmtree(root)
    for path in (bucket / "sha256").rglob("*"):
        if path.is_file():
            path.write_bytes(b"WEIGHTS OF V1")
    with pytest.raises(VersionDamaged):
        open_version(version="classifier")


def test_garbage_is_collected_in_both_places(register: Register, bucket: Path, root: Path) -> None:
    register("v1")
    register("v2")
    delete_version(model_name="classifier", version="v2")
    assert collect_garbage(grace=timedelta(0)).contents == 1
    assert (files(bucket), files(root)) == (1, 1)


def test_the_scrub_reads_only_what_is_here(register: Register, bucket: Path, root: Path) -> None:
    register("v1")
    register("v2")
    shutil.rmtree(root)
    open_version(version="classifier:v2")
    StoredFile.objects.update(verified_at=None)
    assert scrub(budget_seconds=5) == 1
    assert files(root) == 1


def test_damage_that_the_scrub_finds_here_costs_the_copy_and_not_the_version(
    register: Register, bucket: Path, root: Path
) -> None:
    register("v1")
    open_version(version="classifier")
    for path in (root / "sha256").rglob("*"):
        if path.is_file():
            path.chmod(0o600)
            path.write_bytes(b"WEIGHTS OF V1")
    StoredFile.objects.update(verified_at=None)
    assert scrub(budget_seconds=5) == 1
    assert files(root) == 0
    assert (open_version(version="classifier") / "model.onnx").read_text() == "weights of v1"
