from typing import Any

import pytest

from orchestration.definition import expand_schema, schema_problems
from orchestration.exceptions import InvalidOutput, InvalidParameters
from orchestration.handlers.extraction import wanted
from orchestration.providers.base import UnsupportedOperation
from tests.handlers.running import make_context, run

LETTER = """Notice of Delivery

Invoice number: KB-77120
Date: 16 February 2026
Contact: sales@kestrelbearings.example
Total: £5,588.28

The bearings were dispatched on Friday and are expected in Watchet next week.
"""


def extract(schema: dict[str, Any], text: str = LETTER, **parameters: Any) -> dict[str, Any]:
    return run("extraction", {"schema": schema, **parameters}, {"text": text}, model="local/extract")


def test_fields_stand_at_the_top_level_of_the_output() -> None:
    output = extract({"invoice_number": "string", "date": "date", "email": "string", "total": "money"})
    assert (output["invoice_number"], output["date"]) == ("KB-77120", "2026-02-16")
    assert output["email"] == "sales@kestrelbearings.example"
    assert (output["total"]["amount"], output["total"]["currency"]) == (5588.28, "GBP")


def test_the_output_says_how_sure_it_is_and_what_is_missing() -> None:
    output = extract({"invoice_number": "string", "iban": "string"})
    assert 0 < output["_confidence"]["invoice_number"] <= 1
    assert (output["iban"], output["_missing"], output["_truncated"]) == (None, ["iban"], False)


def test_in_the_short_form_every_field_may_be_missing() -> None:
    schema = {"title": "string", "vendor": {"iban": "string"}, "lines": [{"price": "money"}], "tags": ["string"]}
    output = extract(schema, text="")
    assert output["_missing"] == list(schema)
    assert [output[name] for name in schema if output[name]] == []


def test_json_schema_is_taken_at_its_word_about_fields_that_must_be_there() -> None:
    schema = {
        "type": "object",
        "properties": {"invoice_number": {"type": "string"}, "iban": {"type": "string"}, "swift": {"type": "string"}},
        "required": ["invoice_number", "iban"],
    }
    with pytest.raises(InvalidOutput) as caught:
        extract(schema)
    assert "did not find iban, which the schema requires" in str(caught.value)


def test_json_schema_fields_that_may_be_missing_are_left_out_or_null() -> None:
    schema = {
        "type": "object",
        "properties": {"iban": {"type": "string"}, "swift": {"type": ["string", "null"]}},
    }
    output = extract(schema)
    assert "iban" not in output
    assert output["swift"] is None
    assert output["_missing"] == ["iban", "swift"]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "items": {"type": "string"}},
        {"type": "object"},
        {},
        {"_confidence": "number"},
        {"type": "object", "properties": {"_missing": {"type": "string"}}},
    ],
)
def test_a_schema_that_names_no_usable_fields_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameters, match="schema: "):
        extract(schema)


@pytest.mark.parametrize("text", ["", " \n", "\x00\x00", "a\ud800b Invoice number: X-1\x00", "发票号码 12"])
def test_awkward_texts_are_read(text: str) -> None:
    schema = {"title": "string", "invoice_number": "string", "entities": "list", "content": "string"}
    output = extract(schema, text=text)
    assert schema.keys() <= output.keys()


def test_a_very_long_text_is_read_in_part_and_says_so() -> None:
    context = make_context("local/extract")
    text = LETTER + "The bearings arrived. " * 60_000
    output = run("extraction", {"schema": {"date": "date"}}, {"text": text}, context=context)
    assert (output["date"], output["_truncated"]) == ("2026-02-16", True)
    assert context.usage["characters"] == len(text)


def test_a_model_for_something_else_says_which_can() -> None:
    with pytest.raises(UnsupportedOperation, match='"local/classify" cannot do extraction; use local/extract'):
        run("extraction", {"schema": {"title": "string"}}, {"text": "x"}, model="local/classify")


@pytest.mark.parametrize(
    ("short", "value"),
    [
        ({"title": "string"}, {"title": None}),
        ({"title": "string?"}, {"title": None}),
        ({"total": "money"}, {"total": None}),
        ({"vendor": {"name": "string"}}, {"vendor": None}),
        ({"vendor": {"name": "string"}}, {"vendor": {"name": None}}),
        ({"lines": [{"price": "number"}]}, {"lines": [{"price": None}]}),
        ({"lines": ["string"]}, {"lines": None}),
        ({"anything": "any"}, {"anything": None}),
        ({"kind": {"type": "string", "enum": ["a", "b"]}}, {}),
    ],
)
def test_what_is_wanted_may_be_null_at_every_level(short: dict[str, Any], value: dict[str, Any]) -> None:
    schema = wanted(short)
    assert schema_problems(value, schema) == []
    assert expand_schema(schema) == schema


@pytest.mark.parametrize(
    ("short", "value"),
    [
        ({"title": "string"}, {"title": 3}),
        ({"title": "string"}, {"titel": "x"}),
        ({"lines": ["string"]}, {"lines": [None]}),
        ({"total": "money"}, {"total": {"amount": None, "currency": None}}),
        ({"kind": {"type": "string", "enum": ["a", "b"]}}, {"kind": "c"}),
    ],
)
def test_what_is_there_must_fit(short: dict[str, Any], value: dict[str, Any]) -> None:
    assert schema_problems(value, wanted(short)) != []
