"""What somebody asks to have registered: finds the files of a path, and opens them without being led elsewhere.

Links are followed to files inside the same folder only; links out of it, links to folders and everything that is not
an ordinary file are refused.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from registry.exceptions import FileChanged, InvalidVersion, UnsafeFile
from registry.storage.paths import check_paths, normalise_path

# What version control, Python and desktops leave in folders; no part of any model.
IGNORED = frozenset({".git", "__pycache__", ".ipynb_checkpoints", ".DS_Store"})


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to register. `location` is where it is, links resolved; `allocated` what it takes on disk, in bytes."""

    path: str
    location: Path
    size: int
    allocated: int


def find_files(given: Path) -> list[SourceFile]:
    """The file, or every file of the folder, by path. Raises `UnsafeFile`, `InvalidVersion`."""
    try:
        root = given.resolve(strict=True)
        found = [_source(root.name, root)] if not root.is_dir() else list(_walk(root, root, ""))
    except OSError as error:
        raise InvalidVersion(
            f"{given} cannot be read: {error.strerror or error}", [("/model_path", "unreadable")]
        ) from error
    if not found:
        raise InvalidVersion(f"{given} has no files in it", [("/model_path", "empty")])
    check_paths(file.path for file in found)
    return sorted(found, key=lambda file: file.path)


def _walk(folder: Path, root: Path, prefix: str) -> Iterator[SourceFile]:
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            path = f"{prefix}{entry.name}"
            if entry.name in IGNORED:
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(Path(entry.path), root, f"{path}/")
            elif entry.is_symlink():
                yield _source(path, _follow(Path(entry.path), path, root))
            else:
                yield _source(path, Path(entry.path))


def _follow(link: Path, path: str, root: Path) -> Path:
    try:
        target = link.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise UnsafeFile(f"{path!r} is a link that leads nowhere") from error
    if not target.is_relative_to(root):
        raise UnsafeFile(
            f"{path!r} is a link out of the folder (to {target}); register a copy without links: cp -rL {root} COPY"
        )
    if target.is_dir():
        raise UnsafeFile(f"{path!r} is a link to a folder; register a copy without links: cp -rL {root} COPY")
    return target


def _source(path: str, location: Path) -> SourceFile:
    found = location.lstat()
    _check_ordinary(path, found)
    return SourceFile(normalise_path(path), location, found.st_size, found.st_blocks * 512)


def _check_ordinary(path: str, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise UnsafeFile(f"{path!r} is not an ordinary file (a device, a pipe, a socket or a link)")


@contextmanager
def opened(file: SourceFile) -> Iterator[int]:
    """A descriptor to read from. Raises `FileChanged` at the end when the file was not the same all the time."""
    try:
        # A name may be something else by now: neither follow a link nor wait for the other end of a pipe.
        descriptor = os.open(file.location, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise FileChanged(f"{file.path!r} cannot be opened any more: {error.strerror}") from error
    try:
        before = os.fstat(descriptor)
        _check_ordinary(file.path, before)
        yield descriptor
        after = os.fstat(descriptor)
        if (before.st_mtime_ns, before.st_size, file.size) != (after.st_mtime_ns, after.st_size, after.st_size):
            raise FileChanged(f"{file.path!r} was written to while it was being registered; register it again")
    finally:
        os.close(descriptor)
