"""What is sent and read, whatever it is: properties of the pure parts."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.definition import schema_problems
from orchestration.handlers.extraction import wanted
from orchestration.providers.hosted.questions import to_ask, without_surprises
from orchestration.providers.hosted.replies import parse_answer

values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
objects = st.dictionaries(st.text(), values, max_size=4)
words = st.text(st.characters(exclude_characters="{}[]`"))
short_schemas = st.dictionaries(
    st.from_regex(r"[a-z]{1,8}", fullmatch=True),
    st.sampled_from(["string", "number", "money", "list", "date", "any", "string?", ["string"], {"x": "integer"}]),
    min_size=1,
    max_size=5,
)


@given(st.text() | st.text(st.sampled_from('{}[]":,`json \n0')))
def test_no_text_of_a_model_crashes_the_reader(text: str) -> None:
    with suppress(ValueError):
        parse_answer(text)


@given(objects, words, words)
def test_an_object_is_found_between_words(value: dict[str, Any], before: str, after: str) -> None:
    assert parse_answer(f"{before}{json.dumps(value)}{after}") == value


@pytest.mark.parametrize("fence", ["```json\n{}\n```", "```\n{}\n```", "Here:\n```JSON\n{}\n```\nDone."])
@given(value=objects)
def test_an_object_is_found_in_a_fenced_block(fence: str, value: dict[str, Any]) -> None:
    text = json.dumps(value)
    if "```" not in text:
        assert parse_answer(fence.replace("{}", text)) == value


@given(short_schemas)
def test_every_field_is_asked_for_and_an_empty_answer_is_a_valid_one(short: dict[str, Any]) -> None:
    schema = wanted(short)
    asked = to_ask(schema)
    empty = without_surprises({}, schema)
    assert set(asked["required"]) <= set(short)
    assert schema_problems(empty, schema) == []
    assert not any(isinstance(part, list) for part in _types(asked)), "one type each"


def _types(schema: Any) -> list[Any]:
    if isinstance(schema, list):
        return [found for part in schema for found in _types(part)]
    if not isinstance(schema, dict):
        return []
    inner = [found for part in schema.values() for found in _types(part)]
    return inner + ([schema["type"]] if isinstance(schema.get("type"), str | list) else [])


def test_notes_stay_on_the_field_and_null_leaves_the_choices() -> None:
    field = {"type": ["string", "null"], "enum": ["a", None], "description": "a letter"}
    assert to_ask(field) == {
        "description": "a letter",
        "anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}],
    }
