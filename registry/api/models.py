"""`/models`: registered models, and where their default and aliases point."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.viewsets import GenericViewSet

from common.rest.parameters import read_query
from registry.api import parameters, serializers
from registry.api.filters import ModelFilter, MoveFilter
from registry.api.parameters import MOVE, read_body
from registry.api.problems import NothingRegistered
from registry.models import Alias, PointerMove, RegisteredModel
from registry.names import Reference
from registry.selectors.history import list_moves, what_was_default
from registry.selectors.resolving import explain_missing, find_model
from registry.selectors.versions import list_models
from registry.services import editing, lifecycle, models, pointers
from registry.states import DEFAULT

READ = "registry.view_registeredmodel"
REFUSED = OpenApiResponse(description="Something given cannot be stored; `errors` says what.")
MOVED = OpenApiResponse(description="It is somewhere else than `expected`, or the version cannot be used.")


class ModelViewSet(ListModelMixin, GenericViewSet[RegisteredModel]):
    """Registered models."""

    permissions_needed = {
        "list": READ,
        "retrieve": READ,
        "create": "registry.add_registeredmodel",
        "partial_update": "registry.change_registeredmodel",
        "destroy": "registry.delete_registeredmodel",
    }
    serializer_class = serializers.ModelSummary
    filterset_class = ModelFilter
    ordering = ("name",)

    def get_queryset(self) -> QuerySet[RegisteredModel]:
        return list_models()

    @extend_schema(
        request=serializers.CreateModelRequest,
        responses={201: serializers.ModelSummary, 409: OpenApiResponse(description="The name is taken."), 422: REFUSED},
    )
    def create(self, request: Request) -> Response:
        """A model without versions. Registering a version makes its model too."""
        model = models.create_model(
            actor=request.user.get_username(), **read_body(serializers.CreateModelRequest, request)
        )
        address = reverse("model-detail", kwargs={"model_name": model.name}, request=request)
        return Response(_summary(model.name), status=201, headers={"Location": address})

    @extend_schema(parameters=[parameters.MODEL], responses=serializers.ModelSummary)
    def retrieve(self, request: Request, model_name: str) -> Response:
        """A model, its default version and its aliases."""
        return Response(_summary(model_name))

    @extend_schema(
        parameters=[parameters.MODEL],
        request=serializers.DescribeModelRequest,
        responses={200: serializers.ModelSummary, 422: REFUSED},
    )
    def partial_update(self, request: Request, model_name: str) -> Response:
        """Change what is said of a model, and which values of its metrics are better."""
        editing.describe_model(model_name=model_name, **read_body(serializers.DescribeModelRequest, request))
        return Response(_summary(model_name))

    @extend_schema(
        parameters=[parameters.MODEL],
        responses={204: None, 409: OpenApiResponse(description="It has versions.")},
    )
    def destroy(self, request: Request, model_name: str) -> Response:
        """Delete a model that has no versions."""
        lifecycle.delete_model(model_name=model_name)
        return Response(status=204)


def _summary(model_name: str) -> Any:
    find_model(model_name)
    return serializers.ModelSummary(list_models().get(name=model_name)).data


class PointerViewSet(GenericViewSet[PointerMove]):
    """The default version and the aliases of a model."""

    queryset = PointerMove.objects.none()  # tells the OpenAPI document the type of rows
    permissions_needed = {
        "default": READ,
        "aliases": READ,
        "alias": READ,
        "set_default": MOVE,
        "set_alias": MOVE,
        "remove_alias": MOVE,
        "roll_back": MOVE,
    }
    serializer_class = serializers.ModelPointer
    pagination_class = None

    @extend_schema(
        operation_id="models_default_retrieve",
        parameters=[parameters.MODEL, serializers.DefaultQuery],
        responses={200: serializers.ModelPointer, 404: OpenApiResponse(description="No such model, or no default.")},
    )
    def default(self, request: Request, model_name: str) -> Response:
        """The default version, now or at a time, and who made it so."""
        at = read_query(serializers.DefaultQuery, request).get("at")
        move = list_moves(model_name, DEFAULT).first() if at is None else what_was_default(model_name, at)
        if move is None or not move.to_label:
            when = "no default version then" if at else f"no default version; PUT one, or name {model_name}:VERSION"
            raise NothingRegistered(f'the model "{model_name}" has {when}')
        return Response(_pointed(move))

    @extend_schema(
        operation_id="models_default_update",
        parameters=[parameters.MODEL],
        request=serializers.PointRequest,
        responses={200: serializers.ModelPointer, 409: MOVED, 422: REFUSED},
    )
    def set_default(self, request: Request, model_name: str) -> Response:
        """Make a version the default. Repeating it changes nothing."""
        asked = read_body(serializers.PointRequest, request)
        pointers.set_default(model_name=model_name, actor=request.user.get_username(), **asked)
        return Response(_now(model_name, DEFAULT))

    @extend_schema(parameters=[parameters.MODEL], responses=serializers.ModelAlias(many=True), filters=False)
    def aliases(self, request: Request, model_name: str) -> Response:
        """A model's aliases."""
        found = Alias.objects.filter(model=find_model(model_name)).select_related("version")
        return Response(serializers.ModelAlias(found, many=True).data)

    @extend_schema(
        operation_id="models_aliases_retrieve",
        parameters=[parameters.MODEL, parameters.ALIAS],
        responses=serializers.ModelPointer,
    )
    def alias(self, request: Request, model_name: str, alias: str) -> Response:
        """Where an alias points, and who moved it there."""
        if not Alias.objects.filter(model=find_model(model_name), name=alias).exists():
            raise explain_missing(Reference(model_name, alias=alias))
        return Response(_now(model_name, alias))

    @extend_schema(
        operation_id="models_aliases_update",
        parameters=[parameters.MODEL, parameters.ALIAS],
        request=serializers.PointRequest,
        responses={200: serializers.ModelPointer, 409: MOVED, 422: REFUSED},
    )
    def set_alias(self, request: Request, model_name: str, alias: str) -> Response:
        """Have an alias name a version, making it if there is none."""
        asked = read_body(serializers.PointRequest, request)
        pointers.move_alias(model_name=model_name, alias=alias, actor=request.user.get_username(), **asked)
        return Response(_now(model_name, alias))

    @extend_schema(
        operation_id="models_aliases_destroy",
        parameters=[parameters.MODEL, parameters.ALIAS, serializers.RemoveQuery],
        responses={204: None, 409: MOVED, 422: REFUSED},
    )
    def remove_alias(self, request: Request, model_name: str, alias: str) -> Response:
        """Remove an alias; its history stays."""
        asked = read_query(serializers.RemoveQuery, request)
        pointers.remove_alias(model_name=model_name, alias=alias, actor=request.user.get_username(), **asked)
        return Response(status=204)

    @extend_schema(
        operation_id="models_rollback",
        parameters=[parameters.MODEL],
        request=serializers.RollbackRequest,
        responses={
            200: serializers.ModelPointer,
            409: OpenApiResponse(description="Nothing to go back to, or moved."),
            422: REFUSED,
        },
    )
    def roll_back(self, request: Request, model_name: str) -> Response:
        """Make the default (or an alias) what it was before; again: what it was before that."""
        asked, actor = read_body(serializers.RollbackRequest, request), request.user.get_username()
        alias = asked.pop("alias", None)
        if alias is None:
            pointers.rollback_default(model_name=model_name, actor=actor, **asked)
        else:
            pointers.rollback_alias(model_name=model_name, alias=alias, actor=actor, **asked)
        return Response(_now(model_name, alias or DEFAULT))


def _now(model_name: str, pointer: str) -> Any:
    return _pointed(list_moves(model_name, pointer)[0])


def _pointed(move: PointerMove) -> Any:
    shown = {
        "pointer": move.pointer,
        "version": move.to_label or None,
        "since": move.at,
        "actor": move.actor,
        "reason": move.reason,
    }
    return serializers.ModelPointer(shown).data


class HistoryViewSet(ListModelMixin, GenericViewSet[PointerMove]):
    """Every move of a model's default and aliases; nothing is ever taken out."""

    queryset = PointerMove.objects.none()
    permissions_needed = {"list": READ}
    serializer_class = serializers.MovedPointer
    filterset_class = MoveFilter
    ordering = ("-id",)

    def get_queryset(self) -> QuerySet[PointerMove]:
        return list_moves(self.kwargs["model_name"])

    @extend_schema(parameters=[parameters.MODEL])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Who moved what when and why, latest first."""
        return super().list(request, *args, **kwargs)
