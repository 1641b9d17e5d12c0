"""Aliases, and every move of an alias or of a default."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from registry.admin.verbs import REMOVE_ALIAS
from registry.admin.versions import model_link, version_link
from registry.models import Alias, PointerMove
from web.admin import display
from web.admin.base import RowsAdmin
from web.admin.display import cell


@admin.register(Alias)
class AliasAdmin(RowsAdmin[Alias]):
    """Names for single versions."""

    verbs = (REMOVE_ALIAS,)
    ordering = ("model__name", "name")
    sortable_by = ()
    list_display = ("named", "of_version")
    search_fields = ("model__name", "name")
    search_help_text = "Model or alias"
    fieldsets = ((None, {"fields": (("of_model", "name"), "of_version")}),)

    named = cell("alias", lambda row: f"{row.model.name}@{row.name}")
    of_model = cell("model", model_link)
    of_version = cell("version", version_link)

    def name_row(self, row: Alias) -> str:
        return f"{row.model.name}@{row.name}"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Alias]:
        return super().get_queryset(request).select_related("model", "version__model")


def _step(row: PointerMove) -> SafeString:
    before, after = row.from_label or "nothing", row.to_label or "nothing"
    return display.joined([f"{before} → {after}", *(["rolled back"] if row.undoes_id else [])])


@admin.register(PointerMove)
class PointerMoveAdmin(RowsAdmin[PointerMove]):
    """The history; nothing is ever taken out of it."""

    ordering = ("-pk",)
    sortable_by = ()
    list_display = ("moved", "pointer", "step", "actor", "reason", "moved_ago")
    search_fields = ("model__name", "pointer", "actor", "from_label", "to_label")
    search_help_text = "Model, pointer, label or who moved it"
    fieldsets = ((None, {"fields": (("of_model", "pointer"), ("step", "undone"), ("actor", "moved_at"), "reason")}),)

    moved = cell("model", lambda row: row.model.name)
    of_model = cell("model", model_link)
    step = cell("from → to", _step)
    undone = cell(
        "takes back",
        lambda row: display.change_link(PointerMove, row.undoes_id, "a move") if row.undoes_id else display.NONE,
    )
    moved_ago = display.age("when", "at")
    moved_at = display.moment("when", "at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PointerMove]:
        return super().get_queryset(request).select_related("model")
