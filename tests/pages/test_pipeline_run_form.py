"""Schemas become fields, and the form that starts a pipeline has them, its errors, its labels and its JSON."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.definition import Pipeline
from orchestration.forms.run_form import RunForm, write_labels
from tests.definition.sources import pipeline, text
from tests.pages.fields import described, fields_of, one_field
from web.schema_form.fields import input_fields
from web.schema_form.values import (
    MISSING,
)

pytestmark = pytest.mark.one_database  # words and forms; what lists find is asked of both databases

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
        (f"{'k' * 101}=x", "Line 1: a label's key has 1 to 100 characters."),
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
