"""Versions as folders: the files under their names, as links to the contents, checked before anybody reads them.

A folder is built once on each machine: every content is read and compared with its digest, then linked. From then on
`find` only looks whether size, time of change and inode of every file and folder are what they were (well under a
millisecond); anything else, such as a file that was added, has the folder built again.
"""

import json
import os
import shutil
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from registry.exceptions import StorageFailed
from registry.manifest import FileEntry
from registry.storage import copying
from registry.storage.copying import Advance, explain, ignore
from registry.storage.locks import locked
from registry.storage.store import Store

# One per process: (folder, its marks), as last found on disk.
_known: dict[Path, tuple["Mark", ...]] = {}


@dataclass(frozen=True, slots=True)
class Mark:
    """By what a file or folder is known again. `size` is -1 for a folder, whose size means nothing."""

    path: str
    size: int
    changed_ns: int
    inode: int


@dataclass(frozen=True, slots=True)
class Damage:
    """What is wrong with a file of a version."""

    path: str
    problem: str
    found: str
    """The digest it has, when it could be read."""
    digest: str
    """The digest it should have."""

    def as_dict(self) -> dict[str, str]:
        return {"path": self.path, "problem": self.problem, "expected": self.digest, "found": self.found}


class FilesDamaged(Exception):
    """Contents that are not what their digests say."""

    def __init__(self, damage: Sequence[Damage]) -> None:
        super().__init__("; ".join(f"{one.path}: {one.problem}" for one in damage))
        self.damage = tuple(damage)


def find_folder(store: Store, digest: str) -> Path | None:
    """The folder of a version, if it is there and unchanged since its contents were last compared."""
    folder = store.versions / digest
    for marks in (_known.get(folder), _read_marks(folder)):
        if marks and all(_mark(folder, mark.path) == mark for mark in marks):
            _known[folder] = marks
            return folder
    return None


def build_folder(store: Store, digest: str, files: Sequence[FileEntry], advance: Advance = ignore) -> tuple[Path, bool]:
    """Compare every content with its digest and link it; the folder, and whether this call read the files.

    Raises `FilesDamaged`, `StorageFull`, `StorageFailed`.
    """
    with locked(store.locks / digest):
        if found := find_folder(store, digest):  # somebody else built it while we waited
            return found, False
        return _build(store, digest, files, advance), True


def drop_folder(store: Store, digest: str) -> None:
    """Have a version's folder built again before its next use, in every process."""
    folder = store.versions / digest
    _known.pop(folder, None)
    with suppress(FileNotFoundError):
        _marks_file(folder).unlink()
    with suppress(FileNotFoundError), store.staging() as staging:
        folder.replace(staging / "old")


def _build(store: Store, digest: str, files: Sequence[FileEntry], advance: Advance) -> Path:
    if damage := check_contents(store, files, advance):
        raise FilesDamaged(damage)
    folder = store.versions / digest
    try:
        store.versions.mkdir(parents=True, exist_ok=True)
        with store.staging() as staging:
            for file in files:
                _link(store.local.path(file.digest), staging / "new" / file.path)
            if folder.exists():
                folder.replace(staging / "old")
            (staging / "new").replace(folder)
        marks = tuple(_marks(folder, files))
        _write_marks(folder, marks)
    except OSError as error:
        raise explain(error, f"linking the files of the version in {folder}") from error
    _known[folder] = marks
    return folder


def check_contents(store: Store, files: Sequence[FileEntry], advance: Advance = ignore) -> list[Damage]:
    """Read every content and compare; what is wrong. A damaged copy of what is kept remotely is fetched again."""
    verdicts = {digest: _judge(store, file, advance) for digest, file in {file.digest: file for file in files}.items()}
    return [Damage(file.path, *verdicts[file.digest], file.digest) for file in files if verdicts[file.digest][0]]


def _judge(store: Store, file: FileEntry, advance: Advance) -> tuple[str, str]:
    """(what is wrong, the digest found); nothing when nothing is."""
    verdict = _read(store, file, advance)
    if verdict[0] and store.remote is not None:
        try:
            store.fetch(file.digest)
        except FileNotFoundError:
            return "missing in the remote storage", ""
        verdict = _read(store, file, advance)
    return verdict


def _read(store: Store, file: FileEntry, advance: Advance) -> tuple[str, str]:
    try:
        path = store.bring(file)
        if (size := path.stat().st_size) != file.size:
            return f"has {size:,} bytes instead of {file.size:,}", ""
        found = copying.hash_path(path, advance)
    except FileNotFoundError:
        return "missing", ""
    except OSError as error:
        raise StorageFailed(f"{file.path} cannot be read from the registry: {error}") from error
    return ("its content changed", found) if found != file.digest else ("", found)


def _link(content: Path, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(content, path)
    except OSError:  # a file system without hard links
        shutil.copyfile(content, path)
        path.chmod(0o444)


def _marks(folder: Path, files: Sequence[FileEntry]) -> Iterator[Mark]:
    folders = {str(parent) for file in files for parent in Path(file.path).parents}
    for path in (*sorted(folders), *(file.path for file in files)):
        if mark := _mark(folder, path):
            yield mark


def _mark(folder: Path, path: str) -> Mark | None:
    try:
        found = os.lstat(f"{folder}/{path}")
    except OSError:
        return None
    return Mark(path, -1 if stat.S_ISDIR(found.st_mode) else found.st_size, found.st_mtime_ns, found.st_ino)


def _marks_file(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.json")


def _read_marks(folder: Path) -> tuple[Mark, ...]:
    try:
        listed = json.loads(_marks_file(folder).read_bytes())
        return tuple(Mark(*mark) for mark in listed)
    except (OSError, ValueError, TypeError):
        return ()  # never written, or not by us: the contents are compared again


def _write_marks(folder: Path, marks: Sequence[Mark]) -> None:
    target = _marks_file(folder)
    partial = target.with_name(f"{target.name}.{os.getpid()}")
    partial.write_text(json.dumps([[mark.path, mark.size, mark.changed_ns, mark.inode] for mark in marks]))
    partial.replace(target)
