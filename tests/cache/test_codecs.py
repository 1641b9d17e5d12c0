"""Values come back as they were, damage is a miss, and a pickle is nothing before its signature is checked."""

import collections
import datetime
import decimal
import os
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.cache import codecs, entries
from orchestration.cache.codecs import CODECS, Signer
from orchestration.cache.entries import Entry, Origin
from orchestration.cache.exceptions import Undecodable
from orchestration.cache.keys import NotCacheable

SIGNER = Signer((b"a key", b"an older key"))
LARGEST = 1_000_000
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def there_and_back(value: Any, codec: str, *, signer: Signer | None = SIGNER, threshold: int = 1) -> Any:
    if codec == "pickle":
        form, content = codecs.PICKLED, codecs.to_pickle(value, SIGNER)
    else:
        form, content = codecs.to_json(value)
    entry = Entry(form=form, content=content, created_at=1.0, ttl=None, tags={"t": 7}, origin=Origin(task="x"))
    raw = entries.write(entry, codec, threshold)
    read = entries.read(raw, LARGEST)
    assert read == entry
    return read.value(signer)


@pytest.mark.parametrize("codec", CODECS)
@given(value=JSON)
def test_a_value_comes_back_as_it_was(codec: str, value: Any) -> None:
    found = there_and_back(value, codec)
    assert (repr(found), found) == (repr(value), value)


@pytest.mark.parametrize(
    "value", [2**64, -(2**200), 1e300, float("inf"), "a\x00b", "\ud800", {"$text": "x"}, {"$blob": 1}]
)
@pytest.mark.parametrize("codec", CODECS)
def test_awkward_values_come_back_too(codec: str, value: Any) -> None:
    assert there_and_back([value, {"x": value}], codec) == [value, {"x": value}]


@pytest.mark.parametrize("codec", ["gzip", "zstd"])
def test_what_is_large_is_compressed_and_what_is_small_is_not(codec: str) -> None:
    content = b'"' + b"x" * 10_000 + b'"'
    assert len(codecs.compress(codec, content, 1024)[1]) < 500
    assert codecs.compress(codec, b'"x"', 1024) == ("none", b'"x"')
    noise = os.urandom(2_000)
    assert codecs.compress(codec, noise, 1024) == ("none", noise)


@given(position=st.integers(0, 10_000), change=st.integers(1, 255), cut=st.integers(0, 400))
def test_damage_is_never_taken_for_an_entry(position: int, change: int, cut: int) -> None:
    form, content = codecs.to_json({"text": "abc " * 100})
    entry = Entry(form=form, content=content, created_at=1.0, ttl=60.0)
    raw = bytearray(entries.write(entry, "zstd", 1))
    raw[position % len(raw)] ^= change
    for broken in (bytes(raw), bytes(raw[:cut])):
        try:
            read = entries.read(broken, LARGEST)
        except Undecodable:
            continue
        # Only the header has no digest; what it says may differ, the value may not.
        assert read.content == content


def test_an_entry_that_unpacks_to_more_than_it_says_is_refused() -> None:
    bomb = codecs.COMPRESSIONS["zstd"].compress(b"x" * 1_000_000)
    with pytest.raises(Undecodable):
        codecs.expand("zstd", bomb, 10)
    with pytest.raises(Undecodable):
        codecs.expand("gzip", codecs.COMPRESSIONS["gzip"].compress(b"x" * 1_000_000), 10)


def test_an_entry_larger_than_allowed_is_refused() -> None:
    form, content = codecs.to_json("x" * 2_000)
    raw = entries.write(Entry(form=form, content=content, created_at=1.0, ttl=None), "zstd", 1)
    with pytest.raises(Undecodable, match="CACHE_MAX_ENTRY_SIZE"):
        entries.read(raw, 1_000)


def test_a_value_without_a_json_form_is_refused_with_its_place() -> None:
    with pytest.raises(NotCacheable, match=r"\$\.a\[0\]: a value of type object has no JSON form"):
        codecs.to_json({"a": [object()]})


PICKLED = [
    {1, 2},
    (1, 2),
    datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
    decimal.Decimal("1.50"),
    collections.OrderedDict(a=1),
    b"bytes",
]


@pytest.mark.parametrize("value", PICKLED, ids=lambda value: type(value).__name__)
def test_a_pickle_keeps_python_types(value: Any) -> None:
    assert there_and_back(value, "pickle") == value


def test_a_pickle_is_not_read_where_pickles_are_off() -> None:
    with pytest.raises(Undecodable, match="CACHE_ALLOW_PICKLE is off"):
        there_and_back({1}, "pickle", signer=None)


def test_a_pickle_signed_by_another_key_is_not_loaded() -> None:
    with pytest.raises(Undecodable, match="signature"):
        there_and_back({1}, "pickle", signer=Signer((b"somebody else's",)))


def test_an_older_key_still_checks() -> None:
    signed = Signer((b"an older key",)).sign(pickle.dumps({1}))
    assert codecs.from_pickle(signed, SIGNER) == {1}


def test_a_forged_pickle_runs_nothing(tmp_path: Any) -> None:
    class Forged:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(tmp_path / "ran"),)

    content = pickle.dumps(Forged())
    for attempt in (content, SIGNER.sign(content), b"\x00" * 36 + content):
        with pytest.raises(Undecodable):
            codecs.from_pickle(attempt, SIGNER)
    assert not (tmp_path / "ran").exists()


def test_a_type_that_is_not_listed_is_refused_when_it_is_kept() -> None:
    with pytest.raises(NotCacheable, match=r"not on the list of types"):
        codecs.to_pickle(pytest.approx(1.0), SIGNER)
