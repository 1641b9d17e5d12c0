"""Contents in a folder: `sha256/ab/cdef…`, read-only files that appear complete or not at all."""

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from registry.storage.port import Stored

READ_ONLY = 0o444
DIGEST_LENGTH = 64


class FolderStore:
    """A `ContentStore` on a local or shared file system."""

    def __init__(self, root: Path) -> None:
        self.root = root / "sha256"

    def path(self, digest: str) -> Path:
        return self.root / digest[:2] / digest[2:]

    def has(self, digest: str, size: int) -> bool:
        try:
            return self.path(digest).stat().st_size == size
        except FileNotFoundError:
            return False

    def put(self, source: Path, digest: str) -> None:
        """`source` is on the same file system, and gone afterwards."""
        target = self.path(digest)
        make_folder(target.parent)
        with source.open("rb") as file:
            os.fchmod(file.fileno(), READ_ONLY)
            os.fsync(file.fileno())
        source.replace(target)
        sync_folder(target.parent)

    def open(self, digest: str) -> BinaryIO:
        return self.path(digest).open("rb")

    def delete(self, digest: str) -> None:
        with suppress(FileNotFoundError):
            self.path(digest).unlink()

    def entries(self) -> Iterator[Stored]:
        for folder in sorted(self.root.iterdir()) if self.root.is_dir() else ():
            for entry in os.scandir(folder):
                digest = folder.name + entry.name
                if len(digest) == DIGEST_LENGTH and entry.is_file(follow_symlinks=False):
                    with suppress(FileNotFoundError):
                        found = entry.stat()
                        yield Stored(digest, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))


def make_folder(folder: Path) -> None:
    """Make a folder whose name survives a power cut."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
