"""Schemas become fields, values become texts and come back as they were; what fields cannot say is shown as JSON."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orchestration.definition import Pipeline, expand_schema
from orchestration.forms.run_form import RunForm, write_labels
from tests.definition.sources import json_values, pipeline, text
from web.schema_form.fields import InputField, input_fields
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


# Which fields ---------------------------------------------------------------------------------------------------------


def test_the_short_form_becomes_fields() -> None:
    schema = {"title": "string", "n": "integer?", "ok": "boolean", "on": "date", "tags": ["string"], "m": "money?"}
    assert described(schema) == [
        ("/title", "long_text", True),
        ("/n", "integer", False),
        ("/ok", "checkbox", True),
        ("/on", "date", True),
        ("/tags", "lines", True),
        ("/m", "group", False),
        ("/m/amount", "number", True),
        ("/m/currency", "long_text", True),
    ]


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "string", "maxLength": 50}, "text"),
        ({"type": "string", "maxLength": 5000}, "long_text"),
        ({"type": "string", "format": "email"}, "text"),
        ({"enum": ["a", 1, None]}, "choice"),
        ({"const": 7}, "choice"),
        ({"type": ["number", "null"]}, "number"),
        ({"type": ["number", "string"]}, "json"),
        ({"type": "boolean"}, "checkbox"),
        ({"type": ["boolean", "null"]}, "choice"),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, "lines"),
        ({"type": "array", "items": {"type": "object"}}, "json"),
        ({"type": "array"}, "json"),
        ({"type": "array", "prefixItems": [{"type": "string"}]}, "json"),
        ({"type": "object"}, "json"),
        ({}, "json"),
        ({"$ref": "#/properties/y"}, "integer"),
        ({"$ref": "#/properties/x"}, "json"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "integer"),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, "json"),
        ({"allOf": [{"type": "string", "format": "date"}]}, "date"),
        ({"enum": list(range(1000))}, "json"),
    ],
)
def test_each_kind_of_schema_has_its_kind_of_field(schema: dict[str, Any], kind: str) -> None:
    whole = {"type": "object", "properties": {"x": schema, "y": {"type": "integer"}}, "required": ["x"]}
    assert fields_of(whole)[0].kind == kind


@pytest.mark.parametrize(
    "schema",
    [
        None,
        {"type": "array"},
        {"type": "object"},
        {"type": ["object", "null"], "properties": {"x": {}}},
        {"anyOf": [{"type": "object"}, {"type": "string"}]},
        {"type": "object", "properties": {f"x{n}": {} for n in range(300)}},
    ],
)
def test_some_inputs_can_only_be_json(schema: Any) -> None:
    assert input_fields(schema) is None


def test_groups_end_at_a_depth_and_references_may_go_in_circles() -> None:
    tree = {"type": "object", "properties": {"child": {"$ref": "#"}, "name": {"type": "string"}}}
    depths = [one.depth for top in fields_of(tree) for one in top.walk()]
    assert max(depths) == 4


def test_a_field_says_what_it_takes() -> None:
    field = one_field({"type": "integer", "minimum": 1, "maximum": 9, "description": "How many", "examples": [3]})
    assert (field.type_words, field.description, field.limits) == ("whole number", "How many", "1 to 9, for example 3")
    assert one_field({"type": "string", "minLength": 2, "pattern": "^a"}).limits == "at least 2 characters, pattern ^a"
    assert one_field({"enum": ["a", "b"]}).type_words == "one of a, b"
    assert one_field({"type": "array", "items": {"type": "number"}, "maxItems": 3}).limits == "at most 3 items"


def test_names_of_controls_are_plain_and_distinct() -> None:
    names = ["a b", "a/b", 'q"', "ü\n", "", "a~b"]
    fields = fields_of({"type": "object", "properties": {name: {"type": "string"} for name in names}})
    controls = [field.name for field in fields]
    assert len(set(controls)) == len(names)
    assert all(name.isascii() and name.isprintable() and " " not in name for name in controls)


# Values and texts -----------------------------------------------------------------------------------------------------

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
def test_any_text_is_json_or_is_told_where_it_is_not(given_text: str) -> None:
    read = read_json(given_text)
    assert read.errors == {} or read.errors[""][0].startswith("Line ")


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


# The form -------------------------------------------------------------------------------------------------------------


def form(inputs: Any, **sent: str) -> RunForm:
    return RunForm.sent(
        Pipeline(pipeline(inputs=inputs)), {name.replace("__", "/"): value for name, value in sent.items()}
    )


def test_errors_stand_beside_the_fields_they_are_about() -> None:
    inputs: dict[str, Any] = {
        "type": "object",
        "required": ["a"],
        "properties": {"a": {"type": "integer", "maximum": 5}},
    }
    inputs["properties"] |= {
        "l": {"type": "array", "items": {"type": "string", "maxLength": 2}},
        "j": {"type": "object"},
    }
    inputs["properties"]["j"] = {"type": "object", "additionalProperties": {"type": "integer"}}
    inputs["minProperties"] = 9
    found = form(inputs, input__a="7", input__l="ok\nlong", input__j='{"k": "v"}')
    found.read()
    assert found.errors["input/a"] == ["7 is greater than the maximum of 5."]
    assert found.errors["input/l"] == ["item 2: 'long' is too long."]
    assert found.errors["input/j"] == ['k: Must be of type integer, not the text "v".']
    assert len(found.errors[""]) == 1
    assert [(name, label) for name, label, _ in found.summary][1:] == [
        ("input/a", "a"),
        ("input/l", "l"),
        ("input/j", "j"),
    ]
    assert not found.is_valid


def test_what_is_missing_is_told_once() -> None:
    found = form({"a": "integer", "b": {"c": "string"}})
    found.read()
    assert found.errors == {"input/a": [MISSING], "input/b/c": [MISSING]}


def test_json_is_checked_against_the_schema_too() -> None:
    found = form({"a": "integer"}, mode="json", json='{"a": "x"}')
    found.read()
    assert found.json_errors == ['/a: Must be of type integer, not the text "x".']
    broken = form({"a": "integer"}, mode="json", json="{")
    broken.read()
    assert broken.json_errors[0].startswith("Line 1, column 2: ")


def test_fields_and_json_are_two_views_of_the_same() -> None:
    found = form({"a": "integer", "b": "string?"}, input__a="3")
    found.as_json()
    assert (found.mode, json.loads(found.json_text)) == ("json", {"a": 3})
    found.as_fields()
    assert (found.mode, found.texts) == ("fields", {"input/a": "3"})


def test_switching_loses_nothing() -> None:
    wrong = form({"a": "integer", "b": "string?"}, input__a="three", input__b="kept")
    wrong.as_json()
    assert (wrong.mode, wrong.texts["input/a"], wrong.texts["input/b"]) == ("fields", "three", "kept")
    assert wrong.notice
    unfinished = form({"a": "integer", "b": "string?"}, input__b="kept")
    unfinished.as_json()
    assert json.loads(unfinished.json_text) == {"b": "kept"}
    unfinished.as_fields()
    assert unfinished.texts == {"input/b": "kept"}
    other = form({"a": "integer"}, mode="json", json='{"other": 1}')
    other.as_fields()
    assert (other.mode, json.loads(other.json_text)) == ("json", {"other": 1})
    assert other.notice


def test_the_same_form_sent_twice_has_the_same_key_and_a_changed_one_another() -> None:
    first, again = (form({"a": "integer"}, nonce="0" * 32, input__a="1") for _ in range(2))
    assert first.key({"a": 1}) == again.key({"a": 1}) != again.key({"a": 2})
    assert len(first.key({"a": 1})) <= 200
    assert form({"a": "integer"}, nonce="<x>").nonce != "<x>"


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ("customer", "Line 1: write a label as key=text."),
        ("a=1\n=2", "Line 2: write a label as key=text."),
        ("a=1\na=2", "Line 2: the label a is given twice."),
        (f"{'k' * 101}=x", "Line 1: a label has at most 100 characters before the = and 500 after it."),
    ],
)
def test_a_label_that_cannot_be_kept_is_told_with_its_line(labels: str, message: str) -> None:
    found = form({"a": "integer"}, input__a="1", labels=labels)
    found.read()
    assert not found.is_valid
    assert ("id_labels", "Labels", message) in found.summary


@given(st.dictionaries(text.map(str.strip).filter(bool), text.map(str.strip), max_size=3))
def test_labels_come_back_as_they_were(labels: dict[str, str]) -> None:
    found = form({"a": "integer"}, labels=write_labels(labels).replace("\n", "\r\n"))
    assert found.options.is_valid(), found.options.errors
    assert found.options.cleaned_data["labels"].items() <= labels.items()
