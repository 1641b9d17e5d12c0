"""What a select offers of a table: the first of very many rows, and always those that are chosen already."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Model, QuerySet

MOST_CHOICES = 500


def with_own(rows: QuerySet[Model], own: Iterable[Any]) -> list[Any]:
    """Keys of the first rows, then those of `own` that are rows and not among them: else saving would drop them."""
    first = list(rows.values_list("pk", flat=True)[:MOST_CHOICES])
    missing = [key for key in own if key and key not in first and "\x00" not in str(key)]
    return [*first, *rows.filter(pk__in=missing).values_list("pk", flat=True)] if missing else first
