"""Labels, tables, headings, titles and lists."""

import pytest

from .asking import NOTHING, TEXT, ask, ask_all


@pytest.mark.parametrize(
    "line",
    [
        "Cost centre: CHE 33",
        "**Cost centre:** CHE 33",
        "- Cost centre: CHE 33",
        "| Cost centre | CHE 33 |",
        "Cost centre ........ CHE 33",
        "Cost centre        CHE 33",
        "Cost centre  : CHE 33",
        "cost centre = CHE 33",
        "Cost centre:\nCHE 33",
        "Region: North        Cost centre:   CHE 33",
    ],
)
def test_a_labelled_value_is_found_in_any_layout(line: str) -> None:
    assert ask(f"Some heading\n\n{line}\n\nThe end.", "cost_centre", TEXT) == "CHE 33"


def test_a_title_in_the_schema_is_a_label_as_good_as_the_name() -> None:
    assert ask("Kostenstelle: CHE 33", "cc", {"type": "string", "title": "Kostenstelle"}) == "CHE 33"


def test_a_label_below_another_in_its_column_is_read_in_its_column() -> None:
    text = "Invoice to:          Deliver to:\nTolland Ltd          Gate 3\n"
    assert ask(text, "deliver_to", TEXT) == "Gate 3"


def test_a_free_form_object_gets_every_label_and_its_value() -> None:
    text = "Status: open\nRoom   4.12\n\nNote: this is a sentence, which says rather more than a value would."
    assert ask(text, "fields", {"type": "object"}) == {"Status": "open", "Room": "4.12"}


def test_a_field_named_like_a_heading_gets_the_text_below() -> None:
    text = "# Incident\n\n## Root cause\n\nThe disk\nwas full.\n\n## Next\n\nBuy disks."
    assert ask(text, "root_cause", TEXT) == "The disk was full."


@pytest.mark.parametrize(
    "text",
    [
        "Attendees: Ann, Bob and Cem",
        "## Attendees\n\n- Ann\n- Bob\n- Cem\n",
        "| Attendee | Room |\n|---|---|\n| Ann | 1 |\n| Bob | 2 |\n| Cem | 3 |",
    ],
)
def test_a_list_is_read_from_a_line_from_bullets_or_from_a_column(text: str) -> None:
    assert ask_all(text, "attendees", TEXT) == ["Ann", "Bob", "Cem"]


def test_rows_of_a_table_become_objects() -> None:
    text = (
        "Item      Qty   Unit price   Total\n"
        "Chair     2     10.00 EUR    20.00 EUR\n"
        "Table     1     99.00 EUR    99.00 EUR\n"
        "Total                        119.00 EUR\n"
    )
    item = {
        "type": "object",
        "properties": {"item": TEXT, "quantity": {"type": "integer"}, "unit_price": {"type": "number"}},
        "required": ["item", "quantity"],
    }
    rows = [{"item": "Chair", "quantity": 2, "unit_price": 10}, {"item": "Table", "quantity": 1, "unit_price": 99}]
    assert ask_all(text, "lines", item) == rows


def test_a_label_of_another_kind_is_no_answer() -> None:
    text = "Invoice date: 1 March 2026\nCustomer e-mail: a@b.example\n"
    assert ask(text, "invoice_number", TEXT) is NOTHING
    assert ask(text, "customer", TEXT) is NOTHING


@pytest.mark.parametrize("head", ["Amount", "Net", "Line total"])
def test_the_usual_columns_are_known_without_their_exact_heading(head: str) -> None:
    text = f"| Work | Days | {head} |\n|---|---|---|\n| Painting | 2 | 10.00 EUR |\n| Cleaning | 1 | 99.00 EUR |\n"
    item = {
        "type": "object",
        "properties": {"description": TEXT, "days": {"type": "integer"}, "amount": {"type": "number"}},
    }
    rows = [{"description": "Painting", "days": 2, "amount": 10}, {"description": "Cleaning", "days": 1, "amount": 99}]
    assert ask_all(text, "lines", item) == rows


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# Lease of premises\n\nText.", "Lease of premises"),
        ("ACME LTD\n1 High Street\n\nINVOICE\n\nDate: 3 March 2026", "INVOICE"),
        ("From: a@b.example\nSubject: Your order\n\nHello", "Your order"),
        ("Dear Ms Grey,\n\nEnd of your tenancy\n\nWe write to say so.", "End of your tenancy"),
        ("Report\n======\n\nText.", "Report"),
    ],
)
def test_the_title_is_the_line_that_titles_the_document(text: str, title: str) -> None:
    assert ask(text, "title", TEXT) == title


def test_the_content_is_the_text_without_its_title_line() -> None:
    assert ask("# Report\n\nFirst.\n\nSecond.\n", "content", TEXT) == "First.\n\nSecond."


@pytest.mark.parametrize(("mark", "value"), [("[x]", True), ("[ ]", False), ("☑", True), ("☐", False)])
def test_a_ticked_box_is_a_boolean(mark: str, value: bool) -> None:
    assert ask(f"{mark} Confidential\n", "is_confidential", {"type": "boolean"}) is value


@pytest.mark.parametrize(
    ("said", "value"), [("yes", True), ("No.", False), ("ja", True), ("nein", False), ("maybe", NOTHING)]
)
def test_a_labelled_yes_or_no_is_a_boolean(said: str, value: object) -> None:
    assert ask(f"Insured: {said}", "insured", {"type": "boolean"}) is value


def test_a_choice_is_a_member_of_the_enum_or_nothing() -> None:
    levels = {"enum": ["low", "high", "very_high"]}
    assert ask("Severity: Very high", "severity", levels) == "very_high"
    assert ask("Severity: unknown", "severity", levels) is NOTHING
    assert ask("The risk is high.", "risk", levels) == "high"
    assert ask("Neither low nor high.", "risk", levels) is NOTHING
