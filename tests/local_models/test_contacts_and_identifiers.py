"""Addresses, telephone numbers, and the numbers documents go by."""

import pytest

from .asking import TEXT, ask, ask_all


def test_addresses_are_found_without_the_punctuation_around_them() -> None:
    text = "Write to <jane.smith@nordwind-logistik.example>, or see (https://nordwind.example/a?b=1)."
    assert ask_all(text, "emails", TEXT) == ["jane.smith@nordwind-logistik.example"]
    assert ask_all(text, "urls", {"type": "string", "format": "uri"}) == ["https://nordwind.example/a?b=1"]


@pytest.mark.parametrize("text", ["a@b", "@handle", "x@@y.example", "a @ b.example"])
def test_what_only_looks_like_an_address_is_none(text: str) -> None:
    assert ask_all(text, "emails", TEXT) == []


def test_international_telephone_numbers_are_made_uniform_and_national_ones_stay_as_written() -> None:
    assert ask_all("Call +44 20 7946 0958 or +49 (0)30 901820.", "phones", TEXT) == ["+442079460958", "+4930901820"]
    assert ask_all("Tel. 020 7946 0958", "phones", TEXT) == ["020 7946 0958"]
    assert ask_all("Order 020 7946 0958", "phones", TEXT) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Invoice no. 2026/118 is open.", "2026/118"),
        ("Rechnungsnummer: RE-2026-17", "RE-2026-17"),
        ("Facture n° F2026-031", "F2026-031"),
        ("The cause of INC-2041 is known.", "INC-2041"),
        ("Our ref: AB/12/c", "AB/12/c"),
        ("VAT registration GB 000 8861 40", "GB 000 8861 40"),
        ("IBAN: DE89 3704 0044 0532 0130 00.", "DE89 3704 0044 0532 0130 00"),
        ("Policy number    SM-440-98127", "SM-440-98127"),
    ],
)
def test_an_identifier_is_found_by_its_label_or_its_shape(text: str, found: str) -> None:
    assert ask_all(text, "identifiers", TEXT) == [found]


@pytest.mark.parametrize(
    "text", ["ISO-9001 and UTF-8", "SHA-256", "on 2026-03-03", "order 2026", "VAT 8.1 %", "a@x-2041.example"]
)
def test_standards_dates_and_addresses_are_no_identifiers(text: str) -> None:
    assert ask_all(text, "identifiers", TEXT) == []


def test_each_number_answers_to_its_own_name() -> None:
    text = "Invoice number: INV-7\nYour order: PO-118-4402\nCustomer no.  88412\n"
    assert ask(text, "invoice_number", TEXT) == "INV-7"
    assert ask(text, "order_id", TEXT) == "PO-118-4402"
    assert ask(text, "customerNumber", {"type": "integer"}) == 88412
