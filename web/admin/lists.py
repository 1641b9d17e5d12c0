"""Lists that stay quick on tables of any size: counted up to a limit, without the columns that no line shows."""

from typing import TYPE_CHECKING, Any

from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

if TYPE_CHECKING:
    from web.admin.base import RowsAdmin

    AnyPaginator = Paginator[Any]
else:
    AnyPaginator = Paginator

# Counting and skipping rows cost as much as reading them; whoever looks for older ones than these filters or searches.
REACH = 10_000


class BoundedPaginator(AnyPaginator):
    """Pages through the first `REACH` rows and counts no further."""

    template_name = "admin/web/pagination.html"  # unfold's pages ask for it

    @cached_property
    def _counted(self) -> int:
        rows = self.object_list
        if isinstance(rows, QuerySet):
            return rows.order_by()[: REACH + 1].count()
        return len(rows)

    @cached_property
    def count(self) -> int:
        return min(self._counted, REACH)

    @property
    def has_more(self) -> bool:
        """Whether there are rows beyond the ones counted."""
        return self._counted > REACH


class ShortRowsList(ChangeList):
    """A list of `RowsAdmin`: its rows come without the columns named in `heavy`."""

    model_admin: "RowsAdmin[Any]"

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Model]:
        return super().get_queryset(request, exclude_parameters).defer(*self.model_admin.heavy)

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not (self.query or self.has_active_filters):
            # Equal counts keep unfold from offering "show all" where all is shown.
            self.full_result_count = self.result_count
