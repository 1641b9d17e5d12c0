"""`/models/{name}/versions`: register, read, describe, and what is done with a version as a whole."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import QueryDict
from drf_spectacular.utils import OpenApiResponse, PolymorphicProxySerializer, extend_schema
from rest_framework.mixins import ListModelMixin
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.viewsets import GenericViewSet

from registry.api import parameters, serializers
from registry.api.filters import VerificationFilter, VersionFilter
from registry.api.parameters import ONE, check_default, read_body, read_form
from registry.api.problems import BodyTooLarge
from registry.exceptions import InvalidVersion, UploadTooLarge
from registry.models import ModelVersion, RegisteredModel, VerificationRecord
from registry.receiving import FORM, check_length, receive_form
from registry.selectors.resolving import find_version
from registry.selectors.versions import files_of, list_versions
from registry.services import editing, hosted, registration, uploads
from registry.services.hosted import Price
from registry.states import VersionKind
from registry.verbs import VERBS

READ = "registry.view_modelversion"
REFUSED = OpenApiResponse(description="Something given cannot be stored; `errors` says what.")
DONE = {
    200: serializers.ModelVersionDetail,
    409: OpenApiResponse(description="Its state forbids it, or the default or an alias points to it."),
    422: REFUSED,
}
REGISTER = "registry.add_modelversion"
BODY = {
    "application/json": PolymorphicProxySerializer(
        component_name="RegisterVersionRequest",
        serializers=[serializers.UploadRequest, serializers.HostedRequest],
        resource_type_field_name=None,
    ),
    FORM: serializers.FormRequest,
}


class UnreadForm(BaseParser):
    """Leaves a form where it is: the check against forged requests of sessions would read all of it (they come with
    X-CSRFToken), and `receive_form` reads it when it is known whose it is.
    """

    media_type = FORM

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> QueryDict:
        return QueryDict()


class ModelVersionViewSet(ListModelMixin, GenericViewSet[ModelVersion]):
    """A model's versions. One that is ready never changes but in what is said of it."""

    queryset = ModelVersion.objects.none()  # tells the OpenAPI document the type of rows
    permissions_needed = {
        "list": READ,
        "retrieve": READ,
        "manifest": READ,
        "create": REGISTER,
        "finish": REGISTER,
        "partial_update": "registry.change_modelversion",
        "add_price": "registry.add_hostedprice",
        "destroy": VERBS["delete"].permission,
        **{name: verb.permission for name, verb in VERBS.items() if name != "delete"},
    }
    serializer_class = serializers.ListedModelVersion
    filterset_class = VersionFilter
    ordering = ("-number",)

    def get_parsers(self) -> list[BaseParser]:
        """Forms register; everything else is JSON."""
        return [*super().get_parsers(), *([UnreadForm()] if "create" in self.action_map.values() else [])]

    def get_queryset(self) -> QuerySet[ModelVersion]:
        return list_versions(self.kwargs["model_name"])

    @extend_schema(parameters=[parameters.MODEL])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A model's versions, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(
        parameters=[parameters.MODEL],
        request=BODY,
        responses={
            201: serializers.RegisteredModelVersion,
            200: OpenApiResponse(serializers.RegisteredModelVersion, "This very version was registered before."),
            409: OpenApiResponse(description="The label is taken by other content."),
            413: OpenApiResponse(description="More bytes than MODEL_UPLOAD_MAX_BYTES."),
            422: REFUSED,
        },
    )
    def create(self, request: Request, model_name: str) -> Response:
        """Register a version: with its files in a form, as an upload to follow, or as hosted by a provider."""
        last = RegisteredModel.objects.filter(name=model_name).values_list("last_number", flat=True).first() or 0
        version = self._register(request, model_name)
        place = {"model_name": model_name, "label": version.label}
        created = version.number > last
        shown = {**_detail(version), "created": created}
        address = reverse("model-version-detail", kwargs=place, request=request)
        return Response(shown, status=201 if created else 200, headers={"Location": address})

    def _register(self, request: Request, model_name: str) -> ModelVersion:
        actor = request.user.get_username()
        if _is_form(request):
            return _receive(request, model_name)
        kind = request.data.get("kind") if isinstance(request.data, dict) else VersionKind.HOSTED
        if kind not in list(VersionKind):
            kinds = " or ".join(VersionKind)
            raise InvalidVersion(f"say of which kind the version is: {kinds}, or send a form", [("/kind", kinds)])
        is_upload = kind == VersionKind.FILES
        asked = read_body(serializers.UploadRequest if is_upload else serializers.HostedRequest, request)
        check_default(request, asked)
        del asked["kind"]
        if is_upload:
            return uploads.begin_upload(model_name=model_name, actor=actor, **asked)
        price = Price(**asked.pop("price")) if "price" in asked else None
        return hosted.register_hosted_version(model_name=model_name, actor=actor, price=price, **asked)

    @extend_schema(parameters=ONE, responses=serializers.UsedModelVersion)
    def retrieve(self, request: Request, model_name: str, label: str) -> Response:
        """A version with everything that is said of it; `record` is what executions and reviewers said."""
        version = find_version(model_name, label)
        return Response(serializers.UsedModelVersion(version, context={"request": request}).data)

    @extend_schema(
        parameters=ONE,
        request=serializers.DescribeVersionRequest,
        responses={200: serializers.ModelVersionDetail, 422: REFUSED},
    )
    def partial_update(self, request: Request, model_name: str, label: str) -> Response:
        """Change description and tags, and add what was measured later."""
        asked = read_body(serializers.DescribeVersionRequest, request)
        metrics = asked.pop("metrics", {})
        with transaction.atomic():
            version = editing.describe_version(model_name=model_name, version=label, **asked)
            if metrics:
                editing.add_metrics(model_name=model_name, version=version.label, metrics=metrics)
        return Response(_detail(find_version(model_name, version.label)))

    @extend_schema(
        parameters=ONE,
        request=None,
        responses={204: None, 409: OpenApiResponse(description="It is the default, or an alias or history needs it.")},
    )
    def destroy(self, request: Request, model_name: str, label: str) -> Response:
        """Delete a version for good; also gives up an upload that was begun."""
        VERBS["delete"].perform(find_version(model_name, label), request.user.get_username(), "")
        return Response(status=204)

    @extend_schema(parameters=ONE, responses=serializers.ModelManifest)
    def manifest(self, request: Request, model_name: str, label: str) -> Response:
        """What a version is made of: every file with its SHA-256."""
        version = find_version(model_name, label)
        files = files_of(version.pk)
        shown = {"digest": version.digest, "size": sum(file.size for file in files), "files": files}
        return Response(serializers.ModelManifest(shown).data)

    @extend_schema(
        parameters=ONE,
        request=serializers.FinishRequest,
        responses={
            200: serializers.ModelVersionDetail,
            409: DONE[409],
            422: OpenApiResponse(description="No files, or other ones."),
        },
    )
    def finish(self, request: Request, model_name: str, label: str) -> Response:
        """End an upload: the version is ready with the files it has. Repeating it changes nothing."""
        asked = read_body(serializers.FinishRequest, request)
        check_default(request, asked)
        made = uploads.finish_upload(model_name=model_name, version=label, actor=request.user.get_username(), **asked)
        return Response(_detail(find_version(model_name, made.label)))

    def _perform(self, request: Request, model_name: str, label: str) -> Response:
        reason = read_body(serializers.VersionVerbRequest, request).get("reason", "")
        version = find_version(model_name, label)
        VERBS[str(self.action)].perform(version, request.user.get_username(), reason)
        return Response(_detail(find_version(model_name, version.label)))

    @extend_schema(parameters=ONE, request=serializers.VersionVerbRequest, responses=DONE)
    def deprecate(self, request: Request, model_name: str, label: str) -> Response:
        """Have a version's users told to choose another; it goes on working."""
        return self._perform(request, model_name, label)

    @extend_schema(parameters=ONE, request=serializers.VersionVerbRequest, responses=DONE)
    def archive(self, request: Request, model_name: str, label: str) -> Response:
        """Forbid a version's use and keep it for the record."""
        return self._perform(request, model_name, label)

    @extend_schema(parameters=ONE, request=serializers.VersionVerbRequest, responses=DONE)
    def restore(self, request: Request, model_name: str, label: str) -> Response:
        """Make a deprecated or archived version ready again."""
        return self._perform(request, model_name, label)

    @extend_schema(parameters=ONE, request=None, responses=DONE)
    def verify(self, request: Request, model_name: str, label: str) -> Response:
        """Read every file and compare with what was registered; damage quarantines it. Takes as long as reading."""
        return self._perform(request, model_name, label)

    @extend_schema(
        parameters=ONE, request=serializers.AddPriceRequest, responses={201: serializers.ModelPrice, 422: REFUSED}
    )
    def add_price(self, request: Request, model_name: str, label: str) -> Response:
        """What a hosted version costs from a moment on. Earlier prices stay for what ran under them."""
        asked = read_body(serializers.AddPriceRequest, request)
        starts_at = asked.pop("starts_at", None)
        actor = request.user.get_username()
        made = hosted.add_price(
            model_name=model_name, version=label, price=Price(**asked), starts_at=starts_at, actor=actor
        )
        return Response(serializers.ModelPrice(made).data, status=201)


def _is_form(request: Any) -> bool:
    return str(request.META.get("CONTENT_TYPE", "")).lower().startswith(FORM)


def _receive(request: Any, model_name: str) -> ModelVersion:
    refuse_too_large(request)
    with receive_form(request) as received:
        received.check()
        if not received.paths or "files" in received.fields:
            raise InvalidVersion("the form has no files; send each as a part with a file name", [("/files", "none")])
        asked = read_form(serializers.FormFields, received.fields)
        check_default(request, asked)
        actor = request.user.get_username()
        return registration.register_version(model_name=model_name, model_path=received.folder, actor=actor, **asked)


def refuse_too_large(request: Any) -> None:
    """As 413, before anything is read. Raises `BodyTooLarge`."""
    try:
        check_length(request)
    except UploadTooLarge as error:
        raise BodyTooLarge(str(error)) from error


def _detail(version: ModelVersion) -> Any:
    return serializers.ModelVersionDetail(version).data


class VerificationViewSet(ListModelMixin, GenericViewSet[VerificationRecord]):
    """The checks of a version's files."""

    queryset = VerificationRecord.objects.none()
    permissions_needed = {"list": "registry.view_verificationrecord"}
    serializer_class = serializers.ModelVerification
    filterset_class = VerificationFilter
    ordering = ("-id",)

    def get_queryset(self) -> QuerySet[VerificationRecord]:
        version = find_version(self.kwargs["model_name"], self.kwargs["label"])
        return version.verifications.order_by("-id")

    @extend_schema(parameters=ONE)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What checking its files found, latest first."""
        return super().list(request, *args, **kwargs)
