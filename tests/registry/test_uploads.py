"""Files that arrive one after the other."""

import hashlib
from pathlib import Path

import pytest

from registry.exceptions import DigestMismatch, IllegalState, UnsafeFile, VersionExists, VersionUnusable
from registry.models import ModelVersion
from registry.selectors.resolving import resolve
from registry.services.loading import open_version
from registry.services.uploads import add_file, begin_upload, finish_upload
from tests.registry.conftest import Register

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("root"), pytest.mark.one_database]


def send(path: str, content: bytes = b"weights", digest: str | None = None) -> None:
    half = len(content) // 2
    add_file(model_name="classifier", version="v1", path=path, chunks=[content[:half], content[half:]], digest=digest)


@pytest.fixture
def begun() -> ModelVersion:
    return begin_upload(model_name="classifier", version="v1", metadata={"accuracy": 0.9}, actor="ann")


@pytest.mark.usefixtures("begun")
def test_a_finished_upload_is_a_version_like_any_other(register: Register) -> None:
    send("model.onnx", b"old")
    send("model.onnx", b"weights", hashlib.sha256(b"weights").hexdigest())
    send("words/list.txt", b"a b")
    with pytest.raises(VersionUnusable, match="finish its upload"):
        resolve("classifier:v1")
    version = finish_upload(model_name="classifier", version="v1", actor="ann")
    assert (version.state, version.size, version.is_default, version.created_by) == ("ready", 10, True, "ann")
    same = register("v2", {"model.onnx": "weights", "words/list.txt": "a b"})
    assert same.digest == version.digest
    assert (open_version(version="classifier") / "words" / "list.txt").read_text() == "a b"
    assert finish_upload(model_name="classifier", version="v1").pk == version.pk


@pytest.mark.usefixtures("begun")
def test_a_file_that_arrived_otherwise_than_announced_is_not_taken(root: Path) -> None:
    with pytest.raises(DigestMismatch, match="send it again"):
        send("model.onnx", b"weights", "0" * 64)
    assert not list(root.rglob("*onnx"))
    with pytest.raises(UnsafeFile, match="no files"):
        finish_upload(model_name="classifier", version="v1")


@pytest.mark.usefixtures("begun")
def test_what_is_ready_takes_no_more_files() -> None:
    send("model.onnx")
    finish_upload(model_name="classifier", version="v1")
    with pytest.raises(IllegalState, match="takes no more files"):
        send("other.onnx")
    with pytest.raises(VersionExists, match="exists"):
        begin_upload(model_name="classifier", version="v1")
    with pytest.raises(DigestMismatch):
        finish_upload(model_name="classifier", version="v1", digest="0" * 64)


@pytest.mark.usefixtures("begun")
def test_paths_are_checked_alone_and_together() -> None:
    with pytest.raises(UnsafeFile):
        send("../../etc/passwd")
    send("a")
    send("a/b")
    with pytest.raises(UnsafeFile, match="'a' is a file"):
        finish_upload(model_name="classifier", version="v1")
