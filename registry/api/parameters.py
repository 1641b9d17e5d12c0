"""Parameters in paths, described for OpenAPI; reading forms and JSON bodies."""

import json
from collections.abc import Mapping
from typing import Any, Final

from django.http import QueryDict
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from web.access import require

MOVE: Final = "registry.add_pointermove"
_PATH: Final = OpenApiParameter.PATH
_text = {"type": "string", "minLength": 1}
MODEL = OpenApiParameter("model_name", _text, _PATH)
LABEL = OpenApiParameter("label", _text, _PATH, description="A version's label, alias or number, or `default`.")
ALIAS = OpenApiParameter("alias", _text, _PATH)
FILE = OpenApiParameter("path", _text, _PATH, description="The file's path inside the version, with `/`.")
ONE = [MODEL, LABEL]

JSON_MEMBERS = (
    *("metadata", "metrics", "parameters", "metric_directions"),
    *("input_schema", "output_schema", "set_as_default"),
)


def read_body(serializer: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """The body's members. Raises `ValidationError`."""
    body = serializer(data=request.data)
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)


def check_default(request: Request, asked: Mapping[str, Any]) -> None:
    """Who may not move the default may not move it by registering either. Raises `PermissionDenied`."""
    if asked.get("set_as_default"):
        require(request, MOVE)


def read_form(serializer: type[serializers.Serializer[Any]], fields: QueryDict) -> dict[str, Any]:
    """A form's fields, those in `JSON_MEMBERS` being JSON. Raises `ValidationError`."""
    given: dict[str, Any] = {name: fields[name] for name in fields if name != "tags"}
    for name in JSON_MEMBERS:
        if name in given:
            given[name] = _parse(name, given[name])
    if tags := [tag.strip() for text in fields.getlist("tags") for tag in text.split(",") if tag.strip()]:
        given["tags"] = tags
    form = serializer(data=given)
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)


def _parse(name: str, text: str) -> Any:
    try:
        return json.loads(text, parse_constant=lambda word: _refuse(name, f"{word} is not a JSON number"))
    except (ValueError, RecursionError) as error:
        return _refuse(name, str(error))


def _refuse(name: str, why: str) -> Any:
    raise ValidationError({name: [f"give JSON: {why}"]})
