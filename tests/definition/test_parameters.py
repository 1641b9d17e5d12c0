"""The parameters of the built-in task types on resolved values."""

from typing import Any

import pytest
from pydantic import ValidationError

from orchestration.definition import Pipeline
from orchestration.definition.parameters import (
    ClassificationParameters,
    ExtractionParameters,
    TextGenerationParameters,
    ValidationParameters,
)


@pytest.mark.parametrize(
    ("categories", "expected"),
    [
        (["a", "b"], [("a", "", []), ("b", "", [])]),
        ({"a": "first"}, [("a", "first", [])]),
        ([{"name": "a", "description": "first", "examples": ["x"]}, "b"], [("a", "first", ["x"]), ("b", "", [])]),
    ],
)
def test_categories_may_be_written_in_three_ways(categories: Any, expected: list[Any]) -> None:
    found = ClassificationParameters.model_validate({"categories": categories}).categories
    assert [(category.name, category.description, category.examples) for category in found] == expected


@pytest.mark.parametrize("categories", [[], {}, "a", ["a", "a"], [1], {"a": 1}, [{"nam": "a"}], None])
def test_categories_must_be_distinct_names(categories: Any) -> None:
    with pytest.raises(ValidationError):
        ClassificationParameters.model_validate({"categories": categories})


@pytest.mark.parametrize("given", [{"text": "a", "texts": ["b"]}, {"texts": [], "features": {}}])
def test_a_classification_is_of_one_kind_of_thing(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=r"give text.* not both"):
        ClassificationParameters.model_validate({"categories": ["a"], **given})


@pytest.mark.parametrize(
    ("model", "codes"),
    [({}, ["missing_key"]), ({"model": "local/classify"}, ["missing_key"]), ({"model": "my_classifier"}, [])],
)
def test_categories_may_be_left_to_a_model_that_knows_its_own(model: dict[str, str], codes: list[str]) -> None:
    task = {"name": "a", "type": "classification", **model}
    assert [problem.code for problem in Pipeline.check({"name": "p", "tasks": [task]}).problems] == codes


def test_an_extraction_has_its_json_schema() -> None:
    found = ExtractionParameters.model_validate({"schema": {"title": "string"}})
    assert found.json_schema["required"] == ["title"]


def test_resolved_values_are_checked_strictly() -> None:
    with pytest.raises(ValidationError):
        TextGenerationParameters.model_validate({"max_tokens": "12"})
    with pytest.raises(ValidationError):
        TextGenerationParameters.model_validate({"temperature": True})


def test_prompt_and_prompt_template_exclude_each_other() -> None:
    with pytest.raises(ValidationError, match="not both"):
        TextGenerationParameters.model_validate({"prompt": "a", "prompt_template": "b"})


@pytest.mark.parametrize("stop", ["END", ["a", "b"]])
def test_stop_may_be_one_text_or_several(stop: Any) -> None:
    assert TextGenerationParameters.model_validate({"stop": stop}).stop == stop


@pytest.mark.parametrize(
    "rule",
    [
        {
            "field": "a.b[0]",
            "required": True,
            "type": "date",
            "minimum": 1,
            "maximum": 2,
            "pattern": "^a",
            "enum": [1, "x"],
        },
        {"expression": "a == b", "message": "a and b differ"},
    ],
)
def test_a_rule_is_about_a_field_or_an_expression(rule: dict[str, Any]) -> None:
    assert ValidationParameters.model_validate({"rules": [rule]}).on_fail == "fail"


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"field": "a"},
        {"required": True},
        {"field": "a", "expression": "a == 1"},
        {"expression": "a == 1", "minimum": 1},
        {"field": "a", "minimum": 2, "maximum": 1},
        {"field": "a", "min_length": 2, "max_length": 1},
        {"field": "a", "pattern": "("},
        {"field": "a", "type": "text"},
        {"field": "a..b", "required": True},
        {"expression": "a =="},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(rule: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ValidationParameters.model_validate({"rules": [rule]})


def test_a_validation_needs_something_to_check() -> None:
    with pytest.raises(ValidationError, match="needs rules or schema"):
        ValidationParameters.model_validate({"value": 1})


@pytest.mark.parametrize(
    ("parameters", "model", "codes"),
    [
        ({"criteria": ["It is polite."]}, {}, ["missing_model"]),
        ({"criteria": ["It is polite."]}, {"model": "gpt-4"}, []),
        ({"schema": {"a": "any"}}, {"model": "gpt-4"}, ["unused_model"]),
        ({"schema": {"a": "any"}}, {}, []),
    ],
)
def test_a_validation_needs_a_model_for_criteria_and_for_nothing_else(
    parameters: dict[str, Any], model: dict[str, str], codes: list[str]
) -> None:
    task = {"name": "a", "type": "validation", "parameters": parameters, **model}
    assert [problem.code for problem in Pipeline.check({"name": "p", "tasks": [task]}).problems] == codes
