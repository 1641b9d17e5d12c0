"""Amounts of money and numbers."""

import pytest

from .asking import MONEY, NOTHING, amounts, ask


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("€ 1.250,00", "1250.00 EUR"),
        ("USD 12,400.50", "12400.50 USD"),
        ("12 400,50 €", "12400.50 EUR"),
        ("$3.2 million", "3200000.00 USD"),
        ("5 Mio. EUR", "5000000.00 EUR"),
        ("€640k", "640000.00 EUR"),
        ("CHF 1'250.00", "1250.00 CHF"),
        ("1.250 EUR", "1250.00 EUR"),
        ("€0.125", "0.125 EUR"),
        ("-€50.00", "-50.00 EUR"),
        ("90,- EUR", "90.00 EUR"),
        ("Rs. 1,25,000", "125000.00 INR"),
        ("250 euros", "250.00 EUR"),
        ("45p", "0.45 GBP"),
        ("¥5000", "5000 JPY"),
        ("500.000 рублей", "500000.00 RUB"),
        ("٥٠٠ درهم", "500.00 AED"),
        ("3万元", "30000.00 CNY"),
        ("1.234.567,89 EUR", "1234567.89 EUR"),
    ],
)
def test_an_amount_is_read_with_its_currency(written: str, read: str) -> None:
    assert amounts(f"The fee is {written} a year.") == [read]


@pytest.mark.parametrize(
    "text", ["12 items", "page 3 of 4", "3 m of cable", "250 EUROPE", "kr 100", "2026-03-03", "1080p"]
)
def test_a_number_without_a_known_currency_is_no_amount(text: str) -> None:
    assert amounts(text) == []


def test_a_column_gets_its_currency_from_its_heading() -> None:
    table = "| Item | Price (EUR) | Count |\n|---|---|---|\n| Chair | 1.250,00 | 2 |\n| Table | 99,00 | 1 |\n"
    assert amounts(table) == ["1250.00 EUR", "99.00 EUR"]


def test_a_heading_in_two_lines_names_the_currency_too() -> None:
    table = (
        "Team         Budget 2025     Request\n"
        "             (EUR)           (EUR)\n"
        "North        1,480,000       1,561,500\n"
        "South        905,000         1,012,000\n"
    )
    assert amounts(table) == ["1480000.00 EUR", "1561500.00 EUR", "905000.00 EUR", "1012000.00 EUR"]


INVOICE = "Net amount     100,00 EUR\nVAT 19%         19,00 EUR\nAmount due     119,00 EUR\n"


@pytest.mark.parametrize("name", ["total", "amount_due", "total_amount"])
def test_the_total_is_the_sum_so_labelled(name: str) -> None:
    assert ask(INVOICE, name, {"type": "number"}) == 119


def test_the_schema_decides_the_form_of_an_amount() -> None:
    assert ask(INVOICE, "total", MONEY) == {"amount": "119.00", "currency": "EUR"}
    assert ask(INVOICE, "total", {"type": "string"}) == "119,00 EUR"
    exact = {**MONEY, "properties": {"amount": {"type": "number"}, "currency": {"enum": ["EUR", "USD"]}}}
    assert ask(INVOICE, "total", exact) == {"amount": 119, "currency": "EUR"}


def test_an_amount_the_schema_refuses_is_not_bent_to_fit() -> None:
    dollars = {**MONEY, "properties": {"amount": {"type": "string"}, "currency": {"const": "USD"}}}
    assert ask(INVOICE, "total", dollars) is NOTHING


def test_a_plain_number_is_found_by_the_words_around_it() -> None:
    assert ask("Notice period: 30 days", "notice_period", {"type": "integer"}) == 30
    assert ask("There were 14 participants and 3 trainers.", "trainers", {"type": "integer"}) == 3
    assert ask("There were 14 participants.", "trainers", {"type": "integer"}) is NOTHING
