"""The fields that schemas become, in tests."""

from typing import Any

from orchestration.definition import expand_schema
from web.schema_form.fields import InputField, input_fields


def fields_of(schema: Any) -> tuple[InputField, ...]:
    found = input_fields(expand_schema(schema))
    assert found is not None
    return found


def described(schema: Any) -> list[tuple[str, str, bool]]:
    """(pointer, kind, whether it must be given) of every field."""
    return [(one.pointer, one.kind, one.is_required) for top in fields_of(schema) for one in top.walk()]


def one_field(schema: dict[str, Any], *, required: bool = True) -> InputField:
    whole = {"type": "object", "properties": {"x": schema}, "required": ["x"] if required else []}
    (field,) = fields_of(whole)
    return field
