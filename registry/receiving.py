"""Files that arrive in a form (`multipart/form-data`): streamed into a folder of the store as they come.

Django's own upload handling cuts folders off the names of files, takes a hundred of them and keeps them wherever
temporary files go. Here the file name of a part is its path inside the version, contents go to the file system they
will stay on, and memory stays the same for any size. The folder is gone when the block ends, however it ends.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, QueryDict, UnreadablePostError
from django.http.multipartparser import FIELD, FILE, ChunkIter, LazyStream, MultiPartParserError, Parser
from django.utils.http import parse_header_parameters

from common.errors import OrchestrationError
from registry.exceptions import InvalidVersion, UnsafeFile, UploadTooLarge
from registry.storage.copying import explain
from registry.storage.paths import MAX_FILES, normalise_path
from registry.storage.source import IGNORED
from registry.storage.store import get_store

CHUNK = 1 << 18
MOST_FIELDS = 200
MOST_FIELD_BYTES = 4 << 20  # of all fields together; metadata and schemas have limits of their own
FORM = "multipart/form-data"


@dataclass(frozen=True, slots=True)
class Received:
    """A form that has arrived whole. `folder` has its files under their paths."""

    fields: QueryDict
    folder: Path
    paths: tuple[str, ...]
    refusal: OrchestrationError | None
    """Why its files were not taken; the fields are there all the same, to be shown again."""

    def check(self) -> None:
        """Raises the refusal."""
        if self.refusal is not None:
            raise self.refusal


def most_upload_bytes() -> int:
    """MODEL_UPLOAD_MAX_BYTES."""
    limit: int = settings.ORCHESTRATION.model_upload_max_bytes
    return limit


def check_length(request: HttpRequest) -> int:
    """How many bytes are coming. Raises `UploadTooLarge` before any of them is read."""
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    if length > most_upload_bytes():
        raise UploadTooLarge(
            f"the upload has {length:,} bytes, more than MODEL_UPLOAD_MAX_BYTES={most_upload_bytes():,}; raise it, or "
            "register the files where they are with manage.py register_model"
        )
    return length


@contextmanager
def receive_form(request: HttpRequest) -> Iterator[Received]:
    """Read the form in a request's body, which nobody has read yet. What is wrong with its files is the `refusal`:
    `UnsafeFile`, `InvalidVersion`, `StorageFull` or `StorageFailed`.

    Raises `UploadTooLarge`, `InvalidVersion` for what is no form, `StorageFailed`, `UnreadablePostError`.
    """
    body, boundary = _Body(request, check_length(request)), _boundary(request)
    with get_store().staging() as staging:
        form, refusal = _Form(staging / "files"), None
        try:
            _read(body, boundary, form)
        except OrchestrationError as error:
            refusal = error
        body.check_whole()
        yield Received(form.as_fields(), form.folder, tuple(form.paths), refusal)


def _read(body: Any, boundary: bytes, form: "_Form") -> None:
    try:
        for kind, head, content in Parser(LazyStream(ChunkIter(body, CHUNK)), boundary):
            form.take(kind, head, content)
            for _ in content:  # what was not taken must not be read as another part
                pass
    except MultiPartParserError as error:
        raise InvalidVersion(f"the form cannot be read: {error}") from error


def _boundary(request: HttpRequest) -> bytes:
    kind, parameters = parse_header_parameters(request.META.get("CONTENT_TYPE", ""))
    boundary = parameters.get("boundary", "")
    if kind != FORM or not 0 < len(boundary) <= 200 or not boundary.isascii():
        raise InvalidVersion(f"send the files as {FORM}, with a boundary")
    return boundary.encode("ascii")


class _Body:
    """What is read of a request. A body that breaks off is no shorter form: its last file would be cut."""

    def __init__(self, request: HttpRequest, length: int) -> None:
        self.request, self.length, self.read_so_far = request, length, 0

    def read(self, size: int | None = None, /) -> bytes:
        found = self.request.read(CHUNK if size is None else size)
        self.read_so_far += len(found)
        return found

    def check_whole(self) -> None:
        while self.read(CHUNK):
            pass
        if self.read_so_far < self.length:
            raise UnreadablePostError("the upload broke off")


@dataclass
class _Form:
    """A form as its parts arrive."""

    folder: Path
    paths: list[str] = field(default_factory=list)
    given: list[tuple[str, str]] = field(default_factory=list)
    field_bytes: int = 0

    def __post_init__(self) -> None:
        self.folder.mkdir()

    def take(self, kind: str, head: Any, content: Any) -> None:
        if "base64" in str(head.get("content-transfer-encoding", "")):
            raise InvalidVersion("send files as they are, without a Content-Transfer-Encoding")
        _, disposition = head.get("content-disposition", ("", {}))
        if kind == FILE:
            self._write(_decode(disposition["filename"]), content)
        elif kind == FIELD and (name := _decode(disposition.get("name", b""))):
            self._remember(name, content)

    def _remember(self, name: str, content: Any) -> None:
        value = content.read(MOST_FIELD_BYTES + 1)
        self.field_bytes += len(name) + len(value)
        if self.field_bytes > MOST_FIELD_BYTES or len(self.given) >= MOST_FIELDS:
            raise UploadTooLarge(f"the form has over {MOST_FIELDS} fields or {MOST_FIELD_BYTES:,} bytes in them")
        self.given.append((name, value.decode("utf-8", "replace")))

    def _write(self, name: str, chunks: Iterable[bytes]) -> None:
        path = normalise_path(name)
        if not IGNORED.isdisjoint(path.split("/")):
            return
        if len(self.paths) >= MAX_FILES:
            raise UnsafeFile(f"a version has at most {MAX_FILES:,} files; pack them into fewer")
        target = self.folder / path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as file:
                for chunk in chunks:
                    file.write(chunk)
        except (FileExistsError, NotADirectoryError) as error:
            raise UnsafeFile(f"{path!r} is there twice, or as a file and as a folder") from error
        except OSError as error:
            raise explain(error, f"receiving {path}") from error
        self.paths.append(path)

    def as_fields(self) -> QueryDict:
        fields = QueryDict(mutable=True)
        for name, value in self.given:
            fields.appendlist(name, value)
        return fields


def _decode(given: bytes) -> str:
    return given.decode("utf-8", "replace")


def inside_common_folder(received: Received) -> Path:
    """The folder that somebody chose in a browser, which puts its name before every path; else all that arrived."""
    tops = {path.split("/")[0] for path in received.paths}
    has_one = len(tops) == 1 and all("/" in path for path in received.paths)
    return received.folder / tops.pop() if has_one else received.folder
