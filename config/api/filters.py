"""django-filter, strict: a query parameter that is unknown or empty is an error, not a filter that filters nothing."""

from typing import Any

from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ErrorDetail, ValidationError

from common.wording import closest


class StrictFilterBackend(DjangoFilterBackend):
    """Applies the view's `filterset_class`; raises `ValidationError` for unknown and malformed parameters."""

    def filter_queryset(self, request: Any, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        filterset = getattr(view, "filterset_class", None)
        names = set(filterset.base_filters) if filterset else set()
        known = names | set(getattr(view.paginator, "query_params", ()))
        if empty := [name for name in names if "" in request.query_params.getlist(name)]:
            raise ValidationError({name: [ErrorDetail("give a value", code="empty")] for name in sorted(empty)})
        if unknown := sorted(set(request.query_params) - known):
            raise ValidationError({name: [_explain_unknown(name, known)] for name in unknown})
        filtered: QuerySet[Any] = super().filter_queryset(request, queryset, view)
        return filtered


def _explain_unknown(name: str, known: set[str]) -> ErrorDetail:
    near = closest(name, known)
    hint = f'did you mean "{near}"?' if near else f"there are {', '.join(sorted(known))}"
    return ErrorDetail(f"unknown parameter; {hint}", code="unknown_parameter")
