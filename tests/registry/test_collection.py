"""Garbage collection takes what nothing needs, and nothing else."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from registry.models import ModelVersion, StoredFile
from registry.services.collection import collect_garbage
from registry.services.lifecycle import delete_version
from registry.services.loading import open_version
from registry.services.uploads import add_file, begin_upload
from registry.storage.staging import staging_folder
from tests.registry.conftest import Register

pytestmark = pytest.mark.django_db
NOW = timedelta(0)


def contents(root: Path) -> int:
    return len([path for path in (root / "sha256").rglob("*") if path.is_file()])


@pytest.fixture
def deleted(register: Register, root: Path) -> None:
    """A version that is gone, which shared one of its two files with one that is not."""
    register("v1", {"model.onnx": "1", "shared": "s"})
    register("v2", {"model.onnx": "two", "shared": "s"})
    open_version(version="classifier:v2")
    delete_version(model_name="classifier", version="v2")


@pytest.mark.usefixtures("deleted")
def test_what_only_a_deleted_version_had_goes_once_the_grace_period_is_over(root: Path) -> None:
    assert collect_garbage().contents == 0, "touched within the day"
    found = collect_garbage(grace=NOW)
    assert (found.contents, found.content_bytes, found.folders) == (1, 3, 0), "the folder went at once, before"
    assert contents(root) == StoredFile.objects.count() == 2
    assert (open_version(version="classifier") / "shared").read_text() == "s"


@pytest.mark.usefixtures("deleted")
def test_a_dry_run_says_the_same_and_deletes_nothing(root: Path) -> None:
    said = collect_garbage(grace=NOW, dry_run=True).as_dict() | {"is_dry_run": False}
    assert contents(root) == 3
    assert collect_garbage(grace=NOW).as_dict() == said
    assert said["folders"] == 1


def test_contents_without_a_row_go_after_the_grace_period(register: Register, root: Path) -> None:
    register("v1")
    stray = root / "sha256" / "ab" / ("c" * 62)
    stray.parent.mkdir(exist_ok=True)
    stray.write_text("left by a registration that died")
    (root / "sha256" / "README").mkdir()
    assert collect_garbage().contents == 0
    day_before = (timezone.now() - timedelta(days=2)).timestamp()
    os.utime(stray, (day_before, day_before))
    assert collect_garbage(dry_run=True).contents == 1
    assert collect_garbage().contents == 1
    assert not stray.exists()
    assert contents(root) == 1


def test_a_registration_in_progress_is_left_alone(root: Path) -> None:
    with staging_folder(root / "incoming") as folder:
        (folder / "0").write_text("half a file")
        assert collect_garbage(grace=NOW).leftovers == 0
        assert (folder / "0").exists()
    assert not folder.exists()


def test_what_a_dead_registration_left_goes_at_once(root: Path) -> None:
    left = root / "incoming" / "dead"
    left.mkdir(parents=True)
    (left / "lock").touch()
    (left / "0").write_text("half a file")
    assert collect_garbage(dry_run=True).leftovers == 1
    assert collect_garbage().leftovers == 1
    assert not left.exists()


def test_uploads_that_nobody_went_on_with_go_after_a_week(root: Path) -> None:
    begin_upload(model_name="m", version="1")
    assert collect_garbage().uploads == 0
    ModelVersion.objects.update(created_at=timezone.now() - timedelta(days=8))
    assert collect_garbage().uploads == 1
    assert not ModelVersion.objects.exists()


def test_an_upload_that_somebody_goes_on_with_stays(root: Path) -> None:
    begin_upload(model_name="m", version="1")
    ModelVersion.objects.update(created_at=timezone.now() - timedelta(days=8))
    add_file(model_name="m", version="1", path="a", chunks=[b"x"])
    assert collect_garbage().uploads == 0
    assert ModelVersion.objects.exists()


def test_a_content_that_is_already_gone_does_not_stop_the_rest(register: Register, root: Path) -> None:
    register("v1")
    register("v2")
    delete_version(model_name="classifier", version="v2")
    for path in [path for path in (root / "sha256").rglob("*") if path.is_file()]:
        if path.read_text() == "weights of v2":
            path.unlink()
    assert collect_garbage(grace=NOW).contents == 1
