"""Killed at any point, raced by others, out of room: no half version, nothing lost, nothing left."""

import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from registry.exceptions import StorageFull
from registry.models import ModelVersion
from registry.services.registration import register_version
from tests.conftest import WorkEnvironment
from tests.plugin import NOT_RUN
from tests.processes import ROOT, run_python
from tests.registry.bucket import make_bucket, run_server
from tests.registry.conftest import MakeFolder

# The long form: make the sparse file as large as the benchmark's.
GIGABYTES = os.environ.get("REGISTRY_LARGE_GB", "0.2")
PROMOTING = 16


def harsh(env: dict[str, str], *words: str | Path) -> Any:
    done = run_python("-m", "tests.registry.harsh", *words, env=env | {"DJANGO_SETTINGS_MODULE": "config.settings"})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def env(work_environment: WorkEnvironment) -> dict[str, str]:
    return work_environment()


def test_a_registration_killed_at_any_point_leaves_no_half_version(env: dict[str, str], tmp_path: Path) -> None:
    found = harsh(env, "killed", tmp_path)
    committed = found.pop("committed")
    assert committed["versions"] == [["ready", 2]]
    assert committed["contents"] == 2
    for label, result in found.items():
        assert result["ended"] == -9, label
        assert result["versions"] == [], label
        assert (result["staging"], result["contents"]) == (0, 0), f"{label}: garbage collection takes the rest"
    for label, result in {**found, "committed": committed}.items():
        assert (result["registered"], result["is_intact"]) == ("ready", True), label
        assert result["staging"] == 0, label
    assert found["all files copied"]["collected"]["leftovers"] == 1
    assert found["all files published"]["collected"]["contents"] == 2


def test_processes_that_promote_at_once_leave_one_default_and_a_complete_history(
    env: dict[str, str], tmp_path: Path
) -> None:
    found = harsh(env, "promoted", tmp_path, str(PROMOTING))
    assert found["endings"] == [0] * PROMOTING
    moves = found["moves"]
    assert moves[0][:2] == ["", "v0"]
    assert sorted(label for _, label, _ in moves) == sorted(f"v{number}" for number in range(PROMOTING + 1))
    assert [before for before, _, _ in moves[1:]] == [after for _, after, _ in moves[:-1]], "each from where it was"
    assert found["defaults"] == [moves[-1][1]]


def test_registrations_of_the_same_version_and_garbage_collection_do_not_harm_each_other(
    env: dict[str, str], tmp_path: Path
) -> None:
    found = harsh(env, "raced", tmp_path, "3")
    assert found == {"endings": [0] * 4, "state": "ready", "is_intact": True}


@pytest.mark.one_database
def test_a_large_sparse_file_takes_no_more_memory_than_a_small_one(env: dict[str, str], tmp_path: Path) -> None:
    if shutil.disk_usage(tmp_path).free < 10**8:
        pytest.skip(NOT_RUN + "less than 100 MB of disk are free")
    found = harsh(env, "large", tmp_path, GIGABYTES)
    assert found["size"] == int(float(GIGABYTES) * 10**9)
    assert found["more_memory"] < 40 << 20


@pytest.mark.one_database
def test_a_registration_killed_while_a_bucket_takes_its_file_leaves_nothing_half(
    env: dict[str, str], tmp_path: Path
) -> None:
    with run_server() as endpoint:
        bucket = make_bucket(endpoint)
        found = harsh(env | bucket.env, "broken_off", tmp_path)
        assert len(bucket.keys()) == 1
    assert found == {
        "ended": -9,
        "left": {"versions": 0, "uploads": 1, "contents": 0},
        "collected": {"versions": 0, "uploads": 0, "contents": 0},
        "after": {"versions": 1, "uploads": 0, "contents": 1},
        "is_intact": True,
    }


@pytest.mark.one_database
@pytest.mark.django_db
def test_a_write_that_the_system_refuses_leaves_nothing(root: Path, make_folder: MakeFolder) -> None:
    folder = make_folder({"a.bin": b"1", "large.bin": b"\x01" * 200_000})
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(StorageFull, match=r"no room left while copying large\.bin"):
            register_version(model_name="m", version="1", model_path=folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not [path for path in root.rglob("*") if path.is_file() and path.name != "publishing"]
    assert not ModelVersion.objects.exists()


@pytest.mark.one_database
def test_a_full_disk_ends_with_a_clear_error_and_nothing_behind(env: dict[str, str], tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = f"mount -t tmpfs -o size=3m tmpfs {disk} && exec {sys.executable} -m tests.registry.harsh filled {tmp_path}"
    namespace = ["unshare", "--user", "--map-root-user", "--mount"]
    if subprocess.run([*namespace, "mount", "-t", "tmpfs", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip(NOT_RUN + "this machine does not let a test mount a small tmpfs (unshare --user --mount)")
    variables = env | {"MODEL_REGISTRY_PATH": str(disk), "DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run(
        [*namespace, "sh", "-c", mount], cwd=ROOT, env=variables, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    (looked, why), (missed, how) = found["errors"]
    assert (looked, missed) == ("storage_full", "storage_full")
    assert "has room for" in why
    assert "no room left while copying" in how
    assert (found["left"], found["versions"]) == (0, 0)
