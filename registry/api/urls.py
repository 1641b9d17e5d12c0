"""Addresses under `/api/v1/`. Without a slash at the end."""

from typing import Any

from django.urls import path

from common.rest import addresses  # noqa: F401  # <text:…> and <textpath:…>
from registry.api.comparing import CompareViewSet
from registry.api.files import ModelFileViewSet
from registry.api.models import HistoryViewSet, ModelViewSet, PointerViewSet
from registry.api.versions import ModelVersionViewSet, VerificationViewSet
from registry.verbs import VERBS

MODEL = "models/<text:model_name>"
VERSION = f"{MODEL}/versions/<text:label>"
LIST: dict[str, Any] = {"get": "list", "post": "create"}
ONE: dict[str, Any] = {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}
ALIAS: dict[str, Any] = {"get": "alias", "put": "set_alias", "delete": "remove_alias"}

urlpatterns = [
    path("models", ModelViewSet.as_view(LIST), name="model-list"),
    path(MODEL, ModelViewSet.as_view(ONE), name="model-detail"),
    path(f"{MODEL}/default", PointerViewSet.as_view({"get": "default", "put": "set_default"}), name="model-default"),
    path(f"{MODEL}/aliases", PointerViewSet.as_view({"get": "aliases"}), name="model-aliases"),
    path(f"{MODEL}/aliases/<text:alias>", PointerViewSet.as_view(ALIAS), name="model-alias"),
    path(f"{MODEL}/rollback", PointerViewSet.as_view({"post": "roll_back"}), name="model-rollback"),
    path(f"{MODEL}/history", HistoryViewSet.as_view({"get": "list"}), name="model-history-list"),
    path(f"{MODEL}/compare", CompareViewSet.as_view({"get": "compare"}), name="model-comparison"),
    path(f"{MODEL}/versions", ModelVersionViewSet.as_view(LIST), name="model-version-list"),
    path(VERSION, ModelVersionViewSet.as_view(ONE), name="model-version-detail"),
    path(f"{VERSION}/manifest", ModelVersionViewSet.as_view({"get": "manifest"}), name="model-version-manifest"),
    path(f"{VERSION}/finish", ModelVersionViewSet.as_view({"post": "finish"}), name="model-version-finish"),
    *(
        path(f"{VERSION}/{name}", ModelVersionViewSet.as_view({"post": name}), name=f"model-version-{name}")
        for name in VERBS
        if name != "delete"
    ),
    path(f"{VERSION}/prices", ModelVersionViewSet.as_view({"post": "add_price"}), name="model-version-prices"),
    path(f"{VERSION}/verifications", VerificationViewSet.as_view({"get": "list"}), name="model-verification-list"),
    path(
        f"{VERSION}/files/<textpath:path>",
        ModelFileViewSet.as_view({"get": "retrieve", "put": "update"}),
        name="model-file",
    ),
]
