"""`/pipelines`: register, check and read definitions."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from common.rest.parameters import read_query
from orchestration.api import parameters, serializers
from orchestration.api.filters import PipelineFilter, VersionFilter
from orchestration.api.parsers import DEFINITION_PARSERS, Source
from orchestration.api.problems import ReservedName
from orchestration.definition import DefinitionError, expand_schema, pipeline_json_schema
from orchestration.models import PipelineVersion, RegisteredPipeline
from orchestration.selectors.definitions import CheckedDefinition, check_definition
from orchestration.selectors.listing import find_pipeline, has_definition, list_pipelines, list_versions
from orchestration.selectors.pipelines import find_version
from orchestration.services.pipelines import register_pipeline

RESERVED_IDS = {"validate"}  # an address of ours
# No types: text of any kind is taken, and what is wrong with it is answered in full.
DEFINITION_BODY = {
    "application/json": {"description": "`/api/v1/schema/pipeline.json` describes it"},
    "application/yaml": {"description": "the same in YAML"},
    "text/plain": {"description": "JSON or YAML"},
}
READ = "orchestration.view_registeredpipeline"


class PipelineViewSet(ListModelMixin, GenericViewSet[RegisteredPipeline]):
    """Registered pipelines."""

    permissions_needed = {
        "list": READ,
        "retrieve": READ,
        "inputs": READ,
        "validate": READ,
        "create": "orchestration.add_pipelineversion",
    }
    serializer_class = serializers.PipelineSummary
    filterset_class = PipelineFilter
    ordering = ("id",)
    parser_classes = DEFINITION_PARSERS

    def get_queryset(self) -> QuerySet[RegisteredPipeline]:
        return list_pipelines()

    @extend_schema(parameters=[parameters.PIPELINE_ID], responses=serializers.PipelineSummary)
    def retrieve(self, request: Request, pipeline_id: str) -> Response:
        """A pipeline and its current version."""
        return Response(serializers.PipelineSummary(find_pipeline(pipeline_id)).data)

    @extend_schema(
        parameters=[serializers.RegisterQuery],
        request=DEFINITION_BODY,
        responses={
            201: serializers.Registered,
            200: OpenApiResponse(serializers.Registered, "This definition was registered before; it is current now."),
            422: OpenApiResponse(description="The definition has mistakes; `errors` has all of them."),
        },
    )
    def create(self, request: Request) -> Response:
        """Register the definition in the body; a changed one becomes the pipeline's next version."""
        query = read_query(serializers.RegisterQuery, request)
        checked = _check(request)
        if checked.pipeline is None:
            raise DefinitionError(checked.errors)
        pipeline_id = query.get("pipeline_id", checked.pipeline.name)
        if pipeline_id in RESERVED_IDS:
            raise ReservedName(f'"{pipeline_id}" is an address of this interface; register under another id')
        created = not has_definition(pipeline_id, checked.pipeline.digest)
        version = register_pipeline(pipeline=checked.pipeline, pipeline_id=pipeline_id)
        return self._describe_version(version, created, checked)

    def _describe_version(self, version: PipelineVersion, created: bool, checked: CheckedDefinition) -> Response:
        place = {"pipeline_id": version.pipeline_id, "number": version.number}
        body = {
            **serializers.Version(version).data,
            "pipeline": version.pipeline_id,
            "created": created,
            "warnings": serializers.DefinitionProblem(checked.warnings, many=True).data,
        }
        address = reverse("version-detail", kwargs=place, request=self.request)
        return Response(body, status=201 if created else 200, headers={"Location": address})

    @extend_schema(request=DEFINITION_BODY, responses=serializers.Checked)
    def validate(self, request: Request) -> Response:
        """Every mistake and doubt in the definition in the body; nothing is registered."""
        return Response(serializers.Checked(_check(request)).data)

    @extend_schema(
        parameters=[parameters.PIPELINE_ID, serializers.VersionQuery],
        responses={200: {"type": ["object", "boolean"]}},
    )
    def inputs(self, request: Request, pipeline_id: str) -> Response:
        """The JSON Schema (draft 2020-12) of what an execution's `input` must fit; `true` when anything does."""
        query = read_query(serializers.VersionQuery, request)
        version = find_version(pipeline_id=pipeline_id, number=query.get("version"))
        inputs = version.definition.get("inputs")
        return Response(True if inputs is None else expand_schema(inputs))


class VersionViewSet(ListModelMixin, GenericViewSet[PipelineVersion]):
    """A pipeline's versions, newest first. A version never changes."""

    queryset = PipelineVersion.objects.none()  # tells the OpenAPI document the type of rows
    permissions_needed = dict.fromkeys(("list", "retrieve"), "orchestration.view_pipelineversion")
    serializer_class = serializers.ListedVersion
    filterset_class = VersionFilter
    ordering = ("-number",)

    def get_queryset(self) -> QuerySet[PipelineVersion]:
        return list_versions(self.kwargs["pipeline_id"])

    @extend_schema(parameters=[parameters.PIPELINE_ID])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A pipeline's versions, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(parameters=[parameters.PIPELINE_ID, parameters.NUMBER], responses=serializers.VersionDetail)
    def retrieve(self, request: Request, pipeline_id: str, number: int) -> Response:
        """A version with its definition."""
        find_version(pipeline_id=pipeline_id, number=number)
        version = list_versions(pipeline_id).defer(None).get(number=number)
        return Response(serializers.VersionDetail(version).data)


class EditorSchemaView(APIView):
    """What editors check definitions with."""

    action = "retrieve"
    permissions_needed = {"retrieve": READ}

    @extend_schema(operation_id="pipeline_schema", responses={200: {"type": "object"}})
    def get(self, request: Request) -> Response:
        """The JSON Schema (draft 2020-12) of definitions, with the task types this installation knows."""
        return Response(pipeline_json_schema())


def _check(request: Request) -> CheckedDefinition:
    """The body, checked. Without a body no parser is asked, so an empty definition is what was sent."""
    sent: object = request.data
    source = sent if isinstance(sent, Source) else Source(b"", "auto")
    return check_definition(source.text, source.written_as)
