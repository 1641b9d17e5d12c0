"""Whether a change of a schema breaks anybody."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from registry.schema_compatibility import Compatibility, compare_inputs, compare_outputs

TEXT: dict[str, Any] = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
CLOSED = TEXT | {"additionalProperties": False}


def with_field(base: dict[str, Any], name: str, schema: Any, *, required: bool = False) -> dict[str, Any]:
    fields = {**base["properties"], name: schema}
    return base | {"properties": fields, "required": [*base["required"], *([name] if required else [])]}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (TEXT, TEXT | {"title": "Text", "description": "of a document"}, "none"),
        (None, None, "none"),
        (TEXT, None, "widening"),
        (None, TEXT, "breaking"),
        (TEXT, with_field(TEXT, "language", {"type": "string"}), "widening"),
        (CLOSED, with_field(CLOSED, "language", {"type": "string"}), "widening"),
        (TEXT, with_field(TEXT, "language", {"type": "string"}, required=True), "breaking"),
        (TEXT, TEXT | {"required": []}, "widening"),
        (TEXT, CLOSED, "breaking"),
        (CLOSED, TEXT, "widening"),
        (with_field(CLOSED, "n", {"type": "integer"}), with_field(CLOSED, "n", {"type": "number"}), "widening"),
        (with_field(CLOSED, "n", {"type": "number"}), with_field(CLOSED, "n", {"type": "integer"}), "breaking"),
        (with_field(CLOSED, "n", {"maximum": 5}), with_field(CLOSED, "n", {"maximum": 9}), "widening"),
        (with_field(CLOSED, "n", {"maximum": 9}), with_field(CLOSED, "n", {"maximum": 5}), "breaking"),
        ({"enum": ["a", "b"]}, {"enum": ["a", "b", "c"]}, "widening"),
        ({"enum": ["a", "b"]}, {"enum": ["a"]}, "breaking"),
        ({"items": {"type": "string"}}, {"items": {"type": ["string", "null"]}}, "widening"),
        ({"pattern": "a"}, {"pattern": "b"}, "breaking"),
    ],
)
def test_inputs(before: Any, after: Any, expected: str) -> None:
    assert compare_inputs(before, after).compatibility == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (TEXT, TEXT, "none"),
        (None, TEXT, "widening"),
        (TEXT, None, "breaking"),
        (CLOSED, with_field(CLOSED, "score", {"type": "number"}), "widening"),
        (with_field(CLOSED, "score", {"type": "number"}, required=True), CLOSED, "breaking"),
        (TEXT, TEXT | {"required": []}, "breaking"),
        ({"type": "string"}, {"type": ["string", "null"]}, "breaking"),
        ({"type": ["string", "null"]}, {"type": "string"}, "widening"),
        ({"enum": ["a"]}, {"enum": ["a", "b"]}, "breaking"),
    ],
)
def test_outputs(before: Any, after: Any, expected: str) -> None:
    assert compare_outputs(before, after).compatibility == expected


def test_notes_say_where_and_what() -> None:
    change = compare_inputs(TEXT, with_field(TEXT, "language", {"type": "string"}, required=True))
    assert change.notes == ("language: no longer accepted: that it is missing",)
    assert compare_inputs(TEXT, with_field(TEXT, "language", {})).notes == ("language: a new field",)


types = st.sampled_from(["string", "integer", "number", "null", "boolean"])
leaves = st.fixed_dictionaries({"type": st.lists(types, min_size=1, max_size=3, unique=True)}) | st.fixed_dictionaries(
    {"type": st.just("integer"), "minimum": st.integers(-3, 3), "maximum": st.integers(-3, 3)}
)
objects = st.builds(
    lambda fields, required, closed: {
        "type": "object",
        "properties": fields,
        "required": sorted(set(required) & set(fields)),
        **({"additionalProperties": False} if closed else {"additionalProperties": True}),
    },
    st.dictionaries(st.sampled_from("abc"), leaves, max_size=3),
    st.lists(st.sampled_from("abc"), max_size=2),
    st.booleans(),
)
values = st.dictionaries(st.sampled_from("abcd"), st.none() | st.booleans() | st.integers(-4, 4) | st.text(max_size=1))


@given(before=objects, after=objects, value=values)
def test_what_is_not_called_breaking_accepts_every_value_that_was_accepted(before: Any, after: Any, value: Any) -> None:
    if compare_inputs(before, after).compatibility is Compatibility.BREAKING:
        return
    if Draft202012Validator(before).is_valid(value):
        assert Draft202012Validator(after).is_valid(value)
