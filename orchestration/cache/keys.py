"""When two questions are the same question: canonical, type-exact digests. Pure; the same in every process.

A key is made of named parts, whose digests are kept, so that a miss can be explained by the part that differed.
Leaves to `code_version` what the version of a handler's code is, and to `task_results` where the parts come from.

Type-exact means that 1, 1.0, true and "1" are four values, that 0.0 and -0.0 differ, and that the order of keys in a
mapping does not matter. Lists and tuples are the same: both are arrays once they have passed through JSON.
"""

import datetime
import decimal
import hashlib
import struct
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from common.errors import Invalid

SCHEMA: Final = "1"
"""Part of every key: changed when the meaning of keys changes, so that old entries are never found again."""
MAX_DEPTH = 100
PART_DIGITS = 16
"""Hexadecimal digits kept of a part's digest: enough to tell values apart for people, never used to find an entry."""
NAME_LIMIT = 100


class NotCacheable(Invalid):
    """A question or an answer that cannot be kept; the message says which part, and why."""

    code = "not_cacheable"


@dataclass(frozen=True, slots=True)
class CacheKey:
    """What an entry is found by. `parts`: name → digest, in the order in which differences are looked for."""

    digest: str
    """SHA-256 in hex over all parts."""
    parts: Mapping[str, str]


def make_key(parts: Mapping[str, Any]) -> CacheKey:
    """The key of named values; the order of the names does not matter. Raises `NotCacheable` naming the place."""
    digests = {name: digest(value, name) for name, value in parts.items()}
    whole = digest({"schema": SCHEMA, **{f"part.{name}": found for name, found in digests.items()}})
    return CacheKey(whole, {_shown(name): found[:PART_DIGITS] for name, found in digests.items()})


def _shown(name: str) -> str:
    """A part's name for people: names of the input's keys may hold anything."""
    plain = name if name.isprintable() else name.encode("unicode_escape").decode("ascii")
    return plain[:NAME_LIMIT]


def spread(root: str, value: Any) -> dict[str, Any]:
    """A mapping as parts of its own (`input.document`, `input.language`), anything else as one part."""
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        return {root: value}
    return {root: len(value), **{f"{root}.{name}": value[name] for name in sorted(value)}}


def without(value: Any, path: Sequence[str]) -> Any:
    """`value` without what `path` leads to, copied as far as needed; unchanged when it leads nowhere."""
    if not path or not isinstance(value, Mapping) or path[0] not in value:
        return value
    rest = {name: member for name, member in value.items() if name != path[0]}
    return rest if len(path) == 1 else {**rest, path[0]: without(value[path[0]], path[1:])}


def first_difference(parts: Mapping[str, str], earlier: Iterable[Mapping[str, str]]) -> str | None:
    """The first part that differs from the most similar of the earlier questions; None when there are none."""
    candidates = [(_differing(parts, other), at) for at, other in enumerate(earlier)]
    if not candidates:
        return None
    names, _ = min(candidates, key=lambda found: (len(found[0]), found[1]))
    return names[0] if names else None


def _differing(parts: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    """The number of keys in a mapping is a part of its own; it tells nothing when one of the keys is named."""
    names = [*parts, *(name for name in other if name not in parts)]
    differing = [name for name in names if parts.get(name) != other.get(name)]
    return [name for name in differing if not any(each.startswith(f"{name}.") for each in differing)]


def digest(value: Any, place: str = "value") -> str:
    """SHA-256 in hex of a value's canonical form. Raises `NotCacheable` for what has none."""
    found = hashlib.sha256()
    _feed(value, found.update, place, 0)
    return found.hexdigest()


Update = Callable[[bytes], None]

# By exact type: a subclass may compare or print differently, so it has no canonical form.
_SCALARS: Mapping[type, Callable[[Any], bytes]] = {
    type(None): lambda value: b"n",
    bool: lambda value: b"t" if value else b"f",
    int: lambda value: b"i" + format(value, "x").encode(),  # hexadecimal has no limit of digits
    float: lambda value: b"d" + struct.pack(">d", value if value == value else float("nan")),
    str: lambda value: b"s" + value.encode("utf-8", "surrogatepass"),
    bytes: lambda value: b"b" + value,
    decimal.Decimal: lambda value: b"D" + str(value).encode(),
    datetime.datetime: lambda value: b"T" + value.isoformat().encode(),
    datetime.date: lambda value: b"A" + value.isoformat().encode(),
    datetime.time: lambda value: b"C" + value.isoformat().encode(),
    datetime.timedelta: lambda value: b"L" + repr((value.days, value.seconds, value.microseconds)).encode(),
    uuid.UUID: lambda value: b"U" + value.bytes,
}


def _feed(value: Any, update: Update, place: str, depth: int) -> None:
    """Every piece begins with its kind and its length, so that no two values have the same bytes."""
    scalar = _SCALARS.get(type(value))
    if scalar is not None:
        piece = scalar(value)
        update(b"%d:" % len(piece))
        update(piece)
    elif depth > MAX_DEPTH:
        raise NotCacheable(f"{place[:NAME_LIMIT]}: nested more than {MAX_DEPTH} levels deep, or it contains itself")
    elif isinstance(value, Mapping):
        _feed_mapping(value, update, place, depth)
    elif isinstance(value, list | tuple):
        update(b"[%d:" % len(value))
        for index, item in enumerate(value):
            _feed(item, update, f"{place}[{index}]", depth + 1)
    elif isinstance(value, set | frozenset):
        update(b"{%d:" % len(value))
        for found in sorted(digest(item, place) for item in value):
            update(found.encode())
    else:
        raise NotCacheable(
            f"{place[:NAME_LIMIT]}: a value of type {type(value).__qualname__} has no canonical form; "
            "use text, numbers, lists and mappings"
        )


def _feed_mapping(value: Mapping[Any, Any], update: Update, place: str, depth: int) -> None:
    update(b"(%d:" % len(value))
    for key in sorted(value, key=_key_bytes):
        piece = _key_bytes(key)
        update(b"%d:" % len(piece))
        update(piece)
        _feed(value[key], update, f"{place}.{key}", depth + 1)


def _key_bytes(key: Any) -> bytes:
    scalar = _SCALARS.get(type(key))
    if scalar is None:
        raise NotCacheable(f"a mapping has a key of type {type(key).__qualname__}; use text")
    return scalar(key)
