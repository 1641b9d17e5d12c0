"""Reading YAML, JSON and Python values: what becomes of scalars, and the caps."""

import json
import time
from itertools import pairwise
from typing import Any

import pytest
import yaml
from hypothesis import given

from orchestration.definition import Pipeline, yaml_text
from orchestration.definition.parse import read_source
from orchestration.definition.problems import Report
from tests.definition.sources import json_values


def read(source: Any, written_as: Any = "yaml") -> tuple[Any, list[str]]:
    report = Report()
    return read_source(source, written_as, report), [problem.code for problem in report.problems]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no", "no"), ("on", "on"), ("Yes", "Yes"), ("2024-01-02", "2024-01-02"), ("1_000", "1_000"),
        ("12:30", "12:30"), ("true", True), ("False", False), ("~", None), ("", None), ("null", None), ("0o17", 15),
        ("0x1F", 31),
        ("017", 17), ("+1", 1), ("-0", 0), ("1.", 1.0), (".5", 0.5), ("1e3", 1000.0), ("1.0.0", "1.0.0"), ("'1'", "1"),
        ("=", "="), ("0b1", "0b1"), ("|-\n  a\n  b", "a\nb"), (">-\n  a\n  b", "a b"), ('"\\u00e9"', "é"),
    ],
)  # fmt: skip
def test_scalars_follow_yaml_1_2(written: str, value: object) -> None:
    found, problems = read(f"k: {written}\n")
    assert found["k"] == value
    assert type(found["k"]) is type(value)
    assert problems == []


def test_without_libyaml_the_result_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    source = "a: &x [1, no, {b: 0o17}]\nc: *x\n"
    fast = read(source)
    monkeypatch.setattr(yaml_text, "_Loader", yaml.SafeLoader)
    assert read(source) == fast == ({"a": [1, "no", {"b": 15}], "c": [1, "no", {"b": 15}]}, [])


@given(json_values)
def test_json_is_read_as_the_standard_library_reads_it(value: Any) -> None:
    assert read(json.dumps([value]), "json") == ([value], [])
    assert read(json.dumps([value], indent=2, ensure_ascii=False), "json") == ([value], [])


@pytest.mark.parametrize(
    "source",
    ["", "[1,]", "{,}", '{"a"}', '{"a":}', "[1 2]", "{'a': 1}", "[01]", "[1.]", "[.5]", "[+1]", "nul", '"a', '"\n"',
     "[1]]", "[NaN]", "[-Infinity]", '["\\x"]', "[1", '{"a": 1', "[1_0]", "[1x]"],
)  # fmt: skip
def test_what_is_not_json_is_a_problem(source: str) -> None:
    assert read(source, "json")[1] in (["json_syntax"], ["empty"])


def test_duplicate_keys_of_json_name_both_places() -> None:
    [problem] = [p for p in Pipeline.check('{"name": "p",\n "name": "q"}').problems if p.code == "duplicate_key"]
    assert problem.message == "name: the key is given twice: first at line 1, column 2, again at line 2, column 2"


def test_json_that_is_only_yaml_is_read_as_yaml() -> None:
    assert read("{a: [1, 2,]}", "auto") == ({"a": [1, 2]}, [])


def test_a_byte_order_mark_is_skipped() -> None:
    assert read(b"\xef\xbb\xbfa: 1") == read("\ufeffa: 1") == ({"a": 1}, [])


def test_nested_aliases_are_refused_before_they_unfold() -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{key}: &{key} [{','.join([f'*{earlier}'] * 9)}]\n" for earlier, key in pairwise("abcdefgh")
    )
    assert len(bomb) < 310
    start = time.perf_counter()
    assert read(bomb)[1] == ["too_many_nodes"]
    assert time.perf_counter() - start < 10


DEEP_ALIASES = "k0: &a0 [1]\n" + "".join(f"k{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 70))
MEGABYTE = 1_000_000


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("a: &a [*a]", "bad_alias"),
        (DEEP_ALIASES, "too_deep"),
        ("[" * MEGABYTE, "too_deep"),
        ("- " * (MEGABYTE // 2), "too_deep"),
        ("? " * (MEGABYTE // 2), "key_not_text"),
        ("a: [" + "1," * 110_000 + "]", "too_many_nodes"),
        ("#" * (MEGABYTE + 1), "too_large"),
        ("é" * 600_000, "too_large"),
        ("[a, b]: c", "key_not_text"),
        ("&x a: 1\n*x : 2", "key_not_text"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_passes_a_cap_is_refused_at_once(source: str, code: str) -> None:
    start = time.perf_counter()
    assert read(source)[1] == [code]
    assert time.perf_counter() - start < 30


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("[" * MEGABYTE, "too_deep"),
        ("[" + "1," * 110_000 + "1]", "too_many_nodes"),
        ('"' + "a" * MEGABYTE, "too_large"),
    ],
    ids=["deep", "nodes", "large"],
)
def test_json_has_the_same_caps(source: str, code: str) -> None:
    assert read(source, "json")[1] == [code]


def test_python_values_have_the_same_caps() -> None:
    deep: list[Any] = []
    for _ in range(60):
        deep = [deep]
    assert read(deep)[1] == ["too_deep"]
    assert read([0] * 100_000)[1] == ["too_many_nodes"]
    assert read(["a" * 600_000, "b" * 600_000])[1] == ["too_large"]


def test_a_tab_in_the_indentation_gets_a_hint() -> None:
    [problem] = Pipeline.check("name: p\n\ttasks: []").problems
    assert "indent with spaces, not tabs" in problem.message
