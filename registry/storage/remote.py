"""Contents in any storage of Django's; an S3-compatible one is `s3.ModelBucket`, which can do some of it faster."""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol, cast, runtime_checkable

from django.core.files import File
from django.core.files.storage import Storage, storages

from registry.conf import REMOTE
from registry.exceptions import StorageFailed
from registry.storage.port import Stored

PREFIX = "sha256"
_DIGEST = re.compile(r"[0-9a-f]{64}")


@runtime_checkable
class Scanned(Protocol):
    """A storage that lists everything at once: (name, size, modified at) of all files below a folder."""

    def scan(self, prefix: str) -> Iterator[tuple[str, int, datetime]]: ...


@runtime_checkable
class InParts(Protocol):
    """A storage to which large files travel in parts, of which a killed upload leaves some."""

    def unfinished(self, prefix: str, before: datetime) -> Iterator[tuple[str, str]]: ...

    def abort(self, key: str, upload: str) -> None: ...


class RemoteStore:
    """A `ContentStore` in `settings.STORAGES["models"]`. What goes wrong there is raised as the storage raises it."""

    def __init__(self) -> None:
        self._storage: Storage = storages[REMOTE]

    def has(self, digest: str, size: int) -> bool:
        try:
            return self._storage.size(_name(digest)) == size
        except FileNotFoundError:
            return False

    def put(self, source: Path, digest: str) -> None:
        """Where the storage overwrites, as S3 does, what is there stays until the new one is complete."""
        if self._storage.get_available_name(_name(digest)) != _name(digest):
            self.delete(digest)
        with source.open("rb") as file:
            saved = self._storage.save(_name(digest), File(file))
        if saved != _name(digest):  # somebody else saved the same content meanwhile: theirs is as good
            self._storage.delete(saved)
            if not self.has(digest, source.stat().st_size):
                raise StorageFailed(f'the storage "{REMOTE}" does not keep files under the names they are given')

    def open(self, digest: str) -> BinaryIO:
        return cast(BinaryIO, self._storage.open(_name(digest)))

    def delete(self, digest: str) -> None:
        with suppress(FileNotFoundError):
            self._storage.delete(_name(digest))

    def entries(self) -> Iterator[Stored]:
        scan = self._storage.scan if isinstance(self._storage, Scanned) else self._walk
        for name, size, modified_at in scan(PREFIX):
            digest = name.removeprefix(PREFIX).replace("/", "")
            if _DIGEST.fullmatch(digest) and name == _name(digest):
                yield Stored(digest, size, modified_at)

    def take_unfinished(self, before: datetime, *, dry_run: bool) -> int:
        """Remove what uploads left that began before then and broke off; how many there were."""
        if not isinstance(self._storage, InParts):
            return 0
        left = list(self._storage.unfinished(PREFIX, before))
        for key, upload in () if dry_run else left:
            self._storage.abort(key, upload)
        return len(left)

    def _walk(self, prefix: str) -> Iterator[tuple[str, int, datetime]]:
        for folder in _listed(self._storage, prefix)[0]:
            for name in _listed(self._storage, f"{prefix}/{folder}")[1]:
                path = f"{prefix}/{folder}/{name}"
                yield path, self._storage.size(path), self._storage.get_modified_time(path)


def _name(digest: str) -> str:
    return f"{PREFIX}/{digest[:2]}/{digest[2:]}"


def _listed(storage: Storage, path: str) -> tuple[list[str], list[str]]:
    try:
        return storage.listdir(path)
    except FileNotFoundError:
        return [], []
