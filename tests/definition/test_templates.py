"""Placeholders: what is one, what it becomes, and that results are never read again."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.definition import TemplateError, references, render
from orchestration.definition.templates import escape
from tests.definition.sources import json_values, text

SCOPE = {
    "input": {"document": {"content": "text", "pages": [1, 2]}, "n": 3, "empty": None, "odd key": "odd", "flag": True},
    "global": {"tone": "plain"},
    "draft_output": {"text": "hello {input.n}", "items": [{"title": "first"}]},
}


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{input.n}", 3),
        ("{input.document}", {"content": "text", "pages": [1, 2]}),
        ("{input}", SCOPE["input"]),
        ("{input.document.pages[1]}", 2),
        ('{input["odd key"]}', "odd"),
        ("{draft_output.items[0].title}", "first"),
        ("n is {input.n}, {input.flag}, {input.empty}", "n is 3, true, null"),
        ("{input.document}!", '{"content":"text","pages":[1,2]}!'),
        ("{global.tone}{global.tone}", "plainplain"),
        ('{input.missing | default("none")}', "none"),
        ('{input.missing|default({"a": ["}"]})}', {"a": ["}"]}),
        ("{input.missing | default(null)}", None),
        ("{input.n | default(5)}", 3),
        ("{nowhere_output.x | default(0)}", 0),
        ({"{input.n}": ["{input.n}", 5, None]}, {"{input.n}": [3, 5, None]}),
    ],
)  # fmt: skip
def test_a_placeholder_is_filled_in(template: Any, value: Any) -> None:
    assert render(template, SCOPE) == value


@pytest.mark.parametrize(
    "text",
    ["{}", "{ input.n }", '{"a": 1}', '{"a": {"b": [1]}}',
     "{draft}", "{x}", "{0[1]}", "{a b}", "${HOME}", "{% if x %}", "{{x}}",
     "{a.}", "{a.b", "a.b}", "{a..b}", "{a.b()}", "{input.x[-1]}", "{input.x[a]}", "\\d{3}", "{a.b!r}",
     "{a.b:>5}", "{{", "}}"],
)  # fmt: skip
def test_other_braces_are_plain_text(text: str) -> None:
    assert render(text, SCOPE) == text
    assert references(text) == ()


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{{input.n}}", "{input.n}"),
        ("{{{input.n}}}", "{3}"),
        ("{{{{input.n}}}}", "{{input.n}}"),
        ('{"n": {input.n}}', '{"n": 3}'),
        ('{"a":{{input.n}}}', '{"a":{input.n}}'),
        ("{{input.n}", "{3"),
        ("{{user.name}}", "{user.name}"),
    ],
)
def test_doubled_braces_escape_a_placeholder(template: str, value: str) -> None:
    assert render(template, SCOPE) == value


@given(text | st.text(alphabet='{}.| ()["]abinput_0'))
def test_any_text_can_be_written(wanted: str) -> None:
    assert render(escape(wanted), {}) == wanted
    assert references(escape(wanted)) == ()


@given(text | st.sampled_from(["{input.v}", "{{input.v}}", "{global.x}"]), st.text(alphabet="{}. ab"))
def test_results_are_never_scanned_again(value: str, around: str) -> None:
    assert render("{input.v}", {"input": {"v": value}}) == value
    assert render(f"{escape(around)}~{{input.v}}~", {"input": {"v": value}}) == f"{around}~{value}~"


@given(json_values)
def test_a_placeholder_alone_keeps_the_value_and_in_text_is_compact_json(value: Any) -> None:
    scope = {"input": {"v": value}}
    assert render("{input.v}", scope) == value
    if not isinstance(value, str):
        assert json.loads(render("{input.v} ", scope)) == value


def test_keys_come_in_the_order_of_the_alphabet_as_databases_keep_no_order() -> None:
    assert render("Rewrite: {a_output}", {"a_output": {"zeta": 1, "al": {"y": 2, "x": 3}}}) == (
        'Rewrite: {"al":{"x":3,"y":2},"zeta":1}'
    )


@given(text | st.text(alphabet='{}.|()["]0adefilntu_ '))
def test_rendering_any_text_gives_a_value_or_a_template_error(template: str) -> None:
    with suppress(TemplateError):
        render(template, SCOPE)


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{input.m}", 'input has no key "m"; it has: document, n, empty, odd key, flag'),
        ("{input.document.pages[2]}", "input.document.pages has no item [2]; it has 2 items"),
        ("{input.n.x}", "input.n is number, not a mapping, so .x leads nowhere"),
        ("{input.n[0]}", "input.n is number, not a list, so [0] leads nowhere"),
        ("{input.document.content[0]}", "input.document.content is text, not a list"),
        ("{final_output}", "there is no final_output here; known: draft_output, global, input"),
        ("{input.document.__class__}", 'input.document has no key "__class__"'),
    ],
)
def test_a_placeholder_that_leads_nowhere_says_what_is_there(template: str, message: str) -> None:
    with pytest.raises(TemplateError) as caught:
        render(f"a {template}", SCOPE)
    assert message in str(caught.value)
    assert caught.value.code == "unresolved_reference"
    assert caught.value.reference == template[1:-1]


def test_a_value_that_is_not_json_cannot_go_into_text() -> None:
    with pytest.raises(TemplateError, match="cannot be put into text"):
        render("a {input.v}", {"input": {"v": {1}}})


def test_references_are_found_with_their_places() -> None:
    found = references({"a/b": ["{x_output.y[0]}", {"c": '{input.z | default("q")} {global.g}'}]})
    assert [(r.root, r.path, r.pointer, r.default, r.task) for r in found] == [
        ("x_output", ("y", 0), "/a~1b/0", None, "x"),
        ("input", ("z",), "/a~1b/1/c", "q", None),
        ("global", ("g",), "/a~1b/1/c", None, None),
    ]


@pytest.mark.parametrize("template", ["{input.n | upper}", "{input.n | default(x)}", "{input.n | default}"])
def test_a_filter_that_cannot_be_read_is_an_error_not_text(template: str) -> None:
    with pytest.raises(TemplateError) as caught:
        render(template, SCOPE)
    assert caught.value.code == "bad_reference"
