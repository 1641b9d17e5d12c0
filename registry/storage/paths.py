"""Paths of files inside a version: one form, and none that leads out of the folder. Pure."""

import unicodedata
from collections.abc import Iterable

from registry.exceptions import UnsafeFile

MAX_PATH = 500  # characters
MAX_PATH_BYTES = 1000  # as UTF-8: an index of PostgreSQL's holds no more than about 2,700
MAX_PART_BYTES = 255  # what file systems take
MAX_FILES = 10_000


def normalise_path(given: str) -> str:
    """The path in NFC with `/` between its parts. Raises `UnsafeFile`."""
    path = unicodedata.normalize("NFC", given)
    if fault := _fault(path):
        raise UnsafeFile(f"the file name {given[:120]!r} cannot be registered: {fault}")
    return path


def _fault(path: str) -> str | None:
    parts = path.split("/")
    try:
        encoded = [part.encode() for part in parts]
    except UnicodeEncodeError:
        return "it is not UTF-8; rename the file"
    if (
        len(path) > MAX_PATH
        or len(path.encode()) > MAX_PATH_BYTES
        or any(len(part) > MAX_PART_BYTES for part in encoded)
    ):
        return f"it is longer than {MAX_PATH} characters, {MAX_PATH_BYTES} bytes, or {MAX_PART_BYTES} bytes in one part"
    if any(part in ("", ".", "..") for part in parts):
        return "it must be relative, without empty parts, . and .."
    if "\\" in path or any(unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp") for character in path):
        return "it contains a backslash or an invisible character; rename the file"
    return None


def check_paths(paths: Iterable[str]) -> None:
    """Refuse paths that could not stand in one folder together. Raises `UnsafeFile`."""
    seen: set[str] = set()
    for path in paths:
        if path in seen:
            raise UnsafeFile(f"two files are both {path!r} once their names are written the same way (Unicode NFC)")
        seen.add(path)
    if not seen:
        raise UnsafeFile("there are no files to register")
    if len(seen) > MAX_FILES:
        raise UnsafeFile(f"a version has at most {MAX_FILES:,} files, these are {len(seen):,}; pack them into fewer")
    for path in seen:
        parts = path.split("/")
        for depth in range(1, len(parts)):
            if (folder := "/".join(parts[:depth])) in seen:
                raise UnsafeFile(f"{folder!r} is a file, so {path!r} cannot be in it")
