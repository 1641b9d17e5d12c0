"""Giving a file of a version away, once it is checked: REST and pages answer the same."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header, parse_etags

from registry.exceptions import VersionNotFound
from registry.models import ModelVersion, VersionFile
from registry.selectors.resolving import as_resolved, check_usable
from registry.services.loading import open_version

PIECE = 1 << 18


class NoSuchFile(VersionNotFound):
    """The version has no file of that path."""

    code = "file_not_found"


def download(request: Any, version: ModelVersion, path: str) -> HttpResponseBase:
    """The file as an attachment; its ETag is its SHA-256, so what was fetched before is a 304.

    Raises `NoSuchFile`, `VersionUnusable`, `VersionDamaged`, `StorageFailed`.
    """
    check_usable(version)
    found = VersionFile.objects.filter(version=version, path=path).select_related("stored").first()
    if found is None:
        raise NoSuchFile(f"{version.model.name}:{version.label} has no file {path[:200]!r}; its manifest lists them")
    headers = {"ETag": f'"{found.stored_id}"', "X-Content-Type-Options": "nosniff"}
    if headers["ETag"] in parse_etags(request.headers.get("If-None-Match", "")):
        return HttpResponse(status=304, headers=headers)
    folder = open_version(version=as_resolved(version))
    name = path.rpartition("/")[2]
    headers["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    headers["Content-Length"] = str(found.stored.size)
    return StreamingHttpResponse(_read(folder / found.path), content_type="application/octet-stream", headers=headers)


def _read(path: Path) -> Iterator[bytes]:
    """Opened when the first piece is asked for, so that an answer without a body leaves nothing open."""
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece
