"""When two questions are the same: type-exact, stable across processes, explained by the part that differs."""

import datetime
import decimal
import json
import os
import subprocess
import sys
import uuid
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.cache.keys import NotCacheable, digest, first_difference, make_key, spread, without
from tests.processes import ROOT

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)

LOOKALIKES = [
    None,
    False,
    True,
    0,
    1,
    0.0,
    -0.0,
    1.0,
    "",
    "1",
    "None",
    b"1",
    [],
    [1],
    ["1"],
    [[1]],
    {},
    {"1": 1},
    {1: 1},
    {"1": None},
    set(),
    {1},
    decimal.Decimal(1),
    decimal.Decimal("1.0"),
    datetime.date(2026, 1, 1),
    datetime.datetime(2026, 1, 1),  # noqa: DTZ001 - naive is another value than UTC
    datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
    "2026-01-01",
    datetime.timedelta(seconds=1),
    uuid.UUID(int=1),
    str(uuid.UUID(int=1)),
    ["a", "b"],
    ["ab"],
    ["a", ["b"]],
    [["a"], "b"],
    {"a": {"b": 1}},
    {"a": {}, "b": 1},
]


def _exact(value: Any) -> Any:
    """A value with its types, comparable by `==`."""
    if isinstance(value, dict):
        return ("dict", sorted((name, _exact(member)) for name, member in value.items()))
    if isinstance(value, list):
        return ("list", [_exact(item) for item in value])
    return (type(value).__name__, repr(value))


def test_values_that_only_look_alike_have_different_keys() -> None:
    for one, other in combinations(LOOKALIKES, 2):
        assert digest(one) != digest(other), (one, other)


@given(VALUES, VALUES)
def test_two_values_have_one_digest_exactly_when_they_are_the_same(one: Any, other: Any) -> None:
    assert (digest(one) == digest(other)) == (repr(_exact(one)) == repr(_exact(other)))


@given(st.dictionaries(st.text(), SCALARS))
def test_the_order_of_keys_does_not_matter(mapping: dict[str, Any]) -> None:
    assert digest(mapping) == digest(dict(reversed(mapping.items())))


@given(VALUES)
def test_json_there_and_back_keeps_the_key(value: Any) -> None:
    try:
        read = json.loads(json.dumps(value))
    except (TypeError, ValueError):
        return
    assert digest(read) == digest(value)


def test_keys_are_the_same_in_every_process() -> None:
    program = (
        "from orchestration.cache.keys import make_key;"
        "print(make_key({'a': {'x': {1, 2, 'three'}, 'y': [1, 1.0, True, 'ü\\ud800']}, 'b': None}).digest)"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4711")
    }
    assert found == {make_key({"a": {"x": {1, 2, "three"}, "y": [1, 1.0, True, "ü\ud800"]}, "b": None}).digest + "\n"}


class Text(str):
    """Prints as another."""


@pytest.mark.parametrize("value", [object(), Text("x"), len, type, iter([]), [[{"deep": object()}]], {(1, 2): 3}])
def test_what_has_no_canonical_form_is_refused_and_named(value: Any) -> None:
    with pytest.raises(NotCacheable, match=r"canonical form|mapping has a key"):
        digest(value)


def test_the_place_of_what_cannot_be_hashed_is_said() -> None:
    with pytest.raises(NotCacheable, match=r"^input\.file\[1\]\.handle: a value of type object"):
        make_key({"input.file": [1, {"handle": object()}]})


def test_a_value_that_contains_itself_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(NotCacheable, match="contains itself"):
        digest(endless)


def test_a_miss_is_explained_by_the_part_that_differs_from_the_nearest_question() -> None:
    def parts(**values: Any) -> Any:
        return make_key({"type": "x", "model": "m", **spread("input", values)}).parts

    earlier = [parts(a=1, b=2, c=3), parts(a=9, b=9, c=9)]
    assert first_difference(parts(a=1, b=2, c=4), earlier) == "input.c"
    assert first_difference(parts(a=1, b=2), earlier) == "input.c"
    assert first_difference(parts(a=1, b=2, c=3, d=4), earlier) == "input.d"
    assert first_difference(parts(a=1, b=2, c=3), []) is None


def test_parts_are_named_printably_whatever_the_keys_of_the_input_hold() -> None:
    assert list(make_key({"input.a\x00b\ud800": 1}).parts) == ["input.a\\x00b\\ud800"]


@given(VALUES, st.lists(st.text(), max_size=3))
def test_ignoring_a_path_leaves_the_rest_as_it_was(value: Any, path: list[str]) -> None:
    before = digest(value)
    without(value, path)
    assert digest(value) == before


def test_an_ignored_path_is_left_out() -> None:
    value = {"a": {"b": 1, "c": 2}, "d": 3}
    assert without(value, ["a", "b"]) == {"a": {"c": 2}, "d": 3}
    assert without(value, ["d"]) == {"a": {"b": 1, "c": 2}}
    assert without(value, ["x", "y"]) == value
    assert without([1], ["a"]) == [1]
