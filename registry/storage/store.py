"""The store: a folder, and behind it a remote storage where one is configured.

With a remote storage the folder is a cache: contents go to both, and are fetched (and checked while they arrive) when
they are not here. Owns the layout of MODEL_REGISTRY_PATH:

    sha256/ab/cdef…     contents
    versions/<digest>/  a version's files under their names: links to the contents
    incoming/           what is not yet complete
    locks/              see `locks`
"""

import os
import shutil
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from registry.conf import has_remote, registry_path
from registry.exceptions import StorageFull
from registry.manifest import FileEntry
from registry.storage import copying
from registry.storage.copying import Advance, explain, ignore
from registry.storage.folder import FolderStore
from registry.storage.locks import locked
from registry.storage.port import ContentStore
from registry.storage.remote import RemoteStore
from registry.storage.source import SourceFile, opened
from registry.storage.staging import staging_folder

CHUNK = 1 << 20
PUBLISHERS = 8


@dataclass(frozen=True, slots=True)
class Staged:
    """Files ready to be published: their entries, and by digest where those lie that may not be in the store yet."""

    entries: tuple[FileEntry, ...]
    places: dict[str, Path]


class Store:
    """Everything that is done with contents. `get_store` makes one."""

    def __init__(self, root: Path, remote: RemoteStore | None = None) -> None:
        self.root = root
        self.local = FolderStore(root)
        self.remote = remote
        self.incoming = root / "incoming"
        self.versions = root / "versions"
        self.locks = root / "locks"

    @property
    def kept(self) -> ContentStore:
        """Where contents are kept for good."""
        return self.remote or self.local

    def publishing(self, *, alone: bool = False) -> AbstractContextManager[None]:
        """Hold while contents are published and until the rows that refer to them are committed.

        Garbage collection holds it `alone`.
        """
        return locked(self.locks / "publishing", shared=not alone)

    def staging(self) -> AbstractContextManager[Path]:
        """A folder for what is not yet complete."""
        return staging_folder(self.incoming)

    def stage(
        self, files: Iterable[SourceFile], folder: Path, is_here: Callable[[int, str | None], bool], advance: Advance
    ) -> Staged:
        """Copy files into `folder`, each hashed on the way.

        `is_here(size, None)` says whether a content of that size is in the store, `is_here(size, digest)` whether this
        one is: a file that may be there is only read first. Raises `StorageFull`, `FileChanged`.
        """
        entries, places = [], {}
        for number, file in enumerate(files):
            digest = _hash_source(file, advance) if is_here(file.size, None) else ""
            if not digest or not is_here(file.size, digest):
                place = folder / str(number)
                digest = _copy_source(file, place, ignore if digest else advance)
                places[digest] = place
            entries.append(FileEntry(file.path, digest, file.size))
        return Staged(tuple(entries), places)

    def publish(self, staged: Staged) -> None:
        """Have every staged content kept; call it under `publishing`. Raises `StorageFull`, `StorageFailed`."""
        # Side by side, because each waits for the disk, and the disk takes many at once: 1,000 files in 1.2 s, not 8.6.
        with ThreadPoolExecutor(PUBLISHERS, thread_name_prefix="registry-publish") as threads:
            try:
                deque(threads.map(self._keep, staged.places.values(), staged.places.keys()), maxlen=0)
            except OSError as error:
                raise explain(error, f"storing {len(staged.places)} files in {self.root}") from error

    def _keep(self, place: Path, digest: str) -> None:
        if self.remote is not None:
            self.remote.put(place, digest)
        self.local.put(place, digest)

    def has_all(self, entries: Iterable[FileEntry]) -> bool:
        """Whether every content is kept. Raises `StorageFailed`."""
        wanted = {entry.digest: entry.size for entry in entries}
        with ThreadPoolExecutor(PUBLISHERS, thread_name_prefix="registry-look") as threads:
            return all(threads.map(self.kept.has, wanted.keys(), wanted.values()))

    def bring(self, entry: FileEntry) -> Path:
        """A path to read the content from, fetched from the remote storage if it is not here.

        Raises `FileNotFoundError` when it is nowhere; what arrives is checked by its reader.
        """
        path = self.local.path(entry.digest)
        if self.remote is not None and not self.local.has(entry.digest, entry.size):
            self.fetch(entry.digest)
        path.stat()
        return path

    def fetch(self, digest: str) -> None:
        """Bring a content here from the remote storage, whatever is here of it."""
        if self.remote is None:
            return
        with self.staging() as folder, self.remote.open(digest) as source:
            place = folder / digest
            with place.open("wb") as target:
                shutil.copyfileobj(source, target, CHUNK)
            self.local.put(place, digest)

    def forget(self, digest: str) -> None:
        """Delete a content everywhere."""
        if self.remote is not None:
            self.remote.delete(digest)
        self.local.delete(digest)

    def check_room(self, needed: int) -> None:
        """Raises `StorageFull` when `needed` bytes are more than the file system has left."""
        self.root.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self.root).free
        if needed > free:
            raise StorageFull(
                f"the files take {needed:,} bytes and {self.root} has room for {free:,}; free some "
                "(manage.py gc_models), or set MODEL_REGISTRY_PATH to a larger disk"
            )


def _hash_source(file: SourceFile, advance: Advance) -> str:
    with opened(file) as source:
        return copying.hash_descriptor(source, file.size, advance)


def _copy_source(file: SourceFile, place: Path, advance: Advance) -> str:
    with opened(file) as source:
        try:
            target = os.open(place, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                return copying.copy_hashed(source, target, file.size, advance)
            finally:
                os.close(target)
        except OSError as error:
            raise explain(error, f"copying {file.path} ({file.size:,} bytes) into the registry") from error


def get_store() -> Store:
    """The store that the settings name."""
    return Store(registry_path(), RemoteStore() if has_remote() else None)
