"""Errors of the registry, by what they are; each message says what is wrong, where, and how to mend it."""

from collections.abc import Sequence

from common.errors import Conflict, Failed, Invalid, NotFound, Unavailable


class ModelNotFound(NotFound):
    code = "model_not_found"


class VersionNotFound(NotFound):
    """The model exists, and has no such version or alias."""

    code = "version_not_found"


class NoDefaultVersion(VersionNotFound):
    """A model was named without a version, and none of its versions is its default."""

    code = "no_default_version"


class VersionUnusable(Conflict):
    """The version exists, and its state forbids its use: pending, archived or quarantined."""

    code = "version_unusable"


class VersionDamaged(Failed):
    """The files of a version are not what was registered. It is quarantined; `problems` says which files."""

    code = "version_damaged"

    def __init__(self, message: str, problems: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)
        """(path, what is wrong with it)"""


class ModelExists(Conflict):
    code = "model_exists"


class VersionExists(Conflict):
    """The label is taken by a version with other content."""

    code = "version_exists"


class VersionInUse(Conflict):
    """The version cannot go while something refers to it."""

    code = "version_in_use"


class PointerMoved(Conflict):
    """A pointer is not where the caller expected it: somebody else moved it first."""

    code = "pointer_moved"


class NothingToRollBack(Conflict):
    code = "nothing_to_roll_back"


class IllegalState(Conflict):
    """A version cannot go from the state it is in to the one asked for."""

    code = "illegal_state"


class InvalidVersion(Invalid):
    """Something about what was to be registered is wrong; `problems` holds (JSON pointer, message) pairs."""

    code = "invalid_version"

    def __init__(self, message: str, problems: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class UnsafeFile(InvalidVersion):
    """A file that must not be registered: a link out of the folder, a device, a name that leads elsewhere."""

    code = "unsafe_file"


class UploadTooLarge(InvalidVersion):
    """More bytes than the settings allow."""

    code = "upload_too_large"


class DigestMismatch(InvalidVersion):
    """The bytes that arrived are not those that were announced."""

    code = "digest_mismatch"


class FileChanged(Conflict):
    """A file was changed while it was being registered."""

    code = "file_changed"


class StorageFull(Unavailable):
    """There is no room for the files; what was written of them is removed again."""

    code = "storage_full"


class StorageFailed(Unavailable):
    """The store cannot be written or read."""

    code = "storage_failed"
