"""Conditions: values, types, explanations, and that reading and working them out raise nothing but ConditionError."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.definition import Condition, ConditionError
from tests.definition.sources import json_values

SCOPE: dict[str, Any] = {
    "total": 12.5,
    "net": 10,
    "label": "legal",
    "flag": True,
    "nothing": None,
    "items": [{"price": 2}, {"price": 3}],
    "invoice": {"due-date": "2024-05-01", "odd key": 1},
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("total > net", True),
        ("net == 10.0", True),
        ("total < 1e2 and net >= 10", True),
        ("not flag or net != 10", False),
        ("flag and (net < 5 or label == 'legal')", True),
        ('label in ["legal", "financial"]', True),
        ("label not in ['legal']", False),
        ("'leg' in label", True),
        ('"odd key" in invoice', True),
        ("len(items) == 2", True),
        ("len(label)", 5),
        ("items[1].price == 3", True),
        ('invoice["odd key"]', 1),
        ("invoice.due-date >= '2024-01-01'", True),
        ("default(missing, 7)", 7),
        ("default(items[5].price, net)", 10),
        ("default(nothing, 'x')", "x"),
        ("nothing == null", True),
        ("label != null", True),
        ("[1, true, null]", [1, True, None]),
        ("1 in [true]", False),
        ("flag or missing.x == 1", True),
        ("net == -10", False),
        ("'it\\'s'", "it's"),
        ('"\\u00e9"', "é"),
    ],
)
def test_it_has_a_value(text: str, value: Any) -> None:
    found = Condition.parse(text).evaluate(SCOPE)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("label > net", '">" cannot compare text with number'),
        ("label == net", '"==" cannot compare text with number'),
        ("flag == 1", '"==" cannot compare boolean with number'),
        ("nothing < 1", '"<" cannot compare null with number'),
        ("flag < flag", '"<" cannot compare boolean with boolean'),
        ("net and flag", '"and" needs true or false, not number'),
        ("not label", '"not" needs true or false, not text'),
        ("len(net)", "len needs text, a list or a mapping, not number"),
        ("1 in label", '"in" needs a list'),
        ("missing == 1", 'there is no "missing" here; known: flag, invoice'),
        ("invoice.total", 'invoice has no key "total"; it has: due-date, odd key'),
    ],
)
def test_what_does_not_fit_is_an_error_that_says_so(text: str, message: str) -> None:
    with pytest.raises(ConditionError) as caught:
        Condition.parse(text).evaluate(SCOPE)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("", 1, "expected a value"),
        ("a = 1", 3, 'write "==" to compare'),
        ("a == 1 b", 8, '"b" is not expected here'),
        ("1 < a < 5", 7, "comparisons cannot be chained"),
        ("a && b", 3, 'write "and"'),
        ("a + 1", 3, "there is no arithmetic"),
        ("upper(a)", 1, 'there is no function "upper"'),
        ("len(a, b)", 1, "len takes 1 values, not 2"),
        ("default(a)", 1, "default takes 2 values, not 1"),
        ("(a", 3, 'expected ")"'),
        ("[1 2]", 4, 'expected ","'),
        ('"abc', 1, "no closing quote"),
        ("{input.x} == 1", 1, "names stand without braces"),
        ("and a", 1, '"and" is not expected here'),
        ("len", 1, '"len" is not expected here'),
        ("a not b", 7, 'expected "in"'),
        ("'\\x'", 1, "cannot be read"),
        ("1e999", 1, "too large"),
        ("5x", 1, "cannot be read"),
        ("a.b.", 4, "cannot be read"),
        ("a.__class__()", 1, "there is no function"),
    ],
)
def test_what_cannot_be_read_says_where(text: str, column: int, message: str) -> None:
    with pytest.raises(ConditionError) as caught:
        Condition.parse(text)
    assert (caught.value.code, caught.value.column) == ("syntax", column)
    assert message in caught.value.message


@pytest.mark.parametrize("text", ["(" * 1_000, "not " * 400 + "a", "[" * 1_000, "a" * 3_000, "a and " * 400 + "b"])
def test_depth_and_length_are_capped(text: str) -> None:
    with pytest.raises(ConditionError):
        Condition.parse(text)


def test_names_are_the_paths_it_uses() -> None:
    assert Condition.parse("a.b[0] > len(c) and default(a.b[0], 1) == 2").names() == ("a.b[0]", "c")


def test_the_explanation_shows_the_values() -> None:
    condition = Condition.parse("total == net and label in ['a'] or missing")
    assert condition.explain(SCOPE) == "total (12.5) == net (10) and label (\"legal\") in ['a'] or missing (missing)"


def test_a_long_value_is_shortened_in_the_explanation() -> None:
    assert len(Condition.parse("a").explain({"a": "x" * 1_000})) < 100


_words = st.sampled_from(
    [
        "a",
        "b.c",
        "and",
        "or",
        "not",
        "in",
        "==",
        "<",
        "(",
        ")",
        "[",
        "]",
        ",",
        "1",
        "'x'",
        "true",
        "null",
        "len(",
        "default(",
        "-",
    ]
)


@given(st.lists(_words, max_size=12).map(" ".join) | st.text(), json_values, json_values)
def test_any_text_is_a_condition_or_a_condition_error(text: str, first: Any, second: Any) -> None:
    scope = {"a": first, "b": {"c": second}}
    with suppress(ConditionError):
        condition = Condition.parse(text)
        condition.explain(scope)
        condition.evaluate(scope)


@given(json_values)
def test_a_value_equals_itself(value: Any) -> None:
    assert Condition.parse("a == b").evaluate({"a": value, "b": value}) is True
