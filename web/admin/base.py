"""What the admin's pages are built on: the theme's classes, and pages of rows that the engine alone writes.

The theme is django-unfold; without it in INSTALLED_APPS everything runs under Django's own admin.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from django.apps import apps
from django.contrib.admin import ShowFacets
from django.db.models import Model
from django.forms import Media
from django.http import HttpRequest
from django.utils.module_loading import import_string

from web.admin.asking import VerbsMixin
from web.admin.lists import BoundedPaginator, ShortRowsList

IS_THEMED = apps.is_installed("unfold")
STYLE = "css/admin.css"
ERROR = "Error"  # the part of a page that only rows with an error have

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin as ModelAdmin
    from django.contrib.admin import TabularInline as TabularInline
else:
    THEME = "unfold.admin" if IS_THEMED else "django.contrib.admin"

    class ModelAdmin(import_string(f"{THEME}.ModelAdmin")):
        """The theme's page of a model; takes the model in brackets, for the type checker."""

        def __class_getitem__(cls, model: object) -> type:
            return cls

    class TabularInline(import_string(f"{THEME}.TabularInline")):
        """The theme's table of rows on the page of another."""

        def __class_getitem__(cls, models: object) -> type:
            return cls


AnyModel = TypeVar("AnyModel", bound=Model)
Parent = TypeVar("Parent", bound=Model)


class OurAdmin(VerbsMixin, ModelAdmin[AnyModel]):
    """A page of ours in the theme: wide lists, plain fields, verbs as buttons."""

    list_fullwidth = True
    list_per_page = 25
    list_max_show_all = 0
    list_filter_submit = False
    is_themed = IS_THEMED

    @property
    def media(self) -> Media:
        # Under unfold every page has it already (UNFOLD["STYLES"]).
        return super().media if IS_THEMED else super().media + Media(css={"all": [STYLE]})


class RowsAdmin(OurAdmin[AnyModel]):
    """Rows of the engine: nobody adds, edits or deletes one by hand; verbs go through the services."""

    heavy: Sequence[str] = ()
    """Columns that lists do without."""
    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = ShowFacets.NEVER  # each would count the table again

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ShortRowsList]:
        return ShortRowsList

    def get_fieldsets(self, request: HttpRequest, obj: AnyModel | None = None) -> Any:
        has_error = getattr(obj, "error", None) is not None
        return [part for part in super().get_fieldsets(request, obj) if part[0] != ERROR or has_error]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: AnyModel | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AnyModel | None = None) -> bool:
        return False
