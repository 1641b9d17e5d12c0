"""Dates in text become ISO dates."""

import pytest

from .asking import DATE, NOTHING, ask, ask_all


@pytest.mark.parametrize(
    "written",
    [
        "3 March 2026",
        "3rd of March, 2026",
        "March 3, 2026",
        "March 3rd 2026",
        "Mar. 3, 2026",
        "3-Mar-2026",
        "2026-03-03",
        "2026/03/03",
        "03.03.2026",
        "3. 3. 2026",
        "03.03.26",
        "3. März 2026",
        "le 3 mars 2026",
        "3 de marzo de 2026",
        "3 marca 2026",
        "3 марта 2026 г.",
        "3 Μαρτίου 2026",
        "٣ مارس ٢٠٢٦",
        "2026年3月3日",
        "2026년 3월 3일",
        "3\u00a0March\u00a02026",
    ],
)
def test_a_date_is_found_however_it_is_written(written: str) -> None:
    assert ask_all(f"Signed on {written}, in two copies.", "dates", DATE) == ["2026-03-03"]


@pytest.mark.parametrize(
    "written", ["March 2026", "3 March", "31 April 2026", "30.02.2026", "version 1.2.3", "10:20:30", "3 Foo 2026"]
)
def test_what_is_no_full_date_of_the_calendar_is_left_out(written: str) -> None:
    assert ask_all(f"See {written} for more.", "dates", DATE) == []


def test_both_ends_of_a_range_are_found() -> None:
    assert ask_all("The workshop is on 3–5 March 2026.", "dates", DATE) == ["2026-03-03", "2026-03-05"]


@pytest.mark.parametrize(
    ("shown", "read"),
    [
        ("", "2026-04-03"),  # day first where nothing is shown
        ("Dated March 30, 2026. ", "2026-03-04"),
        ("Dated 30 March 2026. ", "2026-04-03"),
        ("From 03/30/2026. ", "2026-03-04"),
        ("From 30/03/2026. ", "2026-04-03"),
    ],
)
def test_an_ambiguous_date_is_read_as_the_rest_of_the_document_shows(shown: str, read: str) -> None:
    assert ask_all(f"{shown}Delivered 03/04/2026.", "dates", DATE)[-1] == read


def test_a_named_date_is_the_one_its_label_or_sentence_names() -> None:
    text = "Invoice date: 1 March 2026\nDue date: 31 March 2026\n\nThe goods were delivered on 20 February 2026."
    assert ask(text, "due_date", DATE) == "2026-03-31"
    assert ask(text, "invoiceDate", DATE) == "2026-03-01"
    assert ask(text, "delivered_date", DATE) == "2026-02-20"
    assert ask(text, "expiry_date", DATE) is NOTHING


def test_a_moment_keeps_the_time_and_only_the_offset_that_is_written() -> None:
    moment = {"type": "string", "format": "date-time"}
    assert ask("It started at 2026-03-03T10:20:30Z.", "started_at", moment) == "2026-03-03T10:20:30Z"
    assert ask("It ended at 2026-03-03T10:20:30Z.", "started_at", moment) is NOTHING
    assert ask("Started: 3 March 2026 10:20 +01:00", "started", moment) == "2026-03-03T10:20:00+01:00"
