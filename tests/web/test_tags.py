"""The tags and filters that pages are made of."""

from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django import forms
from django.template import Context, Template
from django.utils.html import strip_tags
from hypothesis import given
from hypothesis import strategies as st

from web.code import highlight_json
from web.quantities import HARD

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def render(source: str, **context: Any) -> str:
    return Template("{% load web %}" + source).render(Context(context))


def test_an_icon_is_hidden_from_screen_readers() -> None:
    assert render('{% icon "x" "sm" %}') == (
        '<svg class="icon icon--sm" aria-hidden="true"><use href="/static/icons.svg#i-x"/></svg>'
    )


def test_a_state_is_an_icon_and_a_word() -> None:
    html = render("{% state status %}", status="timed_out")
    assert 'data-state="timed_out"' in html
    assert "#i-timed_out" in html
    assert strip_tags(html) == "Timed out"


def test_a_state_may_have_another_word_and_another_icon() -> None:
    html = render('{% state "ok" "Healthy" True %}')
    assert 'class="state pill"' in html
    assert "#i-completed" in html
    assert strip_tags(html) == "Healthy"


def test_what_a_state_says_is_escaped() -> None:
    assert "<b>" not in render("{% state status label %}", status='"><b>', label="<b>")


def test_a_relative_time_tells_the_exact_one_too() -> None:
    html = render("{{ at|ago }}", at=datetime.now(UTC) - timedelta(seconds=130))
    assert "data-ago" in html
    assert 'datetime="20' in html
    assert " UTC" in html
    assert strip_tags(html) == f"2{HARD}min ago"


def test_times_are_shown_in_utc_wherever_they_come_from() -> None:
    at = datetime.fromisoformat("2020-01-02T03:04:05+02:00")
    assert strip_tags(render("{{ at|exact }}", at=at)) == "2 Jan 2020, 01:04:05"


@pytest.mark.parametrize("what", ["ago", "exact", "duration", "span:end", "quantity", "bytes"])
def test_what_is_not_there_is_a_dash(what: str) -> None:
    assert render("{{ nothing|" + what + " }}", nothing=None, end=None) == "–"


def test_what_has_not_ended_is_counted_up_to_now() -> None:
    start = datetime.now(UTC) - timedelta(minutes=2)
    assert render("{{ start|span:end }}", start=start, end=start + timedelta(seconds=5)) == f"5.0{HARD}s"
    assert render("{{ start|span:end }}", start=start, end=None).startswith("2")


@given(json_values)
def test_highlighted_json_is_the_same_json_escaped(value: Any) -> None:
    import json

    html = highlight_json(value)
    assert unescape(strip_spans(html)) == json.dumps(value, indent=2, ensure_ascii=False)
    assert "<" not in strip_spans(html)


def strip_spans(html: str) -> str:
    for tag in ('<span class="j-k">', '<span class="j-s">', '<span class="j-n">', "</span>"):
        html = html.replace(tag, "")
    return html


def test_keys_texts_and_numbers_are_told_apart() -> None:
    html = highlight_json({"a": "b", "n": -1.5e3, "t": True})
    assert '<span class="j-k">&quot;a&quot;</span>: <span class="j-s">&quot;b&quot;</span>' in html
    assert '<span class="j-n">-1500.0</span>' in html
    assert '<span class="j-n">true</span>' in html


class Sample(forms.Form):
    size = forms.IntegerField(help_text="in bytes")


def test_a_field_names_its_errors_and_its_hint() -> None:
    html = render('{% include "components/field.html" with field=form.size %}', form=Sample({"size": "big"}))
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_size_error id_size_helptext"' in html
    assert 'id="id_size_error"' in html
    assert 'id="id_size_helptext"' in html
    assert 'class="input"' in html
