"""Cursor pagination: stable while rows are added, and as fast on page 1,000 as on page 1."""

from typing import Any, cast

from django.core.exceptions import ValidationError as InvalidValue
from django.db.models import Field, Model, QuerySet
from rest_framework import exceptions, pagination
from rest_framework.request import Request
from rest_framework.views import APIView


class CursorPagination(pagination.CursorPagination):
    """`?cursor=` from the links of a page, `?page_size=` up to 200. The view's `ordering` decides the order."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
    template = None
    offset_cutoff = 10_000
    query_params = (pagination.CursorPagination.cursor_query_param, page_size_query_param)

    def paginate_queryset(self, queryset: Any, request: Request, view: APIView | None = None) -> list[Any] | None:
        model: type[Model] = queryset.model
        column = self.get_ordering(request, queryset, view)[0].lstrip("-")
        self._position_field = cast("Field[Any, Any]", model._meta.get_field(column))
        return super().paginate_queryset(queryset, request, view)

    def get_ordering(self, request: Request, queryset: QuerySet[Any], view: Any) -> tuple[str, ...]:
        return tuple(view.ordering)

    def get_page_size(self, request: Request) -> int:
        given = request.query_params.get(self.page_size_query_param)
        if given is None:
            return self.page_size
        if given.isascii() and given.isdigit() and len(given) < 10 and 1 <= int(given) <= self.max_page_size:
            return int(given)
        raise exceptions.ValidationError({"page_size": f"give a whole number from 1 to {self.max_page_size}"})

    def decode_cursor(self, request: Request) -> pagination.Cursor | None:
        """The stock class trusts what is inside a well-formed cursor; a made-up one would break the query."""
        try:
            cursor = super().decode_cursor(request)
            if cursor is not None and cursor.position is not None:
                self._check_position(str(cursor.position))
        except (exceptions.NotFound, InvalidValue) as error:
            message = "this is no cursor; follow the links `next` and `previous` of a page"
            raise exceptions.ValidationError({"cursor": message}) from error
        return cursor

    def _check_position(self, position: str) -> None:
        if "\x00" in position:
            raise InvalidValue("NUL")
        self._position_field.to_python(position)

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        """As the stock class, with the limits."""
        return [
            {
                "name": self.cursor_query_param,
                "in": "query",
                "description": "From `next` or `previous` of a page.",
                "schema": {"type": "string", "format": "cursor"},
            },
            {
                "name": self.page_size_query_param,
                "in": "query",
                "description": "How many results a page has.",
                "schema": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": self.max_page_size,
                    "default": self.page_size,
                },
            },
        ]
