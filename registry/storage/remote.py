"""Contents in any storage of Django's, such as an S3-compatible one through django-storages."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from django.core.files import File
from django.core.files.storage import Storage, storages

from registry.conf import REMOTE
from registry.exceptions import StorageFailed
from registry.storage.port import Stored

PREFIX = "sha256"
_DIGEST = re.compile(r"[0-9a-f]{64}")


class RemoteStore:
    """A `ContentStore` in `settings.STORAGES["models"]`. What goes wrong there is raised as the storage raises it."""

    def __init__(self) -> None:
        self._storage: Storage = storages[REMOTE]

    def has(self, digest: str, size: int) -> bool:
        name = _name(digest)
        return self._storage.exists(name) and self._storage.size(name) == size

    def put(self, source: Path, digest: str) -> None:
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
        if self._storage.exists(_name(digest)):
            self._storage.delete(_name(digest))

    def entries(self) -> Iterator[Stored]:
        for folder in _listed(self._storage, PREFIX)[0]:
            for name in _listed(self._storage, f"{PREFIX}/{folder}")[1]:
                if _DIGEST.fullmatch(folder + name):
                    path = f"{PREFIX}/{folder}/{name}"
                    modified_at = self._storage.get_modified_time(path)
                    yield Stored(folder + name, self._storage.size(path), modified_at)


def _name(digest: str) -> str:
    return f"{PREFIX}/{digest[:2]}/{digest[2:]}"


def _listed(storage: Storage, path: str) -> tuple[list[str], list[str]]:
    try:
        return storage.listdir(path)
    except FileNotFoundError:
        return [], []
