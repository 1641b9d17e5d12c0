from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.handlers.validation import ValidationFailed
from tests.handlers.running import run

INVOICE = {
    "number": "KB-77120",
    "total": 5588.28,
    "net": 4656.9,
    "currency": "GBP",
    "issued": "2026-02-16",
    "due": "2026-03-18",
    "lines": [{"qty": 24}, {"qty": 8}],
    "note": None,
    "paid": True,
    "per cent": 20,
}


def check(*rules: dict[str, Any], value: Any = INVOICE, **parameters: Any) -> dict[str, Any]:
    """The report on a value."""
    return run("validation", {"rules": list(rules), "value": value, "on_fail": "continue", **parameters})


@pytest.mark.parametrize(
    "rule",
    [
        {"field": "number", "required": True},
        {"field": "number", "type": "string"},
        {"field": "issued", "type": "date"},
        {"field": "lines", "type": "list"},
        {"field": "paid", "type": "boolean"},
        {"field": "total", "minimum": 5588.28, "maximum": 5588.28},
        {"field": "lines[1].qty", "type": "integer", "minimum": 8},
        {"field": "number", "min_length": 8, "max_length": 8},
        {"field": "lines", "min_length": 1, "max_length": 2},
        {"field": "number", "pattern": r"^[A-Z]{2}-\d+$"},
        {"field": "currency", "enum": ["EUR", "GBP"]},
        {"field": 'value["per cent"]', "enum": [20]},
        {"expression": "due >= issued and total > net"},
        {"expression": 'currency in ["GBP", "EUR"]'},
        {"expression": "default(note, 1) == 1"},
        {"expression": "len(value) > 3"},
    ],
)
def test_a_value_that_keeps_the_rule_is_valid(rule: dict[str, Any]) -> None:
    assert check(rule)["violations"] == []


@pytest.mark.parametrize(
    ("rule", "broken", "message"),
    [
        ({"field": "vendor", "required": True}, "required", "is required, and is missing or null"),
        ({"field": "note", "required": True}, "required", "is required, and is missing or null"),
        ({"field": "lines[2].qty", "required": True}, "required", "is required, and is missing or null"),
        ({"field": "total.amount", "required": True}, "required", "is required, and is missing or null"),
        ({"field": "total", "type": "string"}, "type", "must be of type string, not the number 5588.28"),
        ({"field": "paid", "type": "integer"}, "type", "must be of type integer, not the boolean true"),
        ({"field": "number", "type": "date"}, "type", 'must be of type date, not the text "KB-77120"'),
        ({"field": "total", "type": "money"}, "type", "must be of type money, not the number 5588.28"),
        ({"field": "total", "minimum": 6000}, "minimum", "must be a number of at least 6000, not the number 5588.28"),
        ({"field": "total", "maximum": 0.5}, "maximum", "must be a number of at most 0.5, not the number 5588.28"),
        ({"field": "number", "minimum": 1}, "minimum", 'must be a number of at least 1, not the text "KB-77120"'),
        ({"field": "paid", "maximum": 1}, "maximum", "must be a number of at most 1, not the boolean true"),
        ({"field": "lines", "min_length": 3}, "min_length", "must have at least 3 characters or items, has 2"),
        ({"field": "number", "max_length": 3}, "max_length", "must have at most 3 characters or items, has 8"),
        ({"field": "total", "max_length": 3}, "max_length", "characters or items, not the number 5588.28"),
        ({"field": "number", "pattern": "^[0-9]+$"}, "pattern", "must be text that matches ^[0-9]+$, not the text"),
        ({"field": "total", "pattern": "5"}, "pattern", "must be text that matches 5, not the number 5588.28"),
        ({"field": "currency", "enum": ["EUR"]}, "enum", 'must be one of ["EUR"], not the text "GBP"'),
        ({"field": "paid", "enum": [1]}, "enum", "must be one of [1], not the boolean true"),
    ],
)
def test_a_broken_rule_is_reported(rule: dict[str, Any], broken: str, message: str) -> None:
    (violation,) = check(rule)["violations"]
    assert (violation["field"], violation["rule"]) == (rule["field"], broken)
    assert message in violation["message"]


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("total < net", "total (5588.28) < net (4656.9) is not true"),
        ("total == vat", 'total == vat cannot be worked out: there is no "vat" here'),
        ("number > total", 'cannot be worked out: ">" cannot compare text with number'),
        ("len(lines)", "is number, not true or false"),
    ],
)
def test_an_expression_that_is_not_true_is_explained_with_its_values(expression: str, message: str) -> None:
    (violation,) = check({"expression": expression})["violations"]
    assert (violation["field"], violation["rule"]) == (None, "expression")
    assert message in violation["message"]


@pytest.mark.parametrize("field", ["vendor", "note", "lines[9].qty"])
def test_what_is_absent_and_not_required_breaks_nothing(field: str) -> None:
    assert check({"field": field, "type": "string", "min_length": 3, "pattern": "x"})["valid"] is True


def test_every_violation_is_reported_with_its_value() -> None:
    report = check(
        {"field": "total", "type": "string", "maximum": 10},
        {"field": "vendor", "required": True},
        {"expression": "paid == false"},
    )
    found = [(violation["rule"], violation["value"]) for violation in report["violations"]]
    assert found == [("type", 5588.28), ("maximum", 5588.28), ("required", None), ("expression", None)]
    assert (report["valid"], report["checked"]) == (False, 4)


def test_the_report_passes_the_value_on() -> None:
    assert check({"field": "total", "required": True})["value"] == INVOICE


def test_a_message_of_the_rule_replaces_ours() -> None:
    report = check(
        {"field": "total", "maximum": 10, "message": "too dear"}, {"expression": "net > total", "message": "no"}
    )
    assert [violation["message"] for violation in report["violations"]] == ["too dear", "no"]


def test_a_long_value_is_described_instead_of_repeated() -> None:
    (violation,) = check({"field": "note", "max_length": 10}, value={"note": "x" * 100_000})["violations"]
    assert violation["value"].startswith('the text "xxx')
    assert len(violation["value"]) < 100


def test_characters_no_column_can_hold_are_checked_too() -> None:
    assert check({"field": "note", "pattern": "^b", "max_length": 2}, value={"note": "a\x00\ud800"})["valid"] is False


def test_a_json_schema_is_checked_in_every_place() -> None:
    schema = {
        "type": "object",
        "properties": {"lines": {"items": {"properties": {"qty": {"maximum": 10}}}}, "total": {"type": "string"}},
    }
    violations = check(schema=schema)["violations"]
    assert [(found["field"], found["rule"], found["value"]) for found in violations] == [
        ("lines[0].qty", "schema", 24),
        ("total", "schema", 5588.28),
    ]


def test_the_short_form_is_a_schema_too() -> None:
    value = {"title": "Lease", "pages": "four"}
    (violation,) = check(value=value, schema={"title": "string", "pages": "integer", "note": "string?"})["violations"]
    assert (violation["field"], violation["value"]) == ("pages", "four")


def test_a_schema_does_not_see_the_notes_on_a_result() -> None:
    value = {"title": "Lease", "_confidence": {"title": 0.4}, "_missing": []}
    assert check({"expression": "_confidence.title > 0.3"}, value=value, schema={"title": "string"})["valid"] is True


def test_a_list_can_be_checked() -> None:
    assert check({"expression": "len(value) == 2"}, {"field": "value", "type": "list"}, value=[1, 2])["valid"] is True


def test_on_fail_fail_fails_the_task_for_good() -> None:
    with pytest.raises(ValidationFailed) as caught:
        check({"field": "vendor", "required": True}, {"field": "total", "required": True}, on_fail="fail")
    assert (caught.value.code, caught.value.retryable) == ("validation_failed", False)
    assert str(caught.value) == "1 of 2 checks failed: vendor: is required, and is missing or null"


def test_the_error_shows_the_first_violations_and_keeps_all() -> None:
    rules = [{"field": f"f{number}", "required": True} for number in range(8)]
    with pytest.raises(ValidationFailed, match=r"8 of 8 checks failed: f0: .*; f4: .* \(and 3 more\)") as caught:
        check(*rules, on_fail="fail")
    assert len((caught.value.details or {})["violations"]) == 8
    assert len(str(caught.value)) < 2_000


RULE = {"rules": [{"field": "total", "maximum": 10}], "on_fail": "continue"}


@pytest.mark.parametrize(
    ("outputs", "input_data", "value"),
    [
        ({}, {"total": 1}, {"total": 1}),
        ({"a": {"total": 2}}, {"total": 1}, {"total": 2}),
        ({"a": {"total": 2}, "b": {"total": 3}}, {"total": 1}, {"a_output": {"total": 2}, "b_output": {"total": 3}}),
    ],
)
def test_the_value_is_looked_up_in_this_order(outputs: Any, input_data: Any, value: Any) -> None:
    assert run("validation", RULE, input_data, outputs=outputs)["value"] == value


def test_a_value_that_is_null_is_checked_as_null() -> None:
    report = run("validation", {**RULE, "value": None, "schema": {"type": "object"}}, {"total": 1})
    assert (report["value"], report["valid"]) == (None, False)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(), max_size=20),
    lambda members: st.lists(members, max_size=4) | st.dictionaries(st.sampled_from("abc"), members, max_size=3),
    max_leaves=8,
)
EVERY_DEMAND: list[dict[str, Any]] = [
    {"field": "a", "required": True, "type": "money", "minimum": 0, "maximum": 9},
    {"field": "a.b[0]", "min_length": 1, "max_length": 2, "pattern": "^x", "enum": [1, None, {"c": []}]},
    {"expression": "a.b >= c or len(b) == 1"},
]


@given(ANYTHING)
def test_any_value_can_be_checked(value: Any) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "integer"}}}, "required": ["b"]}
    report = check(*EVERY_DEMAND, value=value, schema=schema)
    assert report["valid"] is (report["violations"] == [])
    assert (report["value"], report["checked"]) == (value, 10)
