"""The models' files in an S3 bucket, over HTTP: nothing half, nothing wrong, and errors that say what to do."""

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, cast

import boto3
import pytest
from django.core.files.storage import storages

from config.storages import storages as storages_of
from orchestration.conf import ConfigurationError, OrchestrationConfig
from registry.exceptions import FileChanged, StorageFailed, VersionDamaged
from registry.models import ModelVersion, StoredFile
from registry.selectors.versions import files_of
from registry.services.collection import collect_garbage
from registry.services.lifecycle import delete_version
from registry.services.loading import open_version
from registry.services.records import hold_contents
from registry.services.registration import register_version
from registry.services.uploads import add_file, begin_upload, finish_upload
from registry.services.verification import verify_version
from registry.storage.s3 import PART, ModelBucket
from registry.storage.store import get_store
from tests.registry.bucket import FOLDER, NAME, Bucket, make_bucket, run_server
from tests.registry.conftest import MakeFolder, Register
from tests.services import HOST, find_free_port

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]  # what is in the bucket is no matter of SQL
NOW = timedelta(0)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)  # for moto every upload began in 2010
LARGE = b"\x01" * (2 * PART + 5)  # three parts
Use = Callable[..., None]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with run_server() as endpoint:
        yield endpoint


@cache
def open_session(key: str | None, secret: str | None) -> boto3.Session:
    return boto3.Session(aws_access_key_id=key, aws_secret_access_key=secret)


@pytest.fixture
def use(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Use:
    """Set the environment's variables about the bucket."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")  # or boto asks the machine's maker for a role

    # Reading the descriptions of Amazon's services takes boto half a second of CPU for each session.
    monkeypatch.setattr(ModelBucket, "_create_session", lambda made: open_session(made.access_key, made.secret_key))

    def set_all(**env: str) -> None:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
            monkeypatch.setenv(name, env[name]) if name in env else monkeypatch.delenv(name, raising=False)
        settings.STORAGES = storages_of(OrchestrationConfig.from_env(env))

    return set_all


@pytest.fixture
def bucket(server: str, use: Use, root: Path) -> Bucket:
    made = make_bucket(server)
    use(**made.env)
    return made


def test_contents_are_kept_once_in_the_folder_that_the_address_names(register: Register, bucket: Bucket) -> None:
    first = register("v1", {"model.onnx": "1", "shared": "s", "again": "s"})
    register("v2", {"model.onnx": "2", "shared": "s"})
    digests = set(StoredFile.objects.values_list("digest", flat=True))
    assert set(bucket.keys()) == {f"{FOLDER}/sha256/{digest[:2]}/{digest[2:]}" for digest in digests}
    assert (len(digests), first.file_count) == (3, 3)


def test_a_large_file_goes_there_in_parts_and_comes_back_on_another_machine(
    register: Register, bucket: Bucket, root: Path
) -> None:
    register("v1", {"model.onnx": LARGE})
    found = bucket.client.head_object(Bucket=NAME, Key=bucket.keys()[0])
    assert found["ETag"].strip('"').endswith("-3"), "an ETag of three parts"
    shutil.rmtree(root)
    assert (open_version(version="classifier") / "model.onnx").read_bytes() == LARGE
    assert bucket.uploads() == 0


def test_files_that_are_uploaded_through_rest_go_there_too(bucket: Bucket) -> None:
    begin_upload(model_name="classifier", version="v1")
    add_file(model_name="classifier", version="v1", path="model.onnx", chunks=[b"one", b"two"])
    assert finish_upload(model_name="classifier", version="v1").state == "ready"
    assert len(bucket.keys()) == 1


def test_a_flipped_bit_in_the_bucket_quarantines_the_version_and_registering_again_repairs_it(
    register: Register, bucket: Bucket, root: Path
) -> None:
    register("v1", {"model.onnx": LARGE})
    bucket.flip(bucket.keys()[0])
    shutil.rmtree(root)
    with pytest.raises(VersionDamaged, match=r"model\.onnx: its content changed"):
        open_version(version="classifier")
    version = ModelVersion.objects.select_related("model").get()
    assert version.state == "quarantined"
    register("v1", {"model.onnx": LARGE})
    shutil.rmtree(root)
    assert (open_version(version="classifier") / "model.onnx").read_bytes() == LARGE


def test_a_file_that_is_gone_from_the_bucket_is_damage(register: Register, bucket: Bucket, root: Path) -> None:
    version = register("v1")
    bucket.client.delete_object(Bucket=NAME, Key=bucket.keys()[0])
    shutil.rmtree(root)
    record = verify_version(version=version)
    assert [problem["problem"] for problem in record.problems] == ["missing in the remote storage"]


def test_garbage_is_collected_in_the_bucket(register: Register, bucket: Bucket) -> None:
    register("v1")
    register("v2")
    kept = bucket.keys()
    bucket.client.put_object(Bucket=NAME, Key=f"{FOLDER}/sha256/ab/{'c' * 62}", Body=b"left by a killed registration")
    bucket.client.put_object(Bucket=NAME, Key=f"{FOLDER}/other", Body=b"not ours")
    delete_version(model_name="classifier", version="v2")
    assert collect_garbage(dry_run=True, grace=NOW).contents == 2
    assert collect_garbage(grace=NOW).contents == 2
    left = bucket.keys()
    assert f"{FOLDER}/other" in left
    assert len(set(left) & set(kept)) == 1
    assert len(left) == 2


def test_parts_of_an_upload_that_broke_off_are_collected(bucket: Bucket) -> None:
    key = f"{FOLDER}/sha256/ab/{'c' * 62}"
    upload = bucket.client.create_multipart_upload(Bucket=NAME, Key=key)["UploadId"]
    bucket.client.upload_part(Bucket=NAME, Key=key, UploadId=upload, PartNumber=1, Body=b"x")
    storage = cast(ModelBucket, storages["models"])
    assert not list(storage.unfinished("sha256", LONG_AGO)), "it may be under way"
    assert (collect_garbage(dry_run=True, grace=NOW).leftovers, bucket.uploads()) == (1, 1)
    assert (collect_garbage(grace=NOW).leftovers, bucket.uploads()) == (1, 0)


def test_what_another_machine_collected_meanwhile_is_not_relied_on(register: Register, bucket: Bucket) -> None:
    """Its lock is on its own disk: the row that is touched before the bucket is asked decides."""
    version = register("v1")
    needed = get_store(), files_of(version.pk)
    delete_version(model_name="classifier", version="v1")
    hold_contents(*needed)
    assert collect_garbage().contents == 0, "somebody is about to use it"
    bucket.client.delete_object(Bucket=NAME, Key=bucket.keys()[0])
    with pytest.raises(FileChanged, match="register again"):
        hold_contents(*needed)


def name_another(bucket: Bucket, use: Use) -> None:
    use(**bucket.env | {"MODEL_STORAGE_URL": "s3://modles"})


def ask_nobody(bucket: Bucket, use: Use) -> None:
    use(**bucket.env | {"MODEL_STORAGE_ENDPOINT": f"http://{HOST}:{find_free_port()}"})


def give_strange_key(bucket: Bucket, use: Use) -> None:
    bucket.check_keys()
    use(**bucket.env)


def give_no_key(bucket: Bucket, use: Use) -> None:
    use(**{name: value for name, value in bucket.env.items() if not name.startswith("AWS_")})


def give_key_for_reading(bucket: Bucket, use: Use) -> None:
    key = bucket.give_key("s3:ListBucket", "s3:GetObject")
    bucket.check_keys()
    use(**bucket.env | key)


# What is wrong with the bucket → what is said.
WRONG: dict[Callable[[Bucket, Use], None], str] = {
    name_another: r"s3://modles .*no such bucket; make it, or correct MODEL_STORAGE_URL",
    ask_nobody: "nothing answers there; start it, or correct MODEL_STORAGE_ENDPOINT",
    give_strange_key: "does not know this access key; correct AWS_ACCESS_KEY_ID",
    give_no_key: "there are no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    give_key_for_reading: r"may not do this; they need s3:ListBucket, .*s3:PutObject",
}


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.__name__)
def test_what_is_wrong_with_the_bucket_is_said_and_leaves_nothing(
    wrong: Callable[[Bucket, Use], None], bucket: Bucket, use: Use, root: Path, make_folder: MakeFolder
) -> None:
    wrong(bucket, use)
    with pytest.raises(StorageFailed, match=WRONG[wrong]):
        register_version(model_name="classifier", version="v1", model_path=make_folder())
    assert not ModelVersion.objects.exists()
    assert not [path for path in root.rglob("*") if path.is_file() and path.name != "publishing"]


@pytest.mark.parametrize("wrong", [name_another, ask_nobody, give_strange_key, give_no_key])
def test_a_bucket_that_cannot_be_asked_quarantines_nothing(
    wrong: Callable[[Bucket, Use], None], register: Register, bucket: Bucket, use: Use, root: Path
) -> None:
    register("v1")
    shutil.rmtree(root)
    wrong(bucket, use)
    with pytest.raises(StorageFailed, match=WRONG[wrong]):
        open_version(version="classifier")
    assert ModelVersion.objects.get().state == "ready"


def test_a_version_that_is_here_is_opened_without_the_bucket(register: Register, bucket: Bucket, use: Use) -> None:
    register("v1")
    open_version(version="classifier")
    use(**bucket.env | {"MODEL_STORAGE_ENDPOINT": f"http://{HOST}:{find_free_port()}"})
    assert (open_version(version="classifier") / "model.onnx").read_text() == "weights of v1"


@pytest.mark.parametrize(
    "address", ["s3:bucket", "models", "s3://user:key@bucket", "https://bucket/x", "s3://b/../c d"]
)
def test_an_address_that_names_no_bucket_stops_the_start(address: str) -> None:
    with pytest.raises(ConfigurationError, match="MODEL_STORAGE_URL: expected s3://bucket or s3://bucket/folder"):
        OrchestrationConfig.from_env({"MODEL_STORAGE_URL": address})


def test_without_an_address_there_is_no_bucket_and_without_the_packages_the_start_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert "models" not in storages_of(OrchestrationConfig.from_env({}))
    monkeypatch.setattr("config.storages.PACKAGES", ("no_such_package",))
    with pytest.raises(ConfigurationError, match=r"pip install -r requirements-s3\.txt"):
        storages_of(OrchestrationConfig.from_env({"MODEL_STORAGE_URL": "s3://models"}))
