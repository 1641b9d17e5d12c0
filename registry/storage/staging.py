"""Folders for files that are not yet complete: one for each registration, gone at its end however it ends.

Each holds a lock while its process lives, so that what a killed process left is told from what is being written.
"""

import os
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from registry.storage.copying import explain
from registry.storage.locks import try_lock

LOCK = "lock"
# A folder without a lock file: its process is between two system calls, or was killed there.
UNLOCKED_SECONDS = 60.0


@contextmanager
def staging_folder(incoming: Path) -> Iterator[Path]:
    """A new folder in `incoming`, on the store's file system. Raises `StorageFull`, `StorageFailed`."""
    folder, lock = _make(incoming)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _make(incoming: Path) -> tuple[Path, int]:
    try:
        while True:
            folder = incoming / uuid.uuid4().hex
            folder.mkdir(parents=True, mode=0o700)
            (folder / LOCK).touch()
            if (lock := try_lock(folder / LOCK)) is not None:
                return folder, lock
    except OSError as error:
        raise explain(error, f"making a folder in {incoming}") from error


def abandoned_folders(incoming: Path) -> Iterator[tuple[Path, int]]:
    """The folders whose process is gone, each with a descriptor that holds its lock (-1: it has none)."""
    for folder in sorted(incoming.iterdir()) if incoming.is_dir() else ():
        lock = try_lock(folder / LOCK)
        if lock is not None:
            yield folder, lock
            continue
        with suppress(FileNotFoundError):
            has_lock = (folder / LOCK).exists()
            if not has_lock and time.time() - folder.stat().st_mtime > UNLOCKED_SECONDS:
                yield folder, -1
