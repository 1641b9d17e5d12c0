from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.exceptions import InvalidParameters
from orchestration.handlers.text import TEXT_KEYS, find_text
from tests.handlers.running import make_task

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda members: st.lists(members, max_size=3) | st.dictionaries(st.sampled_from([*TEXT_KEYS, "other"]), members),
    max_leaves=6,
)
EXTRACTED = {"title": "Lease", "content": "The tenant pays.", "entities": [], "_truncated": False}


def look_up(parameters: dict[str, Any] | None = None, outputs: dict[str, Any] | None = None, **input_data: Any) -> str:
    outputs = outputs or {}
    named = {f"{name}_output": output for name, output in outputs.items()}
    return find_text(make_task("classification", parameters or {}, list(outputs)), {**input_data, **named})


@pytest.mark.parametrize(
    ("parameters", "outputs", "input_data", "text"),
    [
        ({"text": "said"}, {"a": {"text": "before"}}, {"text": "given"}, "said"),
        ({"input": "said"}, {}, {"text": "given"}, "said"),
        ({"text": ""}, {}, {"text": "given"}, ""),
        ({"text": None}, {}, {"text": "given"}, ""),
        ({}, {"a": {"text": "before"}}, {"text": "given"}, "before"),
        ({}, {"a": EXTRACTED}, {"text": "given"}, "The tenant pays."),
        ({}, {"a": {"document": {"content": "before"}}}, {"text": "given"}, "before"),
        ({}, {"a": {"summary": "before"}}, {"text": "given"}, "before"),
        ({}, {"a": {"valid": True, "value": EXTRACTED}}, {"text": "given"}, "The tenant pays."),
        ({}, {"a": {"content": None, "title": "Lease"}}, {"text": "given"}, "given"),
        ({}, {"a": {"content": " \n"}}, {"text": "given"}, "given"),
        ({}, {"a": {"label": "legal"}}, {"text": "given"}, "given"),
        ({}, {"a": "plain"}, {"text": "given"}, "given"),
        ({}, {"a": {"text": "one"}, "b": {"text": "two"}}, {"text": "given"}, "given"),
        ({}, {}, {"content": "second", "text": "first"}, "first"),
        ({}, {}, {"document": "given"}, "given"),
        ({}, {}, {"document": {"content": "given", "metadata": {"source": "upload"}}}, "given"),
        ({}, {}, {"document": {"text": "given"}}, "given"),
        ({}, {}, {"message": "second", "body": "first"}, "first"),
        ({}, {}, {"question": "given", "count": 3}, "given"),
        ({}, {}, {"text": "", "body": "given"}, "given"),
        ({}, {}, {"text": ""}, ""),
    ],
)
def test_text_is_looked_up_in_this_order(
    parameters: dict[str, Any], outputs: dict[str, Any], input_data: dict[str, Any], text: str
) -> None:
    assert look_up(parameters, outputs, **input_data) == text


@pytest.mark.parametrize("input_data", [{}, {"a": 1}, {"title": "A", "author": "B"}, {"document": {"pages": ["x"]}}])
def test_without_a_text_it_fails(input_data: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameters, match="no text to work on"):
        look_up(**input_data)


def test_the_error_lists_what_was_found_and_how_to_name_it() -> None:
    with pytest.raises(InvalidParameters) as caught:
        look_up(outputs={"check": {"label": "legal"}}, pages=["x"], document={"id": 3})
    message = str(caught.value)
    assert "pages (list), document (mapping of id), check_output (mapping of label)" in message
    assert 'text: "{input.article.paragraphs}"' in message


def test_the_error_does_not_repeat_values() -> None:
    with pytest.raises(InvalidParameters) as caught:
        look_up(a="top secret", b="also secret")
    assert "secret" not in str(caught.value)


def test_a_single_string_in_a_dependency_is_not_a_text() -> None:
    """A label is not what the next task should read."""
    with pytest.raises(InvalidParameters):
        look_up(outputs={"a": {"label": "legal"}})


@given(st.text(st.characters(), min_size=1))
def test_any_characters_pass_unchanged(text: str) -> None:
    assert look_up({"text": text}) == text


@given(st.dictionaries(st.sampled_from([*TEXT_KEYS, "other", "it_output"]), JSON))
def test_any_input_gives_a_text_or_the_error(input_data: dict[str, Any]) -> None:
    with suppress(InvalidParameters):
        assert isinstance(look_up(**input_data), str)
