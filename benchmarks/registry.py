"""What registering, checking and loading a model cost, beside `sha256sum` plus `cp` of the same file in the same run.

`python -m benchmarks.registry [--gigabytes 5] [--dense-gigabytes 2] [--rounds 3] [--folder FOLDER]` prints a table. The
sparse file is what the issue asks for; the dense one, of random bytes, is what a model's file is like. Every round
begins with the written data on disk; the coreutils' time includes a `sync` of the copy, as ours does. Needs room for
twice the dense file in the folder (default: the system's temporary one).
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table

GIGABYTE = 10**9
LOADS = 500


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="registry-bench-", dir=options.folder) as name:
        folder = Path(name)
        _set_django_up(folder)
        rows = []
        if options.gigabytes:
            rows += _measure("sparse", _sparse(folder / "sparse.bin", options.gigabytes), options.rounds)
        if options.dense_gigabytes:
            rows += _measure("dense", _dense(folder / "dense.bin", options.dense_gigabytes), options.rounds)
        _print(rows)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What the model registry costs.")
    parser.add_argument("--gigabytes", type=float, default=5, help="of the sparse file (default: 5)")
    parser.add_argument("--dense-gigabytes", type=float, default=1, help="of the file of random bytes (default: 1)")
    parser.add_argument("--rounds", type=int, default=3, help="the medians of so many are shown (default: 3)")
    parser.add_argument("--folder", type=Path, help="where the files go")
    return parser.parse_args()


def _set_django_up(folder: Path) -> None:
    """A registry and a database of its own."""
    os.environ["DATA_DIR"] = str(folder / "var")
    os.environ.pop("DATABASE_URL", None)
    os.environ.pop("MODEL_REGISTRY_PATH", None)
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def _sparse(path: Path, gigabytes: float) -> Path:
    """A file of holes with some data at its beginning, as `truncate` makes them."""
    with path.open("wb") as file:
        file.write(os.urandom(1 << 20))
        file.truncate(int(gigabytes * GIGABYTE))
    return path


def _dense(path: Path, gigabytes: float) -> Path:
    left = int(gigabytes * GIGABYTE)
    with path.open("wb") as file:
        while left > 0:
            left -= file.write(os.urandom(min(left, 8 << 20)))
    os.sync()
    return path


def _measure(kind: str, path: Path, rounds: int) -> list[tuple[str, str]]:
    from registry.selectors.resolving import find_version, resolve
    from registry.services.loading import open_version
    from registry.services.verification import verify_version

    size = path.stat().st_size
    coreutils, ours = [], []
    before = _memory()
    for number in range(rounds):  # in turn, so that both meet the same machine
        if number:
            _forget(kind)
        coreutils.append(_timed(lambda: _hash_and_copy(path)))
        ours.append(_timed(lambda: _register(kind, path)))
    grown = _memory() - before
    theirs, mine = statistics.median(coreutils), statistics.median(ours)
    resolved = resolve(kind)
    first = _timed(lambda: open_version(version=resolved))
    loads = sorted(_timed(lambda: open_version(version=resolved)) for _ in range(LOADS))
    verified = _timed(lambda: verify_version(version=find_version(kind)))
    return [
        (f"{kind} file", f"{size / GIGABYTE:.1f} GB"),
        ("sha256sum + cp + sync", f"{theirs:.2f} s"),
        ("register_version", f"{mine:.2f} s"),
        ("ratio", f"{mine / theirs:.2f}"),
        ("memory it took, at most", f"{grown / 2**20:.0f} MiB"),
        ("first load (everything read)", f"{first:.2f} s"),
        ("load, unchanged", f"median {loads[LOADS // 2] * 1000:.2f} ms, 99 % {loads[-LOADS // 100] * 1000:.2f} ms"),
        ("verify", f"{verified:.2f} s, {size / verified / GIGABYTE:.2f} GB/s"),
    ]


def _hash_and_copy(path: Path) -> None:
    copy = path.with_suffix(".copy")
    for words in (("sha256sum", path), ("cp", path, copy), ("sync", copy)):
        subprocess.run(list(map(str, words)), check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - ours
    copy.unlink()


def _register(kind: str, path: Path) -> None:
    from registry.services.registration import register_version

    register_version(model_name=kind, version="v1", model_path=path)


def _forget(kind: str) -> None:
    """So that the next round meets a content that the store does not have."""
    from registry.services.collection import collect_garbage
    from registry.services.lifecycle import delete_version

    delete_version(model_name=kind, version="v1")
    collect_garbage(grace=timedelta(0))


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _print(rows: list[tuple[str, str]]) -> None:
    table = Table(box=None, show_header=False, padding=(0, 2))
    for label, value in rows:
        table.add_row(label, value)
    Console(file=sys.stdout).print(table)


if __name__ == "__main__":
    main()
