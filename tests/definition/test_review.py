"""When a person looks at a result: the conditions of `review:`, and what confidences an output has."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.definition import Pipeline
from orchestration.definition.review import ReviewConfig, field_confidences, overall_confidence

EXTRACTED = {"title": "Lease", "total": 12, "_confidence": {"title": 0.9, "total": 0.4}}


def task_with(review: Any) -> dict[str, Any]:
    task = {"name": "read", "type": "extraction", "parameters": {"schema": {"title": "string"}}, "review": review}
    return {"name": "reviewed", "tasks": [task]}


def reasons(review: dict[str, Any], output: dict[str, Any], seed: str = "x") -> list[str]:
    return [reason.code for reason in ReviewConfig.model_validate(review).reasons(output, seed)]


@pytest.mark.parametrize(
    ("review", "output", "expected"),
    [
        ({"always": True}, {}, ["always"]),
        ({"confidence_below": 0.8}, {"confidence": 0.79}, ["low_confidence"]),
        ({"confidence_below": 0.8}, {"confidence": 0.8}, []),
        ({"confidence_below": 0.8}, {"label": "x"}, ["no_confidence"]),
        ({"confidence_below": 0.8}, {"confidence": None}, ["no_confidence"]),
        ({"confidence_below": 0.8}, EXTRACTED, ["low_confidence"]),
        ({"fields_below": 0.5}, EXTRACTED, ["low_field_confidence"]),
        ({"fields_below": {"title": 0.95}}, EXTRACTED, ["low_field_confidence"]),
        ({"fields_below": {"title": 0.5}}, EXTRACTED, []),
        ({"fields_below": {"iban": 0.5}}, EXTRACTED, ["field_missing"]),
        ({"validation_failed": True}, {"valid": False, "violations": [1, 2]}, ["validation_failed"]),
        ({"validation_failed": True}, {"valid": True, "violations": []}, []),
        ({"sample": 1}, {}, ["sampled"]),
        ({"sample": 1, "confidence_below": 0.5}, {"confidence": 0.1}, ["low_confidence"]),
        ({"always": True, "confidence_below": 0.5}, {"confidence": 0.1}, ["always", "low_confidence"]),
    ],
)
def test_each_condition_says_why(review: dict[str, Any], output: dict[str, Any], expected: list[str]) -> None:
    assert reasons(review, output) == expected


def test_a_reason_tells_what_was_measured_against_which_bound() -> None:
    (found,) = ReviewConfig.model_validate({"fields_below": {"total": 0.5}}).reasons(EXTRACTED, "x")
    assert (found.message, found.value, found.threshold, found.field) == (
        "total: confidence 0.40 is below 0.5",
        0.4,
        0.5,
        "total",
    )


def test_a_sample_is_the_same_every_time_and_about_its_share() -> None:
    review = ReviewConfig.model_validate({"sample": 0.2})
    picked = [seed for seed in map(str, range(5_000)) if review.reasons({}, seed)]
    assert picked == [seed for seed in map(str, range(5_000)) if review.reasons({}, seed)]
    assert 900 < len(picked) < 1_100


@given(st.dictionaries(st.text(), st.one_of(st.none(), st.booleans(), st.floats(), st.text(), st.lists(st.integers()))))
def test_no_output_is_too_odd_to_be_asked_for_its_confidence(output: dict[str, Any]) -> None:
    overall_confidence(output)
    field_confidences({"_confidence": output})
    reasons({"confidence_below": 0.5, "fields_below": 0.5, "validation_failed": True}, output)


@pytest.mark.parametrize(
    ("review", "code", "words"),
    [
        ({}, "missing_key", "needs a condition"),
        ({"priority": "high"}, "missing_key", "needs a condition"),
        ({"confidence_below": 2}, "out_of_range", "at most 1"),
        ({"always": True, "priority": "hihg"}, "invalid_choice", "high"),
        ({"always": True, "polcy": "x"}, "unknown_key", "policy"),
        ({"always": "yes"}, "wrong_type", "true or false"),
        (True, "wrong_type", "mapping"),
    ],
)
def test_a_mistake_is_said_with_its_place(review: Any, code: str, words: str) -> None:
    found = [problem for problem in Pipeline.check(task_with(review)).problems if problem.is_error]
    assert [problem.code for problem in found] == [code]
    assert words in str(found[0])
    assert found[0].pointer.startswith("/tasks/0/review")


def test_a_review_survives_yaml_and_json_unchanged() -> None:
    pipeline = Pipeline(task_with({"fields_below": {"title": 0.9}, "specializations": ["legal:4"], "sample": 0.05}))
    read = (Pipeline.from_yaml(pipeline.to_yaml()), Pipeline.from_json(pipeline.to_json()))
    assert {found.digest for found in read} == {pipeline.digest}


def test_a_condition_that_the_task_type_can_never_meet_is_a_warning() -> None:
    generation = {"name": "write", "type": "text_generation", "model": "local/summarize", "parameters": {"prompt": "x"}}
    definition = {"name": "odd", "tasks": [{**generation, "review": {"validation_failed": True}}]}
    warnings = [problem for problem in Pipeline.check(definition).problems if not problem.is_error]
    assert [(problem.code, problem.pointer) for problem in warnings] == [
        ("idle_condition", "/tasks/0/review/validation_failed")
    ]


def test_a_review_of_a_review_is_a_mistake() -> None:
    definition = {"name": "twice", "tasks": [{"name": "ask", "type": "human_review", "review": {"always": True}}]}
    (found,) = [problem for problem in Pipeline.check(definition).problems if problem.is_error]
    assert found.code == "review_of_review"
