"""`/models/{name}/compare`: what differs between two versions, as JSON or Markdown."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.viewsets import GenericViewSet

from common.rest.parameters import read_query
from registry.api import parameters, serializers
from registry.api.problems import NothingToCompare
from registry.models import ModelVersion
from registry.selectors.pairs import find_pair
from registry.selectors.resolving import find_model

MARKDOWN = "text/markdown"


class MarkdownRenderer(BaseRenderer):
    """Lets clients ask for Markdown; the view writes it itself."""

    media_type = MARKDOWN
    format = "md"


class CompareViewSet(GenericViewSet[ModelVersion]):
    """Two versions of a model."""

    queryset = ModelVersion.objects.none()
    permissions_needed = {"compare": "registry.view_modelversion"}
    renderer_classes: Any = (*api_settings.DEFAULT_RENDERER_CLASSES, MarkdownRenderer)
    pagination_class = None

    @extend_schema(
        operation_id="models_compare",
        parameters=[parameters.MODEL, serializers.CompareQuery],
        responses={(200, "application/json"): OpenApiTypes.OBJECT, (200, MARKDOWN): OpenApiTypes.STR},
    )
    def compare(self, request: Request, model_name: str) -> Any:
        """What differs from `before` to `after`, and whether it is for the better; also in use (`record`)."""
        query = read_query(serializers.CompareQuery, request)
        model = find_model(model_name)
        shows_all = query.get("all", False)
        asked = query.get("before") or query.get("a", ""), query.get("after") or query.get("b", "")
        pair = find_pair(model, *asked, only_differences=not shows_all, may=request.user.has_perm)
        if pair is None:
            raise NothingToCompare(f'the model "{model.name}" has no two versions')
        accepted: Any = request.accepted_renderer
        if accepted.media_type == MARKDOWN:
            return HttpResponse(pair.found.as_markdown(), content_type=f"{MARKDOWN}; charset=utf-8")
        return Response(pair.found.as_dict())
