"""JSON Schema: the short form, the check of schemas, validation, and the schema of the language itself."""

import time
from contextlib import suppress
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from common.short_schema import SHORT_TYPES
from orchestration.definition import (
    Pipeline,
    SchemaError,
    expand_schema,
    known_task_types,
    pipeline_json_schema,
    schema_problems,
)
from orchestration.definition.parameters import TypeWord
from tests.definition.sources import CONTENT_GENERATION, DOCUMENT_ANALYSIS, definitions, json_values, pipeline, task


def test_the_short_form_of_the_product_description() -> None:
    assert expand_schema({"title": "string", "content": "string", "entities": "list"}) == {
        "type": "object",
        "properties": {"title": {"type": "string"}, "content": {"type": "string"}, "entities": {"type": "array"}},
        "required": ["title", "content", "entities"],
        "additionalProperties": False,
    }


def test_the_short_form_has_optional_fields_lists_and_nested_fields() -> None:
    found = expand_schema({"due": "date?", "tags": ["string"], "seller": {"name": "string"}, "any": "any?"})
    assert found["properties"]["due"] == {"type": ["string", "null"], "format": "date"}
    assert found["properties"]["tags"] == {"type": "array", "items": {"type": "string"}}
    assert found["properties"]["seller"]["required"] == ["name"]
    assert found["required"] == ["tags", "seller"]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"a": {"type": "string"}}},
        {"type": "object"},
        {"type": "array", "items": {"type": "string"}},
        {"type": "string", "minLength": 2},
        {"type": ["object", "null"]},
        {"$ref": "#/$defs/a", "$defs": {"a": {"type": "object"}}},
        {"anyOf": [{"type": "object"}]},
        {"properties": {"a": True}},
        {"$schema": "https://json-schema.org/draft/2020-12/schema"},
    ],
)
def test_json_schema_passes_through(schema: dict[str, Any]) -> None:
    assert expand_schema(schema) == schema


@pytest.mark.parametrize("name", ["title", "description", "type", "format", "items", "enum", "default", "properties"])
def test_a_field_may_be_called_like_a_keyword(name: str) -> None:
    assert expand_schema({name: "string", "other": "string"})["properties"][name] == {"type": "string"}


def test_a_part_of_the_short_form_may_be_json_schema() -> None:
    found = expand_schema({"price": {"type": "number", "minimum": 0}})
    assert found["properties"]["price"] == {"type": "number", "minimum": 0}


@pytest.mark.parametrize(
    ("schema", "path", "message"),
    [
        ({"a": "str"}, ("a",), 'did you mean "string"'),
        ({"a": "strng"}, ("a",), 'did you mean "string"'),
        ({"a": {"b": ["x"]}}, ("a", "b", 0), "unknown type"),
        ({"a": 5}, ("a",), "not the number 5"),
        ({"a": ["string", "number"]}, ("a",), "not a list"),
        ({"type": "object", "properties": {"a": {"type": "sting"}}}, ("properties", "a", "type"), "sting"),
        ({"type": "object", "required": "a"}, ("required",), "array"),
        ({"$ref": "https://example.com/x"}, ("$ref",), "leaves the schema"),
        ({"$ref": "#/$defs/x"}, ("$ref",), "leads nowhere"),
        ({"type": "string", "pattern": "a" * 2_001}, ("pattern",), "more than 2,000 characters"),
        ({"type": "string", "pattern": "(?=a)"}, ("pattern",), "look-around"),
        ({"type": "object", "patternProperties": {"(": {}}}, ("patternProperties", "("), "cannot be used"),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, ("$schema",), "2020-12"),
        ({"price": {"type": "number", "minimum": "x"}}, ("price", "minimum"), "type number"),
        ({"price": {"$ref": "#/$defs/x"}}, ("price", "$ref"), "whole schema"),
        ("string", (), "must be a mapping"),
    ],
)
def test_a_bad_schema_says_what_and_where(schema: Any, path: tuple[str | int, ...], message: str) -> None:
    with pytest.raises(SchemaError) as caught:
        expand_schema(schema)
    assert caught.value.problems[0][0] == path
    assert message in caught.value.problems[0][1]


schema_keys = st.sampled_from(
    "type properties items enum pattern patternProperties required $schema $id $ref $defs $anchor $dynamicRef".split()
)
schema_words = json_values | st.sampled_from(["object", "string", "#", "#/$defs/x", "#x", "urn:x", "(", "string?"])


@given(st.recursive(schema_words, lambda inner: st.dictionaries(schema_keys, inner)), json_values)
def test_any_value_is_a_schema_or_a_schema_error(value: Any, instance: Any) -> None:
    with suppress(SchemaError):
        schema_problems(instance, expand_schema(value))


@pytest.mark.parametrize(
    ("schema", "instance", "pointers"),
    [
        ({"type": "string"}, 5, [""]),
        ({"properties": {"a/b": {"items": {"type": "string"}}}}, {"a/b": ["x", 1]}, ["/a~1b/1"]),
        ({"required": ["a"]}, {}, [""]),
        ({"pattern": "^a+$"}, "aab", [""]),
        ({"pattern": "b"}, "abc", []),
        (
            {"patternProperties": {"^x": {"type": "string"}}, "additionalProperties": False},
            {"x1": 1, "y": 2},
            ["/x1", ""],
        ),
        ({"additionalProperties": {"type": "string"}}, {"a": 1}, ["/a"]),
        ({"format": "date"}, "2024-02-30", [""]),
        ({"format": "date"}, "2024-02-29", []),
        ({"format": "email"}, "nobody", [""]),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"type": "string"}}}, "x", []),
    ],
)
def test_a_value_is_checked(schema: dict[str, Any], instance: Any, pointers: list[str]) -> None:
    assert sorted(pointer for pointer, _ in schema_problems(instance, schema)) == sorted(pointers)


def test_messages_name_the_fields_and_stay_short() -> None:
    closed = expand_schema({"a": "string?"})
    assert schema_problems({"b": 1}, closed) == [("", '"b" is not a field of the schema; its fields: a')]
    assert len(schema_problems({"a": "x" * 10_000}, {"properties": {"a": {"enum": ["y"]}}})[0][1]) < 400


def test_problems_are_capped() -> None:
    assert len(schema_problems([1] * 1_000, {"items": {"type": "string"}})) == 100


def test_references_are_never_fetched() -> None:
    [(_, message)] = schema_problems({}, {"$ref": "http://127.0.0.1:9/schema"})
    assert "cannot be used" in message


def test_endless_and_exponential_references_end() -> None:
    start = time.perf_counter()
    assert "refers to itself" in schema_problems(1, {"$ref": "#"})[0][1]
    doubling: dict[str, Any] = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(40)}
    [(_, message)] = schema_problems(1, {"$ref": "#/$defs/d0", "$defs": {**doubling, "d40": {}}})
    assert "follows more than" in message
    assert time.perf_counter() - start < 30


@given(st.lists(json_values, max_size=6))
def test_unique_items_are_judged_as_the_library_does(items: list[Any]) -> None:
    schema = {"type": "array", "uniqueItems": True}
    assert (not schema_problems(items, schema)) == Draft202012Validator(schema).is_valid(items)


def test_which_items_are_the_same_is_said() -> None:
    found = schema_problems([1, {"a": True}, 1.0, {"a": 1}], {"uniqueItems": True})
    assert found == [("", "the items 0 and 2 are the same; each has to be unique")]
    assert schema_problems([{"id": number} for number in range(20_000)], {"uniqueItems": True}) == []


def test_patterns_run_in_linear_time() -> None:
    start = time.perf_counter()
    assert schema_problems("a" * 100_000 + "b", {"pattern": "^(a+)+$"})
    assert schema_problems(
        {"a" * 50_000 + "b": 1}, {"patternProperties": {"^(a+)+$": {}}, "additionalProperties": False}
    )
    assert time.perf_counter() - start < 30


def test_lone_surrogates_in_a_value_do_no_harm() -> None:
    assert schema_problems({"\ud800": "\ud800"}, {"additionalProperties": {"pattern": "^a"}})


def test_the_words_for_types_are_the_same_in_rules_and_schemas() -> None:
    assert set(get_args(TypeWord)) == set(SHORT_TYPES)


SCHEMA = pipeline_json_schema()
LANGUAGE = Draft202012Validator(SCHEMA)


def test_the_schema_of_the_language_is_a_schema_and_names_every_task_type() -> None:
    schema = pipeline_json_schema()  # now: other tests may have registered types since this module was loaded
    Draft202012Validator.check_schema(schema)
    assert schema["$defs"]["TaskConfig"]["properties"]["type"]["enum"] == list(known_task_types())


@pytest.mark.parametrize(
    "definition",
    [
        DOCUMENT_ANALYSIS,
        Pipeline.from_yaml(CONTENT_GENERATION).to_dict(),
        pipeline(
            {"name": "a", "type": "classification", "parameters": {"categories": {"x": "y"}, "threshold": "{input.t}"}}
        ),
        pipeline(
            {"name": "a", "type": "validation", "parameters": {"rules": [{"field": "a", "minimum": "{input.m}"}]}}
        ),
    ],
)
def test_the_schema_of_the_language_accepts_what_is_valid(definition: dict[str, Any]) -> None:
    assert list(LANGUAGE.iter_errors(definition)) == []


@given(definitions())
def test_the_schema_of_the_language_accepts_any_valid_definition(definition: dict[str, Any]) -> None:
    assert list(LANGUAGE.iter_errors(definition)) == []


@pytest.mark.parametrize(
    "definition",
    [
        {"name": "p"},
        pipeline(tasks=[]),
        pipeline(task(tiemout=5)),
        pipeline({"name": "a", "type": "text_generation"}),
        pipeline({"name": "a", "type": "extraction", "parameters": {}}),
        pipeline({"name": "a", "type": "classification", "parameters": {"categories": ["x"], "multi_label": "yes"}}),
    ],
)
def test_the_schema_of_the_language_refuses_what_is_not(definition: dict[str, Any]) -> None:
    assert list(LANGUAGE.iter_errors(definition))
