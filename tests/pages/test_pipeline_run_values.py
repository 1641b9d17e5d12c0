"""Values become texts and come back as they were; what fields cannot say is shown as JSON."""

import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.definition.sources import json_values, text
from tests.pages.fields import fields_of, one_field
from web.schema_form.values import (
    MISSING,
    NotInFields,
    is_same,
    read_fields,
    read_json,
    show_defaults,
    show_fields,
    write_json,
)

pytestmark = pytest.mark.one_database  # words and forms; what lists find is asked of both databases

_scalars = st.sampled_from(
    [
        {"type": "string"},
        {"type": "string", "maxLength": 20},
        {"type": "string", "format": "date"},
        {"type": "integer"},
        {"type": "number"},
        {"type": "boolean"},
        {"type": ["string", "null"]},
        {"type": ["boolean", "null"]},
        {"type": ["integer", "null"]},
        {"enum": ["a", "b", 1, True, None, "1", ""]},
        {"const": "only"},
    ]
)
_lists = _scalars.map(lambda items: {"type": "array", "items": items})
_anything = st.sampled_from([{}, {"type": "object"}, {"anyOf": [{"type": "string"}, {"type": "integer"}]}])
_names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=4)


def _objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    def build(properties: dict[str, Any], required: list[bool], nullable: bool) -> dict[str, Any]:
        needed = [name for name, is_needed in zip(properties, required, strict=False) if is_needed]
        return {"type": ["object", "null"] if nullable else "object", "properties": properties, "required": needed}

    return st.builds(build, st.dictionaries(_names, inner, max_size=4), st.lists(st.booleans()), st.booleans())


schemas = st.dictionaries(
    _names, st.recursive(_scalars | _lists | _anything, _objects, max_leaves=5), min_size=1, max_size=4
).flatmap(
    lambda properties: st.lists(st.sampled_from(list(properties)), unique=True).map(
        lambda required: {"type": "object", "properties": properties, "required": required}
    )
)


def values_of(schema: Any) -> st.SearchStrategy[Any]:
    """Values that fit, mostly, and values that do not."""
    if not isinstance(schema, dict) or "anyOf" in schema or not schema:
        return json_values
    if "enum" in schema or "const" in schema:
        return st.sampled_from(schema.get("enum", [schema.get("const")]))
    kind = schema["type"]
    if isinstance(kind, list):
        return st.none() | values_of({**schema, "type": kind[0]})
    if kind == "object":
        fields = {name: values_of(part) for name, part in schema.get("properties", {}).items()}
        return st.fixed_dictionaries({}, optional=fields) | json_values
    if kind == "array":
        return st.lists(values_of(schema.get("items", {})), max_size=3)
    days = st.dates().map(str) if schema.get("format") == "date" else text
    kinds = {"string": days, "integer": st.integers(), "number": st.integers() | st.floats(), "boolean": st.booleans()}
    return kinds[kind]


@given(st.data())
def test_what_fields_show_is_read_back_exactly(data: st.DataObject) -> None:
    schema = data.draw(schemas)
    fields = fields_of(schema)
    value = data.draw(values_of(schema))
    try:
        texts = show_fields(fields, value)
    except NotInFields:
        return
    sent = {name: as_sent(shown) for name, shown in texts.items()}
    read = read_fields(fields, {name: shown.replace("\r\n", "\n") for name, shown in sent.items()})
    assert not read.errors
    assert is_same(read.value, value)


def as_sent(shown: str) -> str:
    """What a browser makes of a text in its form: line ends become CR LF; NUL and lone surrogates would be lost."""
    assert not any(character in shown for character in "\r\x00")
    shown.encode()
    return shown.replace("\n", "\r\n")


@given(schemas, st.dictionaries(st.text(max_size=10), st.text(max_size=20)), st.data())
def test_any_texts_are_read_without_a_fault(schema: Any, more: dict[str, str], data: st.DataObject) -> None:
    fields = fields_of(schema)
    names = [one.name for top in fields for one in top.walk()]
    texts = data.draw(
        st.dictionaries(st.sampled_from(names), st.text(max_size=20) | st.sampled_from(["1", "{", "true"]))
    )
    read = read_fields(fields, {**more, **texts})
    assert isinstance(read.value, dict)
    assert set(read.errors) <= set(names)


@given(json_values)
@example({"a": "\r\n\x7f", "b": [1.5, None]})
def test_json_comes_back_as_it_was(value: Any) -> None:
    shown = write_json(value)
    assert as_sent(shown).replace("\r\n", "\n") == shown
    assert is_same(read_json(shown).value, value)


@given(st.text())
@example("Infinity")
@example("[1, -NaN]")
def test_any_text_is_json_or_is_told_where_it_is_not_or_what_may_not_be_in_it(given_text: str) -> None:
    read = read_json(given_text)
    assert read.errors == {} or re.match(
        r"Line \d+, |-?(NaN|Infinity) is no JSON|A number |A text ", read.errors[""][0]
    )


def test_what_is_left_empty_is_not_given_unless_it_must_be() -> None:
    schema: dict[str, Any] = {"type": "object", "properties": {}, "required": ["need", "list", "maybe"]}
    schema["properties"] = {
        "need": {"type": "integer"},
        "list": {"type": "array", "items": {"type": "string"}},
        "maybe": {"type": ["string", "null"]},
        "free": {"type": "string"},
        "group": {"type": "object", "properties": {"in": {"type": "string"}}, "required": ["in"]},
    }
    read = read_fields(fields_of(schema), {})
    assert read.value == {"list": [], "maybe": None}
    assert read.errors == {"input/need": [MISSING]}
    assert not read.is_wrong


def test_a_group_that_is_begun_must_be_finished() -> None:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {"g": {"type": "object", "required": ["a"], "properties": {}}},
    }
    schema["properties"]["g"]["properties"] = {"a": {"type": "string"}, "b": {"type": "string"}}
    read = read_fields(fields_of(schema), {"input/g/b": "x"})
    assert read.errors == {"input/g/a": [MISSING]}


@pytest.mark.parametrize(
    ("schema", "written", "message"),
    [
        ({"type": "integer"}, "1.5", "Give a whole number, such as 12."),
        ({"type": "integer"}, "9" * 500, "Give a whole number, such as 12."),
        ({"type": "number"}, "1,5", "Give a number, such as 12.5."),
        ({"type": "number"}, "1e999", "This number is too large."),
        ({"enum": ["a"]}, '"b"', "Choose one of the values offered."),
        ({"type": "array", "items": {"type": "integer"}}, "1\n\ntwo", "Line 3: Give a whole number, such as 12."),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, "c", "Line 1: Give one of a, b."),
        ({}, '{"a": }', "Line 1, column 7: not valid JSON: expected a value."),
    ],
)
def test_a_text_that_is_not_what_a_field_takes_is_told(schema: Any, written: str, message: str) -> None:
    read = read_fields([one_field(schema)], {"input/x": written})
    assert read.errors == {"input/x": [message]}
    assert read.is_wrong


@pytest.mark.parametrize(
    ("schema", "written", "value"),
    [
        ({"type": "number"}, " +1.50 ", 1.5),
        ({"type": "number"}, "12", 12),
        ({"type": "integer"}, "-007", -7),
        ({"type": "array", "items": {"type": "boolean"}}, "true\nfalse", [True, False]),
        ({"type": "array", "items": {"type": "string"}}, "a\n\n  b \n", ["a", "  b "]),
        ({}, " [1]", [1]),
    ],
)
def test_people_may_write_loosely(schema: Any, written: str, value: Any) -> None:
    assert read_fields([one_field(schema)], {"input/x": written}).value == {"x": value}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string", "maxLength": 9}, {"x": "a\nb"}),
        ({"type": "string"}, {"x": "a\rb"}),
        ({"type": "string"}, {"x": ""}),
        ({"type": "string"}, {"x": "a", "more": 1}),
        ({"type": "string"}, {"x": 1}),
        ({"type": "string"}, {}),
        ({"type": "string"}, []),
        ({"type": "string", "format": "date"}, {"x": "soon"}),
        ({"type": "integer"}, {"x": 1.0}),
        ({"type": "array", "items": {"type": "string"}}, {"x": ["a", " "]}),
    ],
)
def test_what_fields_cannot_say_exactly_is_left_to_json(schema: Any, value: Any) -> None:
    with pytest.raises(NotInFields):
        show_fields([one_field(schema)], value)


def test_a_new_form_begins_with_defaults() -> None:
    schema = {
        "type": "object",
        "properties": {
            "a": {"type": "string", "default": "x"},
            "b": {"type": "integer", "default": "no number"},
            "c": {"type": "object", "properties": {"d": {"type": "boolean", "default": True}}, "required": ["d"]},
        },
        "required": ["c"],
    }
    assert show_defaults(fields_of(schema)) == {"input/a": "x", "input/c/d": "on"}
