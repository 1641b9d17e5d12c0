"""Addresses of the registry's pages: the list is `models`, one model `model`, one version `model-version`."""

from django.urls import path

from common.rest import addresses  # noqa: F401  # <text:…> and <textpath:…>
from registry.views import comparing, listing, model, pointers, registering, version

_MODEL = "registry/models/<text:model_name>/"
_POINTER = f"{_MODEL}pointers/<text:pointer>/"
_VERSION = f"{_MODEL}versions/<text:label>/"

urlpatterns = [
    path("registry/", listing.models, name="models"),
    path("registry/register/", registering.register_files, name="register-model-files"),
    path("registry/register/hosted/", registering.register_hosted, name="register-model-hosted"),
    path(_MODEL, model.model, name="model"),
    path(f"{_MODEL}history/", model.history, name="model-history"),
    path(f"{_MODEL}edit/", registering.edit_model, name="edit-model"),
    path(f"{_MODEL}delete/", registering.delete_model, name="delete-model"),
    path(f"{_MODEL}compare/", comparing.comparison, name="model-compare"),
    path(f"{_MODEL}compare.md", comparing.comparison_file, name="model-compare-file"),
    path(f"{_MODEL}aliases/new/", pointers.add_alias, name="add-model-alias"),
    path(f"{_POINTER}move/", pointers.move, name="move-model-pointer"),
    path(f"{_POINTER}remove/", pointers.remove, name="remove-model-alias"),
    path(f"{_POINTER}rollback/", pointers.roll_back, name="roll-back-model-pointer"),
    path(_VERSION, version.version, name="model-version"),
    path(f"{_VERSION}edit/", version.edit, name="edit-model-version"),
    path(f"{_VERSION}files/<textpath:path>", version.file, name="model-version-file"),
    path(f"{_VERSION}do/<slug:verb>/", version.act, name="act-on-model-version"),
]
