"""Tables of the engine's rows below the row they belong to, cut at a limit: the list has all of them."""

from typing import TYPE_CHECKING, Any

from django.db.models import Model, QuerySet
from django.forms import BaseInlineFormSet
from django.http import HttpRequest

from web.admin.base import AnyModel, Parent, TabularInline

if TYPE_CHECKING:
    FormSet = BaseInlineFormSet[Any, Any, Any]
else:
    FormSet = BaseInlineFormSet

SHOWN_ROWS = 50


class FirstRows(FormSet):
    """The first rows only; the page never saves them."""

    def get_queryset(self) -> QuerySet[Model]:
        if not hasattr(self, "_first"):
            self._first = super().get_queryset()[:SHOWN_ROWS]
        return self._first


class RowsInline(TabularInline[AnyModel, Parent]):
    """Rows that nobody edits here."""

    formset = FirstRows
    template = "admin/web/rows.html"
    tab = True  # under unfold
    limit = SHOWN_ROWS
    extra = 0
    max_num = 0
    can_delete = False
    heavy: tuple[str, ...] = ()
    """Columns that the table does without."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[AnyModel]:
        return super().get_queryset(request).defer(*self.heavy)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
