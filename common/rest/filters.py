"""Filters that describe themselves, with their limits, in the OpenAPI document."""

from datetime import UTC, datetime
from typing import Any

import django_filters as filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field

from common.clock import EARLIEST, LATEST

LARGEST_NUMBER = 2**31 - 1
LARGEST_ID = 2**63 - 1


class TimeFilter(filters.IsoDateTimeFilter):
    """Any time that can be written, in UTC: PostgreSQL takes no offset of 16 hours, and no row is near the ends."""

    def filter(self, qs: QuerySet[Any], value: datetime | None) -> QuerySet[Any]:
        return super().filter(qs, value and min(max(value, EARLIEST), LATEST).astimezone(UTC))


def described(filter_: Any, **schema: Any) -> Any:
    """A filter with the limits that the OpenAPI document would not find out."""
    return extend_schema_field(schema)(filter_)


def text_filter(field_name: str, help_text: str, lookup_expr: str = "exact") -> Any:
    found = filters.CharFilter(field_name=field_name, lookup_expr=lookup_expr, strip=False, help_text=help_text)
    return described(found, type="string", minLength=1)


def number_filter(field_name: str, least: int, largest: int, help_text: str, lookup_expr: str = "exact") -> Any:
    found = filters.NumberFilter(
        field_name=field_name,
        lookup_expr=lookup_expr,
        decimal_places=0,
        min_value=least,
        max_value=largest,
        help_text=help_text,
    )
    return described(found, type="integer", minimum=least, maximum=largest)
