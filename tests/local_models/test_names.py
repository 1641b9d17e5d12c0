"""Names of organisations and people, by the documented signs."""

import pytest

from .asking import NOTHING, TEXT, ask, ask_all


def organisations(text: str) -> list[str]:
    return ask_all(text, "organisations", TEXT)


def people(text: str) -> list[str]:
    return ask_all(text, "people", TEXT)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("made between Nordwind Logistik GmbH & Co. KG and others", "Nordwind Logistik GmbH & Co. KG"),
        ("signed by Acme Widgets, Inc., a corporation", "Acme Widgets, Inc."),
        ("Smith and Sons Ltd delivered late", "Smith and Sons Ltd"),
        ("the University of Leeds agreed", "University of Leeds"),
        ("Im Auftrag der Deutsche Brücken AG", "Deutsche Brücken AG"),
        ("par la société Vauquelin SARL", "Vauquelin SARL"),
        ("Paid from Bluewater Bank today", "Bluewater Bank"),
        ("Supplier: Greenleaf Foods", "Greenleaf Foods"),
        ("Bright Water will call; mail@brightwater.com", "Bright Water"),
        ("договор с ООО «Ромашка» подписан", "ООО «Ромашка»"),
        ("合同：北京科技有限公司", "北京科技有限公司"),
    ],
)
def test_an_organisation_is_found_by_its_form_its_label_or_its_domain(text: str, name: str) -> None:
    assert organisations(text) == [name]


@pytest.mark.parametrize("text", ["The Company shall pay.", "20 kg of gravel", "a working group", "as an aside", "Ltd"])
def test_words_that_are_only_like_a_legal_form_name_nobody(text: str) -> None:
    assert organisations(text) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("represented by Dr. Jane O'Neil today", "Jane O'Neil"),
        ("Priya Raman opened the meeting", "Priya Raman"),
        ("then John F. Kennedy spoke", "John F. Kennedy"),
        ("a letter of Maria van der Berg", "Maria van der Berg"),
        ("Zsofi Keller, Head of Finance, agreed", "Zsofi Keller"),
        ("Owner: Xylia Quarrington", "Xylia Quarrington"),
        ("vertreten durch Herrn Müller", "Müller"),
    ],
)
def test_a_person_is_found_by_title_given_name_role_or_label(text: str, name: str) -> None:
    assert people(text) == [name]


@pytest.mark.parametrize(
    "text", ["Master Services Agreement", "Owner: Payments Team", "Data Protection Officer", "Grace Period"]
)
def test_capitalised_words_are_not_people_for_that_alone(text: str) -> None:
    assert people(text) == []


def test_a_column_of_people_is_read_as_people() -> None:
    table = "| Action | Owner |\n|---|---|\n| Replace sensor | Joris Wuyts |\n| Call carrier | Noor Abdelmassih |\n"
    assert people(table) == ["Joris Wuyts", "Noor Abdelmassih"]


def test_roles_single_out_a_name() -> None:
    text = "Supplier: Nordwind GmbH\nCustomer: Acme Ltd, Leeds\nPrepared by: Jane Smith, Finance\n"
    assert ask(text, "customer", TEXT) == "Acme Ltd"
    assert ask(text, "vendor_name", TEXT) == "Nordwind GmbH"
    assert ask(text, "author", TEXT) == "Jane Smith"
    assert ask(text, "insurer", TEXT) is NOTHING


def test_an_invoice_comes_from_the_organisation_at_its_head() -> None:
    letterhead = "Kestrel Bearings Ltd\nUnit 22, Anvil Way\n\n"
    billed = "Bill to: Tolland Paper Ltd\n"
    assert ask(f"{letterhead}INVOICE 77\n\n{billed}", "vendor", TEXT) == "Kestrel Bearings Ltd"
    assert ask(f"{letterhead}Dear sirs,\n\n{billed}", "vendor", TEXT) is NOTHING
