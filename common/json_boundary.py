"""The one door between Python values and JSON columns. Pure; reversible; nothing a task returns can break a write.

PostgreSQL's jsonb refuses NUL characters and lone surrogates, JSON has no NaN, and a dict may look like one of our own
marks. Such values are written as marks and come back as they were:

    {"$text": "a\\x00b"}               text with NUL or lone surrogates, in ASCII as Python's `unicode_escape` writes it
    {"$number": "nan"}                nan, inf, -inf, and floats that jsonb would turn into integers (1e+16 and more)
    {"$items": [[key, value], …]}     a dict with such a key, or one that looks like a mark
    {"$blob": digest, "size": n}      a value kept elsewhere (engine.blobs)

What has no JSON form at all (bytes, open files, cycles, too deep) raises `UnstorableValue` naming the place.
"""

import dataclasses
import datetime
import decimal
import enum
import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from common.errors import UnstorableValue

MAX_DEPTH = 100
MAX_INTEGER_DIGITS = 4000  # Python refuses to print integers past 4,300 digits

LARGE_FLOAT = 1e16  # from here on Python writes an exponent, and jsonb's numeric a row of digits

_MARKS = {"$text", "$number", "$items", "$blob"}
_PLAIN = (bool, type(None))

# Types with an obvious JSON form, tried in order.
_CONVERSIONS: tuple[tuple[type | tuple[type, ...], Callable[[Any], object]], ...] = (
    (BaseModel, lambda value: value.model_dump()),
    ((datetime.datetime, datetime.date, datetime.time), lambda value: value.isoformat()),
    (datetime.timedelta, lambda value: value.total_seconds()),
    ((decimal.Decimal, uuid.UUID), str),
    ((set, frozenset), lambda value: sorted(value, key=repr)),
)


def encode(value: object) -> Any:
    """The JSON form of `value`, ready for a JSON column. Raises `UnstorableValue`."""
    return _encode(value, "$", 0)


def decode(value: Any, load_blob: Callable[[str], Any]) -> Any:
    """The value `encode` was given; `load_blob(digest)` brings decoded values that are kept elsewhere."""
    if isinstance(value, list):
        return [decode(item, load_blob) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) <= 2:
        if "$text" in value:
            return value["$text"].encode("ascii").decode("unicode_escape")
        if "$number" in value:
            return float(value["$number"])
        if "$items" in value:
            return {decode(key, load_blob): decode(item, load_blob) for key, item in value["$items"]}
        if "$blob" in value:
            return load_blob(value["$blob"])
    return {key: decode(item, load_blob) for key, item in value.items()}


def dump(encoded: object) -> bytes:
    """Encoded JSON as canonical UTF-8 bytes (for sizes, digests and blobs)."""
    return json.dumps(encoded, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def _encode(value: object, place: str, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise UnstorableValue(f"{place[:80]}…: nested more than {MAX_DEPTH} levels deep (or the value contains itself)")
    if isinstance(value, enum.Enum):  # before text and numbers: it may be one too
        return _encode(value.value, place, depth + 1)
    if isinstance(value, str):
        return _encode_text(str(value))
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, int):
        return _encode_integer(value, place)
    if isinstance(value, float):
        return float(value) if abs(value) < LARGE_FLOAT else {"$number": repr(float(value))}
    if isinstance(value, Mapping):
        return _encode_mapping(value, place, depth)
    if isinstance(value, list | tuple):
        return [_encode(item, f"{place}[{index}]", depth + 1) for index, item in enumerate(value)]
    return _encode(_convert(value, place), place, depth + 1)


def _encode_text(value: str) -> Any:
    if "\x00" not in value:
        try:
            value.encode()
        except UnicodeEncodeError:
            pass  # lone surrogates
        else:
            return value
    # Not as in JSON, where two lone surrogates side by side would come back as one character.
    return {"$text": value.encode("unicode_escape").decode("ascii")}


def _encode_integer(value: int, place: str) -> int:
    if value.bit_length() > MAX_INTEGER_DIGITS * 3:
        raise UnstorableValue(f"{place}: an integer of more than about {MAX_INTEGER_DIGITS} digits")
    return int(value)


def _encode_mapping(value: Mapping[Any, Any], place: str, depth: int) -> Any:
    items = {}
    for key, item in value.items():
        name = _key(key, place)
        if name in items:
            raise UnstorableValue(f"{place}: two keys are both {name!r} as text")
        items[name] = _encode(item, f"{place}.{name}", depth + 1)
    if all(isinstance(_encode_text(name), str) for name in items) and not _MARKS & items.keys():
        return items
    return {"$items": [[_encode_text(name), item] for name, item in items.items()]}


def _key(key: object, place: str) -> str:
    if isinstance(key, enum.Enum):
        return _key(key.value, place)
    if isinstance(key, str):
        return str(key)
    if isinstance(key, int) and not isinstance(key, bool):
        return str(_encode_integer(key, place))
    if key is None or isinstance(key, bool | float):
        return json.dumps(key)
    if isinstance(key, datetime.date | uuid.UUID):
        return str(key)
    raise UnstorableValue(f"{place}: a key of type {type(key).__name__}; use text")


def _convert(value: object, place: str) -> object:
    for types, convert in _CONVERSIONS:
        if isinstance(value, types):
            return convert(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    to_list = getattr(value, "tolist", None)  # NumPy arrays and scalars
    if callable(to_list):
        return to_list()
    if isinstance(value, bytes | bytearray):
        raise UnstorableValue(f"{place}: bytes have no JSON form; decode them to text or encode them as base64")
    raise UnstorableValue(
        f"{place}: a value of type {type(value).__name__} has no JSON form; return dicts, lists, text and numbers"
    )
