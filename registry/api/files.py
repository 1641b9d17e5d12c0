"""Files of a version: one down, one up."""

from collections.abc import Iterator
from typing import Any

from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from common.rest.parameters import read_query
from registry.api import parameters, serializers
from registry.api.problems import FileNotFoundInVersion
from registry.api.versions import refuse_too_large
from registry.downloads import NoSuchFile, download
from registry.models import ModelVersion
from registry.receiving import CHUNK
from registry.selectors.resolving import find_version
from registry.services.uploads import add_file

ETAG = OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="The ETag of an earlier answer.")
BINARY = {"application/octet-stream": OpenApiTypes.BINARY}


class ModelFileViewSet(GenericViewSet[ModelVersion]):
    """One file of a version."""

    queryset = ModelVersion.objects.none()
    permissions_needed = {"retrieve": "registry.view_modelversion", "update": "registry.add_modelversion"}
    serializer_class = serializers.ModelFile

    @extend_schema(
        operation_id="models_files_download",
        parameters=[*parameters.ONE, parameters.FILE, ETAG],
        responses={
            (200, "application/octet-stream"): OpenApiTypes.BINARY,
            304: OpenApiResponse(description="It is what the ETag says."),
            409: OpenApiResponse(description="The version cannot be used: pending, archived or quarantined."),
            422: OpenApiResponse(description="The files are damaged; the version is quarantined now."),
        },
    )
    def retrieve(self, request: Request, model_name: str, label: str, path: str) -> HttpResponseBase:
        """A file, checked; the ETag is its SHA-256."""
        try:
            return download(request, find_version(model_name, label), path)
        except NoSuchFile as error:
            raise FileNotFoundInVersion(str(error)) from error

    @extend_schema(
        operation_id="models_files_upload",
        parameters=[*parameters.ONE, parameters.FILE, serializers.FileQuery],
        request=BINARY,
        responses={
            200: serializers.ModelFile,
            409: OpenApiResponse(description="The version is not being uploaded."),
            413: OpenApiResponse(description="More bytes than MODEL_UPLOAD_MAX_BYTES."),
            422: OpenApiResponse(description="A path that cannot be, or other bytes than announced."),
        },
    )
    def update(self, request: Request, model_name: str, label: str, path: str) -> Response:
        """Send one file of an upload that was begun, in place of one of the same path."""
        query = read_query(serializers.FileQuery, request)
        refuse_too_large(request)
        entry = add_file(model_name=model_name, version=label, path=path, chunks=_chunks(request), **query)
        return Response(serializers.ModelFile(entry).data)


def _chunks(request: Any) -> Iterator[bytes]:
    """The body as it comes. A client that goes away ends it with an error, or short of its announced length."""
    left = int(request.META.get("CONTENT_LENGTH") or 0)
    while left > 0:
        chunk = request.stream.read(min(CHUNK, left))
        if not chunk:
            raise ConnectionResetError("the upload broke off")
        left -= len(chunk)
        yield chunk
