"""Texts nobody wrote with us in mind: empty, huge, broken, in any script, or made to be slow."""

import json
import subprocess
import sys
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.definition import schema_problems
from orchestration.providers import local

from .asking import DATE, MONEY, TEXT, amounts, ask_all

NUMBER, LIST = {"type": "number"}, {"type": "array", "items": TEXT}
ROW = {"type": "object", "properties": {"item": TEXT, "quantity": NUMBER}}
FIELDS: dict[str, dict[str, Any]] = {
    "title": TEXT, "content": TEXT, "summary": {"type": ["string", "null"]}, "keywords": LIST, "language": TEXT,
    "entities": {"type": "array"}, "dates": {"type": "array", "items": DATE}, "due_date": DATE,
    "started": {"type": "string", "format": "date-time"}, "amounts": {"type": "array", "items": MONEY}, "total": NUMBER,
    "price": MONEY, "emails": LIST, "phones": LIST, "website": {"type": "string", "format": "uri"},
    "invoice_number": TEXT, "identifiers": LIST, "organisations": LIST, "people": LIST, "is_final": {"type": "boolean"},
    "customer": {"type": "object", "properties": {"name": TEXT, "email": TEXT}}, "status": {"enum": ["open", 1]},
    "count": {"type": "integer", "minimum": 3}, "fields": {"type": "object"}, "lines": {"type": "array", "items": ROW},
    "code": {"type": "string", "pattern": "^[A-Z]+$"}, "anything": {},
}  # fmt: skip
SCHEMA = {"type": "object", "properties": FIELDS}
CATEGORIES = [
    local.Category("legal"),
    local.Category("financial", "money"),
    local.Category("other", examples=["a b c"]),
]


def run_all(text: str) -> local.Extraction:
    local.classify(text, CATEGORIES)
    local.classify(text, CATEGORIES, multi_label=True)
    local.summarize(text)
    local.keywords(text)
    return local.extract(text, SCHEMA)


# Pieces that the finders look for, in any order, are likelier to confuse them than letters are.
PIECES = st.sampled_from(
    ["Invoice no. ", "Total: ", "€ 1.250,00", "3 March 2026", "03/04/26", "GmbH & Co. KG", "Dr. ",
     "John Smith", "\n", "\n\n", "a@b.example", "| a | b |\n", "|---|---|\n", "# ", "- ", "   ", "\t", ": ",
     "= ", "[x] ", "http://", "+49 30 901820", "tel ", "١٢", "年3月", "有限公司", "ООО «", "\x00", "\ud800",
     "\r\n", "…", ".....", "IBAN ", "DE89 3704", "status open", "e. V.", "Dear "]
)  # fmt: skip
ANY_TEXT = st.text(st.characters(exclude_categories=())) | st.lists(PIECES | st.text(max_size=3), max_size=40).map(
    "".join
)


@settings(max_examples=150, deadline=None)
@given(ANY_TEXT)
def test_no_text_breaks_anything_and_every_answer_fits_its_schema(text: str) -> None:
    extraction = run_all(text)
    assert schema_problems(extraction.value, SCHEMA) == []
    json.dumps(extraction.value).encode()
    json.dumps(extraction.value, ensure_ascii=False).encode()  # no lone surrogate gets through
    spans = [span for listed in extraction.evidence.values() for span in listed]
    assert all(0 <= start <= end <= len(text) for start, end in spans)


@pytest.mark.parametrize("text", ["", " \n\t\r\n ", "\x00\x01\x02", "\ud800\udfff"])
def test_a_text_that_says_nothing_gets_an_empty_answer(text: str) -> None:
    assert local.classify(text, CATEGORIES).label is None
    assert local.keywords(text) == ()
    found = local.extract(text, {"type": "object", "properties": {"entities": LIST, "total": NUMBER}})
    assert found.value == {"entities": []}


def test_one_line_is_its_own_title_content_and_summary() -> None:
    line = "Please call Ada about the March invoice before Friday."
    found = run_all(line).value
    assert (found["title"], found["content"], found["summary"]) == (line, line, line)


def test_control_characters_do_not_hide_what_stands_between_them() -> None:
    assert amounts("Fee:\x00 EUR\x1f12.50\x07") == ["12.50 EUR"]
    assert ask_all("on \ufeff3 March 2026\ud800", "dates", DATE) == ["2026-03-03"]


@pytest.mark.parametrize(
    "text",
    [
        "التاريخ: ١٥ أبريل ٢٠٢٦، المبلغ: ١٢٬٥٠٠ درهم، info@nakheel.example",
        "日期：2026年4月15日，金额 12,500.00 درهم，info@nakheel.example",
        "Дата: 15 апреля 2026 г., сумма 12 500,00 درهم, info@nakheel.example",
        "Ημερομηνία: 15 Απριλίου 2026, ποσό AED 12.500,00, info@nakheel.example",
    ],
)
def test_any_script_gives_its_dates_amounts_and_addresses(text: str) -> None:
    assert ask_all(text, "dates", DATE) == ["2026-04-15"]
    assert amounts(text) == ["12500.00 AED"]
    assert ask_all(text, "emails", TEXT) == ["info@nakheel.example"]


def test_a_very_long_text_is_read_in_part_and_says_so() -> None:
    text = "On 3 March 2026 the parties agreed. The fee is EUR 50.00. " * 360_000
    assert len(text) > 20_000_000
    started = time.process_time()
    extraction = local.extract(
        text, {"type": "object", "properties": {"dates": {"type": "array", "items": DATE}, "title": TEXT}}
    )
    results = (extraction, local.classify(text, CATEGORIES), local.summarize(text))
    assert time.process_time() - started < 20  # seconds of this process; 2 on a slow machine
    assert all(result.truncated for result in results)
    assert extraction.value["dates"] == ["2026-03-03"]


# Each repeats what a pattern begins with; a pattern that backtracks takes many seconds.
TRAPS = {
    "no space": "a", "dots": "A.", "digits": "1", "groups": "1 000 ", "titles": "Dr. ", "legal forms": "A Ltd ",
    "cjk": "合同", "labels": "a: b\n", "headings": "# a\n", "pipes": "|", "blank lines": "\n", "spaces": " ",
    "at signs": "a@", "urls": "http://", "domains": "x@a.", "plus signs": "+1", "days": "3 March ",
    "shapes": "A-", "numbers of": "invoice no ", "quotes": 'ООО "', "boxes": "[x] a b\n", "brackets": "(",
    "names": "John\n", "currency": "USD ", "ranges": "3-", "dashes": "- ", "associations": "Ab Cd e. ",
    "equals": "a = b\n",
}  # fmt: skip


LENGTH, SECONDS = 50_000, 3.0


@pytest.mark.parametrize("piece", TRAPS.values(), ids=TRAPS.keys())
def test_repetition_costs_no_more_than_its_length(piece: str) -> None:
    """A quarter of the length takes a sixteenth of the time where that grows with its square; in doubt, all of it."""
    assert seconds_for(piece, LENGTH // 4) < SECONDS / 16 or seconds_for(piece, LENGTH) < SECONDS


def seconds_for(piece: str, length: int) -> float:
    """Of this process. For the whole length at most 0.5 on a slow machine."""
    text = piece * (length // len(piece))
    started = time.process_time()
    local.classify(text, CATEGORIES)
    local.extract(text, SCHEMA)  # with keywords and a summary
    return time.process_time() - started


def test_importing_the_models_loads_no_library() -> None:
    probe = (
        "import sys; from orchestration.providers import local;"
        "print({'Stemmer', 'sentencex', 'phonenumbers', 'jsonschema', 'django', 'pydantic'} & set(sys.modules))"
    )
    shown = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "set()"
