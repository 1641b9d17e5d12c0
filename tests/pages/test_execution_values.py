"""Inputs and outputs on pages: typed, as JSON, as files; escaped, and bounded however large they are."""

import json
import math
import re
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from orchestration.engine.blobs import store_value
from orchestration.models import Blob
from orchestration.selectors.stored_values import MOST_BYTES, Large, read_stored
from orchestration.views.execution.typed import show_fields
from tests.pages.conftest import MakeExecution
from tests.pages.execution_pages import address, complete_task, open_tab, words

pytestmark = pytest.mark.one_database  # words and forms; what lists find is asked of both databases

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=10), inner, max_size=6),
    max_leaves=40,
)
TAG = re.compile(r"</?(?:[a-z]+)(?: (?:class|scope|title|tabindex)=\"[^\"<>]*\")*>")


@given(VALUES)
def test_any_value_can_be_shown_and_only_our_own_markup_gets_out(value: Any) -> None:
    text = str(show_fields(value))
    assert "<" not in TAG.sub("", text)


@given(st.lists(st.dictionaries(st.sampled_from("abc"), SCALARS, min_size=1), min_size=1, max_size=5))
def test_objects_that_have_names_in_common_become_a_table(rows: list[dict[str, Any]]) -> None:
    text = str(show_fields(rows))
    assert "<table" in text or any(isinstance(item, str) and "\n" in item for row in rows for item in row.values())


SHOWN = {
    "none": (None, "none"),
    "truth": (True, "yes"),
    "a number keeps what it is": (2026.50, "2026.5"),
    "an empty text": ("", "empty text"),
    "blanks": ("   ", "3 blanks"),
    "an empty list": ([], "empty list"),
    "an empty object": ({}, "no fields"),
    "a short list": (["fraud", "theft"], "fraud theft"),
    "a sum of money": ({"total": {"amount": 12.5, "currency": "EUR"}}, "total 12.5 EUR"),
    "sums of money": (
        [{"amount": 1, "currency": "EUR"}, {"amount": 2500000, "currency": "GBP"}],
        "1 EUR 2 500 000 GBP",
    ),
    "a small object": ({"at": {"page": 3, "line": None}}, "at page 3, line none"),
    "a long fraction": (0.8965638397965414, "0.8966"),
    "a tiny fraction": (1.5e-9, "1.5e-09"),
    "a large part": ({"body": Large(2_500_000)}, "body 2.5 MB, too large to show along: download it"),
    "an address": ("https://example.com/?a=<b>", "https://example.com/?a=<b>"),
    "an encoded picture": ("data:image/png;base64," + "A" * 900, "encoded data (image/png), 922 B, not shown"),
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_value_reads_like_this(name: str) -> None:
    value, expected = SHOWN[name]
    assert words(str(show_fields(value))) == expected


def test_nothing_in_a_value_is_fetched_or_linked() -> None:
    page = str(show_fields({"a": "https://example.com/x.png", "b": "data:image/png;base64,AAAA", "c": "<img src=x>"}))
    assert not re.search(r"<(img|a|iframe|object|link|script)\b", page)


def test_how_sure_the_model_is_stands_beside_the_field() -> None:
    text = words(str(show_fields({"risk": "high", "_confidence": {"risk": 0.62, "odd": "x"}})))
    assert text == "risk 62 % high"


def test_a_text_is_shown_in_paragraphs_and_a_long_one_folded() -> None:
    assert str(show_fields("one\ntwo\n\nthree")).count('<p class="prose">') == 2
    page = str(show_fields("word " * 1000))
    assert page.startswith('<details class="fold"><summary>word word')
    assert "5 000 characters" in words(page)


@pytest.mark.parametrize(
    "value",
    [
        {f"field_{number}": {"x": [number] * 5} for number in range(20_000)},
        [[[number]] for number in range(50_000)],
        [{"a": number, "b": "x" * 50} for number in range(20_000)],
        json.loads("[" * 90 + "]" * 90),
    ],
    ids=["fields", "items", "rows", "deep"],
)
def test_however_many_parts_there_are_only_so_many_are_written(value: Any) -> None:
    page = str(show_fields(value))
    assert len(page) < 300_000
    assert "see JSON" in page or "empty list" in page


# Stored values --------------------------------------------------------------------------------------------------------


def output_of(make_execution: MakeExecution, output: Any) -> Any:
    """An execution with this output, and the output as stored."""
    execution = make_execution("queued")
    complete_task(execution, "a", store_value(output))
    execution.refresh_from_db()
    assert execution.status == "completed"
    return execution


def test_input_and_output_are_shown_typed_and_as_json(make_execution: MakeExecution, reader: Client) -> None:
    execution = make_execution("completed", input_data={"document": {"pages": 22}})
    typed_page, json_page = open_tab(reader, execution, "data/"), open_tab(reader, execution, "data/?view=json")
    assert "document pages 22" in words(typed_page)
    assert '<span class="j-k">&quot;pages&quot;</span>:' in json_page
    assert '<span class="j-n">22</span>' in json_page


def test_an_execution_that_has_not_completed_has_no_output(make_execution: MakeExecution, reader: Client) -> None:
    assert "It comes when the execution has completed." in words(open_tab(reader, make_execution("running"), "data/"))
    assert "only an execution that completed has an output" in words(
        open_tab(reader, make_execution("failed"), "data/")
    )


def test_a_small_output_stands_below_the_timeline(make_execution: MakeExecution, reader: Client) -> None:
    page = open_tab(reader, output_of(make_execution, {"risk": "high"}))
    assert "a risk high" in words(page)


def test_of_a_value_too_large_to_show_the_beginning_is_shown(make_execution: MakeExecution, reader: Client) -> None:
    execution = output_of(make_execution, {"text": "abc " * 100_000})
    page = open_tab(reader, execution, "tasks/a/")
    assert "It is too large to show: 400 kB of JSON." in words(page)
    assert "{&quot;text&quot;:&quot;abc abc" in page
    assert len(page) < 60_000
    assert "400 kB of JSON: open it on its own tab" in words(open_tab(reader, execution))


def test_of_an_output_with_a_large_part_the_rest_is_shown(make_execution: MakeExecution, reader: Client) -> None:
    execution = output_of(make_execution, {"text": "abc " * 100_000})
    text = words(open_tab(reader, execution, "data/"))
    assert "a 400 kB, too large to show along: download it" in text


def test_what_is_read_of_a_blob_is_bounded(db: None, django_assert_num_queries: Any) -> None:
    stored = store_value({"text": "".join(map(str, range(400_000)))})
    with django_assert_num_queries(1) as queries:
        shown = read_stored(stored)
    assert shown.size == stored["size"]
    assert len(shown.beginning) <= 20_000
    assert "SUBSTR" in queries.captured_queries[0]["sql"].upper()
    assert read_stored(stored, most=10**9).value["text"].startswith("0123")


def test_small_parts_are_loaded_as_long_as_there_is_room(db: None) -> None:
    parts = {name: store_value({"text": name * length}) for name, length in (("a", 90_000), ("b", 150_000), ("c", 5))}
    shown = read_stored(parts, MOST_BYTES)
    assert shown.value["a"] == {"text": "a" * 90_000}
    assert isinstance(shown.value["b"], Large)
    assert shown.value["c"] == {"text": "ccccc"}


def test_a_lost_blob_is_said_to_be_lost(make_execution: MakeExecution, reader: Client) -> None:
    execution = output_of(make_execution, {"text": "abc " * 30_000})
    Blob.objects.all().delete()
    assert "It was kept in a blob that is gone" in words(open_tab(reader, execution, "tasks/a/"))
    answer = reader.get(address(execution, "output.json"))
    assert answer.status_code == 404
    assert "a blob that is gone" in words(answer.content.decode())


# Files ----------------------------------------------------------------------------------------------------------------

ODD = {"nan": math.nan, "mark": {"$blob": "x"}, "nul": "a\x00b", "half": "\ud800", "big": 10**30, "large": 1e300}


def test_a_file_has_the_whole_value(make_execution: MakeExecution, reader: Client) -> None:
    execution = output_of(make_execution, {"text": "abc " * 100_000})
    answer = reader.get(address(execution, "tasks/a/output.json"))
    assert answer["Content-Disposition"] == f'attachment; filename="a-{execution.pk}.json"'
    assert answer["Content-Type"] == "application/json"
    assert json.loads(answer.content) == {"text": "abc " * 100_000}
    assert json.loads(reader.get(address(execution, "output.json")).content)["a"]["text"].startswith("abc")


def test_odd_values_are_json_in_a_file(make_execution: MakeExecution, reader: Client) -> None:
    execution = output_of(make_execution, ODD)

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    found = json.loads(reader.get(address(execution, "tasks/a/output.json")).content, parse_constant=refuse)
    assert found == {**ODD, "nan": None}
    for tab in ("tasks/a/", "tasks/a/?view=json", "data/", "?view=json"):
        open_tab(reader, execution, tab)


@pytest.mark.parametrize("what", ["output.json", "secrets.json", "tasks/a/output.json", "tasks/b/output.json"])
def test_what_is_not_there_is_said_so(what: str, make_execution: MakeExecution, reader: Client) -> None:
    assert reader.get(address(make_execution("running"), what)).status_code == 404


def test_the_version_it_runs_is_shown_as_yaml(make_execution: MakeExecution, reader: Client) -> None:
    page = open_tab(reader, make_execution("completed"), "definition/")
    assert "name: flow" in page
    assert "/pipelines/flow/versions/1/" in page


def test_of_an_endless_definition_the_beginning_is_shown(
    make_execution: MakeExecution, reader: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestration.views.execution.values.MOST_BYTES", 20)
    page = words(open_tab(reader, make_execution("completed"), "definition/"))
    assert "This is how it begins" in page


def test_letters_of_every_script_are_shown_as_they_are() -> None:
    value = {"word": "Ελλάδα 日本 🎉"}
    assert "Ελλάδα 日本 🎉" in show_fields(value)
