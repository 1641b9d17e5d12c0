"""What `extract` promises of its answer, whatever the document says."""

from typing import Any

import pytest

from orchestration.definition import expand_schema, schema_problems
from orchestration.providers import local

from .asking import NOTHING, TEXT, ask, ask_all

TEXT_OF_ALL = """# Services agreement

Agreement no.: MSA-2026-0147
Supplier: Nordwind GmbH
Contact: Jane Smith, jane@nordwind.example

Signed on 3 March 2026 for a yearly fee of EUR 1,250.00.
"""


def test_the_short_form_of_the_quick_start_is_filled() -> None:
    schema = expand_schema({"title": "string", "content": "string", "entities": "list"})
    found = local.extract(TEXT_OF_ALL, schema).value
    assert found["title"] == "Services agreement"
    assert found["content"].startswith("Agreement no.")
    assert {"Nordwind GmbH", "Jane Smith", "3 March 2026", "EUR 1,250.00", "MSA-2026-0147"} <= set(found["entities"])
    assert schema_problems(found, schema) == []


def test_entities_can_be_objects_with_the_kinds_the_schema_allows() -> None:
    item = {
        "type": "object",
        "properties": {"text": TEXT, "type": {"enum": ["ORG", "PER", "DATE"]}},
        "required": ["text", "type"],
    }
    found = ask_all(TEXT_OF_ALL, "entities", item)
    assert {"text": "Nordwind GmbH", "type": "ORG"} in found
    assert {"text": "Jane Smith", "type": "PER"} in found
    assert {entity["type"] for entity in found} == {"ORG", "PER", "DATE"}


def test_evidence_points_at_the_text_and_confidence_is_a_share() -> None:
    text = "\x00" + TEXT_OF_ALL.replace("\n", "\r\n")
    extraction = local.extract(
        text, {"type": "object", "properties": {"agreement_number": TEXT, "emails": {"type": "array"}}}
    )
    [(start, end)] = extraction.evidence["agreement_number"]
    assert text[start:end] == extraction.value["agreement_number"] == "MSA-2026-0147"
    assert [text[slice(*span)] for span in extraction.evidence["emails"]] == ["jane@nordwind.example"]
    assert all(0 < share <= 1 for share in extraction.confidence.values())


def test_what_is_not_found_is_null_where_permitted_and_else_absent() -> None:
    properties: dict[str, Any] = {
        "a": TEXT,
        "b": {"type": ["string", "null"]},
        "c": {"anyOf": [TEXT, {"type": "null"}]},
    }
    extraction = local.extract(
        "Nothing here.", {"type": "object", "properties": {**properties, "d": {"type": "array"}}}
    )
    assert extraction.value == {"b": None, "c": None, "d": []}
    assert extraction.confidence == {}


def test_nested_objects_are_filled_by_their_own_and_their_parents_words() -> None:
    vendor = {"type": "object", "properties": {"name": TEXT, "email": TEXT}, "required": ["name"]}
    text = "Vendor: Nordwind GmbH\nVendor e-mail: a@nordwind.example\nCustomer e-mail: b@acme.example\n"
    assert ask(text, "vendor", vendor) == {"name": "Nordwind GmbH", "email": "a@nordwind.example"}
    assert ask("No vendor at all.", "vendor", vendor) is NOTHING


def test_a_value_the_schema_refuses_is_passed_over_for_the_next() -> None:
    text = "Order number: X1\nOrder no. 4471-B\n"
    assert ask(text, "order_number", {"type": "string", "pattern": "^[0-9]{4}-[A-Z]$"}) == "4471-B"


def test_references_inside_the_schema_are_followed_and_endless_ones_end() -> None:
    node = {"type": "object", "properties": {"name": TEXT, "child": {"$ref": "#/$defs/node"}}}
    schema = {"type": "object", "properties": {"node": {"$ref": "#/$defs/node"}}, "$defs": {"node": node}}
    found = local.extract("Node: Alpha\n", schema).value
    assert found["node"]["name"] == "Alpha"


@pytest.mark.parametrize("reference", ["https://elsewhere.example/schema.json", "#/$defs/missing", "#/properties/x"])
def test_a_reference_that_leads_nowhere_is_harmless(reference: str) -> None:
    assert ask("x: 1", "x", {"$ref": reference}) in (NOTHING, "1")


def test_a_list_stays_within_the_length_the_schema_allows() -> None:
    text = "1 May 2026, 2 May 2026, 3 May 2026"
    date = {"type": "string", "format": "date"}
    assert ask(text, "dates", {"type": "array", "items": date, "maxItems": 2}) == ["2026-05-01", "2026-05-02"]
    assert ask(text, "dates", {"type": "array", "items": date, "minItems": 4}) is NOTHING


def test_the_same_text_gives_the_same_answer() -> None:
    schema = {
        "type": "object",
        "properties": {"entities": {"type": "array"}, "fields": {"type": "object"}, "summary": TEXT},
    }
    assert local.extract(TEXT_OF_ALL, schema) == local.extract(TEXT_OF_ALL, schema)


def test_instructions_change_nothing() -> None:
    schema = {"type": "object", "properties": {"title": TEXT}}
    assert local.extract(TEXT_OF_ALL, schema, instructions="Answer in French") == local.extract(TEXT_OF_ALL, schema)
