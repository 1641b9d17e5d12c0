"""The door between Python values and JSON columns: reversible, and nothing a task returns can break a write."""

import dataclasses
import datetime
import decimal
import enum
import uuid
from collections import OrderedDict
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from common import json_boundary
from common.errors import UnstorableValue
from orchestration.engine.blobs import load_value, store_value
from orchestration.engine.outcomes import Completed
from orchestration.engine.store import record
from orchestration.models import TaskRun
from tests.engine import flow

texts = st.text(st.characters(), max_size=12) | st.text(st.sampled_from('a\x00\ud800\udc00\\"{}é'), max_size=6)
keys = texts | st.sampled_from(["$text", "$number", "$items", "$blob", "size"])
scalars = st.none() | st.booleans() | st.integers(-(2**80), 2**80) | st.floats(allow_nan=False) | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=20
)


def no_blob(digest: str) -> Any:
    raise AssertionError("no value here is a blob")


def through(value: object) -> Any:
    return json_boundary.decode(json_boundary.encode(value), no_blob)


@given(values)
@example("\ud800\udc00")
@example({"$blob": "x", "size": 1})
@example({"$items": [["a", 1]]})
@example("\\u0000")
@example({"\x00": {"\ud800": "\x00"}})
def test_what_is_decoded_is_what_was_encoded(value: Any) -> None:
    assert through(value) == value


@given(values)
def test_what_is_encoded_is_json_any_database_accepts(value: Any) -> None:
    text = json_boundary.dump(json_boundary.encode(value)).decode()  # no lone surrogates, or this fails
    assert "\x00" not in text
    assert "\\u0000" not in text.replace("\\\\", "")
    assert "NaN" not in text or "NaN" in repr(value)


def test_nan_and_infinities_come_back() -> None:
    nan, *infinite = through([float("nan"), float("inf"), float("-inf")])
    assert nan != nan
    assert infinite == [float("inf"), float("-inf")]


class Colour(enum.Enum):
    RED = "red"


class TextColour(str, enum.Enum):  # noqa: UP042  # what users still write
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


@dataclasses.dataclass
class Point:
    x: int
    label: str


class Answer(BaseModel):
    text: str
    sure: float


CONVERTED: dict[str, tuple[object, object]] = {
    "tuple": ((1, "a"), [1, "a"]),
    "set": ({"b", "a"}, ["a", "b"]),
    "enum": (Colour.RED, "red"),
    "text enum": (TextColour.RED, "red"),
    "text enum as a key": ({TextColour.RED: 1}, {"red": 1}),
    "integer enum": (Level.HIGH, 3),
    "datetime": (datetime.datetime(2026, 1, 2, 3, 4, tzinfo=datetime.UTC), "2026-01-02T03:04:00+00:00"),
    "date": (datetime.date(2026, 1, 2), "2026-01-02"),
    "duration": (datetime.timedelta(minutes=1), 60.0),
    "decimal": (decimal.Decimal("1.10"), "1.10"),
    "uuid": (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    "dataclass": (Point(1, "p\x00"), {"x": 1, "label": "p\x00"}),
    "pydantic model": (Answer(text="yes", sure=0.5), {"text": "yes", "sure": 0.5}),
    "other mapping": (OrderedDict(a=1), {"a": 1}),
    "keys not text": ({2: "a", None: "b", True: "c", .5: "d"}, {"2": "a", "null": "b", "true": "c", "0.5": "d"}),
}  # fmt: skip


@pytest.mark.parametrize("kind", CONVERTED)
def test_values_with_an_obvious_json_form_take_it(kind: str) -> None:
    value, expected = CONVERTED[kind]
    assert through(value) == expected


def _cycle() -> object:
    inner: list[object] = []
    inner.append(inner)
    return inner


UNSTORABLE: dict[str, tuple[object, str]] = {
    "bytes": ({"a": [b"x"]}, r"\$\.a\[0\]: bytes have no JSON form; decode them"),
    "object": ({"a": object()}, r"\$\.a: a value of type object has no JSON form"),
    "cycle": (_cycle(), r"nested more than 100 levels deep \(or the value contains itself\)"),
    "long integer": ([10**5000], r"\$\[0\]: an integer of more than about 4000 digits"),
    "long integer as a key": ({10**5000: 1}, r"\$: "),
    "keys alike as text": ({1: "a", "1": "b"}, r"\$: two keys are both '1' as text"),
    "odd key": ({(1, 2): "a"}, r"\$: a key of type tuple; use text"),
    "function": (print, "has no JSON form"),
}


@pytest.mark.parametrize("kind", UNSTORABLE)
def test_a_value_without_a_json_form_is_refused_with_its_place(kind: str) -> None:
    value, message = UNSTORABLE[kind]
    with pytest.raises(UnstorableValue, match=message):
        json_boundary.encode(value)


def test_the_deepest_value_allowed_can_be_stored_and_read() -> None:
    value: Any = "\x00"
    for _ in range(json_boundary.MAX_DEPTH):
        value = {"$text": value}  # the form that takes most levels in the database
    assert through(value) == value


# In the database ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values)
@example([1e22, 1e23, 1e308, 5e-324, -0.0, 2**64, 10**300])
def test_the_database_gives_back_what_was_stored(db: None, value: Any) -> None:
    execution = _one_execution()
    TaskRun.objects.filter(execution=execution).update(output=store_value({"value": value}))
    assert load_value(flow.row(execution).output) == {"value": value}


def _one_execution() -> Any:
    from orchestration.models import Execution

    return Execution.objects.first() or flow.start()


@pytest.mark.django_db
def test_a_completion_with_every_awkward_value_is_recorded_and_read_back() -> None:
    execution = flow.start()
    who = flow.claimant()
    value = {"nul": "a\x00b", "surrogate": "a\ud800b", "nan": [float("inf")], "\x00": {"$text": None}, "deep": [[[]]]}
    record(flow.take(who), Completed(store_value(value)), who, take_next=False)
    assert load_value(flow.row(execution).output) == value
    assert load_value(flow.reload(execution).output) == {"a": value}
