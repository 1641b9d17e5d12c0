"""What cannot be done inside the test process: being killed at a point, racing with others, running out of disk.

`python -m tests.registry.harsh VERB …` prints one JSON document. Django is set up once; every child is a fork with a
database connection of its own.
"""

import json
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, cast

import django

django.setup()

from django.conf import settings  # noqa: E402 - needs Django
from django.core.files.storage import storages  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from common.errors import OrchestrationError  # noqa: E402
from registry.models import ModelVersion, PointerMove, RegisteredModel, StoredFile, VersionFile  # noqa: E402
from registry.services import registration  # noqa: E402
from registry.services.collection import collect_garbage  # noqa: E402
from registry.services.pointers import set_default  # noqa: E402
from registry.services.registration import register_version  # noqa: E402
from registry.services.verification import verify_version  # noqa: E402
from registry.storage import copying, staging  # noqa: E402
from registry.storage.folder import FolderStore  # noqa: E402
from registry.storage.store import Store  # noqa: E402

NOW = timedelta(0)
FILES = {"a.bin": b"\x01" * 300_000, "b.bin": b"\x02" * 200_000}
# Where a registration is killed → what is wrapped, and at which return of it.
POINTS: dict[str, tuple[Any, str, int]] = {
    "staging folder made": (staging, "try_lock", 1),
    "first piece copied": (copying, "_copy_range", 1),
    "first file copied": (copying, "copy_hashed", 1),
    "all files copied": (Store, "stage", 1),
    "first file published": (FolderStore, "put", 1),
    "all files published": (Store, "publish", 1),
    "rows written, not committed": (registration, "create_ready_version", 1),
    "committed": (registration, "_write", 1),
}


def in_child(work: Callable[[], object]) -> int:
    """Fork, work, end; the child's pid."""
    connection.close()
    if pid := os.fork():
        return pid
    code = 1
    try:
        work()
        code = 0
    finally:
        if code:
            traceback.print_exc()
        os._exit(code)


def how_it_ended(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def source(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    return folder


def register(folder: Path, label: str = "v1") -> ModelVersion:
    return register_version(model_name="killed", version=label, model_path=folder)


def kill_at(owner: Any, name: str, time: int) -> None:
    """Have this process killed when the function returns for the nth time."""
    function, left = getattr(owner, name), [time]

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, wrapper)


def killed(folder: str) -> dict[str, Any]:
    """For each point: what a registration killed there left, what garbage collection did, how the next one went."""
    path = source(Path(folder) / "source")
    return {label: killed_at(label, path) for label in POINTS}


def killed_at(label: str, path: Path) -> dict[str, Any]:
    def work() -> None:
        kill_at(*POINTS[label])
        register(path)

    ended = how_it_ended(in_child(work))
    versions = list(ModelVersion.objects.values_list("state", "file_count"))
    collected = collect_garbage(grace=NOW)
    after = {"versions": versions, "staging": left_in("incoming"), "contents": left_in("sha256")}
    version = register(path)
    result = {
        "ended": ended,
        **after,
        "collected": collected.as_dict(),
        "registered": version.state,
        "is_intact": verify_version(version=version).is_intact,
    }
    forget()
    return result


def left_in(folder: str) -> int:
    root = settings.ORCHESTRATION.model_registry_path / folder
    return sum(path.is_file() for path in root.rglob("*"))


def forget() -> None:
    """As if nothing had been registered."""
    VersionFile.objects.all().delete()
    PointerMove.objects.all().delete()
    ModelVersion.objects.all().delete()
    RegisteredModel.objects.all().delete()
    collect_garbage(grace=NOW)
    assert not StoredFile.objects.exists()


def promoted(folder: str, count: str) -> dict[str, Any]:
    """As many processes as said, each making another version the default, all let go at once."""
    path = source(Path(folder) / "source")
    labels = [f"v{number}" for number in range(int(count) + 1)]
    for label in labels:
        register(path, label)
    gate, opener = os.pipe()

    def promote(label: str) -> None:
        os.close(opener)
        connection.ensure_connection()
        os.read(gate, 1)  # the end of the pipe, when the parent lets go
        set_default(model_name="killed", version=label, actor=label)

    pids = [in_child(partial(promote, label)) for label in labels[1:]]
    os.close(opener)
    endings = [how_it_ended(pid) for pid in pids]
    moves = PointerMove.objects.filter(pointer="default").order_by("pk").values_list("from_label", "to_label", "actor")
    defaults = ModelVersion.objects.filter(is_default=True).values_list("label", flat=True)
    return {"endings": endings, "moves": list(moves), "defaults": list(defaults)}


def raced(folder: str, count: str) -> dict[str, Any]:
    """Processes that register the same version at once, while another collects garbage."""
    path = source(Path(folder) / "source")
    pids = [in_child(partial(register, path)) for _ in range(int(count))]
    pids.append(in_child(lambda: [collect_garbage(grace=NOW) for _ in range(20)]))
    endings = [how_it_ended(pid) for pid in pids]
    version = ModelVersion.objects.select_related("model").get()
    return {"endings": endings, "state": version.state, "is_intact": verify_version(version=version).is_intact}


def filled(folder: str) -> dict[str, Any]:
    """Register more than the file system of the registry holds: looked at before, and when that look misses it."""
    path = Path(folder) / "source"
    path.mkdir()
    for number in range(4):
        (path / f"{number}.bin").write_bytes(os.urandom(1 << 20))
    errors = [refusal(path)]
    setattr(Store, "check_room", lambda store, needed: None)  # noqa: B010 - mypy refuses the assignment
    errors.append(refusal(path))
    collected = collect_garbage(dry_run=True, grace=NOW).as_dict()
    return {"errors": errors, "left": left_in("."), "versions": ModelVersion.objects.count(), "collected": collected}


def refusal(path: Path) -> list[str]:
    try:
        register(path)
    except OrchestrationError as error:
        return [error.code, str(error)]
    return ["registered", ""]


def large(folder: str, gigabytes: str) -> dict[str, Any]:
    """Register a sparse file; how much more memory it took than a small one, in bytes."""
    path = Path(folder) / "large.bin"
    with path.open("wb") as file:
        file.write(b"head")
        file.truncate(int(float(gigabytes) * 10**9))
    register(source(Path(folder) / "source"), "small")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    version = register(path, "large")
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"size": version.size, "more_memory": (after - before) * 1024}


def broken_off(folder: str) -> dict[str, Any]:
    """Killed while a large file goes to a bucket, after its first part: what is left, and how the next one goes."""
    path, storage = Path(folder) / "large.bin", cast(Any, storages["models"])
    path.write_bytes(b"\x01" * 20_000_000)

    def work() -> None:
        events = storage.client.meta.events
        events.register("after-call.s3.UploadPart", lambda **_: os.kill(os.getpid(), signal.SIGKILL))
        register(path)

    def look() -> dict[str, int]:
        now = timezone.now()
        uploads, contents = list(storage.unfinished("sha256", now)), list(storage.scan("sha256"))
        return {"versions": ModelVersion.objects.count(), "uploads": len(uploads), "contents": len(contents)}

    ended, before = how_it_ended(in_child(work)), look()
    collect_garbage(grace=NOW)
    collected = look()
    version = register(path)
    is_intact = verify_version(version=version).is_intact
    return {"ended": ended, "left": before, "collected": collected, "after": look(), "is_intact": is_intact}


if __name__ == "__main__":
    verbs: dict[str, Callable[..., dict[str, Any]]] = {
        verb.__name__: verb for verb in (killed, promoted, raced, filled, large, broken_off)
    }
    sys.stdout.write(json.dumps(verbs[sys.argv[1]](*sys.argv[2:])))
