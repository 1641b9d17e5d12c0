"""Parameters in queries and headers: read, checked, and refused by their names."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request


class BadParameter(ValidationError):
    """A query parameter or header, by name, and what is wrong with it."""

    place = "parameter"  # what `errors` calls the names; without it, those of a POST are pointers into the body


def read_query(serializer: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """The query's parameters. Raises `BadParameter`."""
    query = serializer(data=request.query_params.dict())
    if not query.is_valid():
        raise BadParameter(query.errors)
    return dict(query.validated_data)
