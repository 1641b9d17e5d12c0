"""Whether what worked with one JSON Schema works with another. Pure.

Of inputs: everything the old schema accepted must still be accepted. Of outputs: everything the new one may return must
have been possible before; fields that come in addition break nobody. Followed through types, fields, items, limits and
enumerations; any other difference counts as breaking, since nothing here can show that it is not.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Schema = Mapping[str, Any] | bool
Found = tuple[str, str]
"""Where, and what."""
WHOLE = "the value"

ANNOTATIONS = frozenset(
    "$comment $id $schema default deprecated description examples readOnly title writeOnly $defs definitions".split()
)
# Keyword → whether a larger value accepts more.
LIMITS = {
    "maximum": True,
    "exclusiveMaximum": True,
    "maxLength": True,
    "maxItems": True,
    "maxProperties": True,
    "minimum": False,
    "exclusiveMinimum": False,
    "minLength": False,
    "minItems": False,
    "minProperties": False,
}
FOLLOWED = {"type", "properties", "required", "additionalProperties", "items", "enum", "const", *LIMITS}
ALL_TYPES = frozenset("array boolean integer null number object string".split())


class Compatibility(StrEnum):
    NONE = "none"
    """Nothing changed that anybody could notice."""
    WIDENING = "widening"
    """More is accepted, or more is returned; what worked works."""
    BREAKING = "breaking"


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """How a schema changed; `notes` say where and what."""

    compatibility: Compatibility
    notes: tuple[str, ...]
    before: Any = None
    after: Any = None


def compare_inputs(before: Schema | None, after: Schema | None) -> SchemaChange:
    """None: there is no schema, and anything goes."""
    old, new = _schema(before), _schema(after)
    breaking = [f"{place}: no longer accepted: {what}" for place, what in _narrower(old, new, "", is_output=False)]
    wider = [f"{place}: accepted now: {what}" for place, what in _narrower(new, old, "", is_output=False)]
    return _change(before, after, breaking, wider)


def compare_outputs(before: Schema | None, after: Schema | None) -> SchemaChange:
    """None: there is no schema, and nothing was promised."""
    old, new = _schema(before), _schema(after)
    breaking = [
        f"{place}: possible now, was not before: {what}" for place, what in _narrower(new, old, "", is_output=True)
    ]
    return _change(before, after, breaking, [])


def _schema(schema: Schema | None) -> Schema:
    return True if schema is None else schema


def _change(before: Schema | None, after: Schema | None, breaking: list[str], wider: list[str]) -> SchemaChange:
    old, new = _schema(before), _schema(after)
    if breaking:
        return SchemaChange(Compatibility.BREAKING, tuple(breaking), before, after)
    if _canonical(_bare(old)) == _canonical(_bare(new)):
        return SchemaChange(Compatibility.NONE, (), before, after)
    fields = [f"{place}: a new field" for place in _new_fields(old, new, "")]
    notes = tuple(dict.fromkeys((*fields, *wider))) or ("different, and nothing that worked breaks",)
    return SchemaChange(Compatibility.WIDENING, notes, before, after)


def _new_fields(old: Schema, new: Schema, place: str) -> Iterator[str]:
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return
    known = old.get("properties", {})
    for name, schema in new.get("properties", {}).items():
        if name in known:
            yield from _new_fields(known[name], schema, _at(place, name))
        else:
            yield _at(place, name)


def _narrower(wide: Schema, narrow: Schema, place: str, *, is_output: bool) -> Iterator[Found]:
    """What `wide` accepts and `narrow` does not. `is_output`: fields that only `wide` names do not count."""
    if narrow is True or narrow == {} or _canonical(_bare(wide)) == _canonical(_bare(narrow)):
        return
    where = place or WHOLE
    if not isinstance(wide, Mapping) or not isinstance(narrow, Mapping):
        if wide is not False:
            yield where, "any value at all"
        return
    if others := _unknown_differences(wide, narrow):
        yield where, f"{', '.join(others)} differs"
        return
    if more := sorted(_types(wide) - _types(narrow)):
        yield where, f"{' or '.join(more)}"
    yield from _narrower_values(wide, narrow, where)
    yield from _narrower_fields(wide, narrow, place, is_output=is_output)
    if "array" in _types(wide) & _types(narrow):
        items = (wide.get("items", True), narrow.get("items", True))
        yield from _narrower(*items, f"{place}[]", is_output=is_output)


def _narrower_values(wide: Mapping[str, Any], narrow: Mapping[str, Any], where: str) -> Iterator[Found]:
    allowed = _listed(narrow)
    if allowed is not None:
        given = _listed(wide)
        if given is None:
            yield where, f"values other than {', '.join(sorted(allowed))[:200]}"
        elif more := sorted(given - allowed):
            yield where, f"{', '.join(more)[:200]}"
    for keyword, is_upper in LIMITS.items():
        limit, given_limit = narrow.get(keyword), wide.get(keyword)
        if limit is None:
            continue
        if given_limit is None or (given_limit > limit if is_upper else given_limit < limit):
            yield where, f"beyond {keyword} {limit}"


def _narrower_fields(
    wide: Mapping[str, Any], narrow: Mapping[str, Any], place: str, *, is_output: bool
) -> Iterator[Found]:
    if "object" not in _types(wide) & _types(narrow):
        return
    given, allowed = wide.get("properties", {}), narrow.get("properties", {})
    for name in sorted(set(narrow.get("required", ())) - set(wide.get("required", ()))):
        yield _at(place, name), "that it is missing"
    for name in (name for name in given if name in allowed):
        yield from _narrower(given[name], allowed[name], _at(place, name), is_output=is_output)
    if is_output:
        return
    rest = narrow.get("additionalProperties", True)
    for name in (name for name in given if name not in allowed):
        yield from _narrower(given[name], rest, _at(place, name), is_output=is_output)
    # A field that `wide` does not name may hold whatever its rest may, if it says so: naming a field that nobody had
    # thought of is no break.
    for name in (name for name in allowed if name not in given and "additionalProperties" in wide):
        yield from _narrower(wide["additionalProperties"], allowed[name], _at(place, name), is_output=False)
    if wide.get("additionalProperties", True) is not False and rest is False:
        yield place or WHOLE, "fields that are not named"


def _unknown_differences(wide: Mapping[str, Any], narrow: Mapping[str, Any]) -> list[str]:
    keys = (set(wide) | set(narrow)) - FOLLOWED - ANNOTATIONS
    # References are not followed: the same one means the same while its definitions are the same.
    if "$ref" in wide or "$ref" in narrow:
        keys |= {"$defs", "definitions"}
    return sorted(key for key in keys if _canonical(wide.get(key)) != _canonical(narrow.get(key)))


def _types(schema: Mapping[str, Any]) -> frozenset[str]:
    given = schema.get("type")
    named = ALL_TYPES if given is None else frozenset([given] if isinstance(given, str) else given)
    return named | {"integer"} if "number" in named else named


def _listed(schema: Mapping[str, Any]) -> frozenset[str] | None:
    if "const" in schema:
        return frozenset({_canonical(schema["const"])})
    return frozenset(map(_canonical, schema["enum"])) if "enum" in schema else None


def _bare(schema: Any) -> Any:
    """Without what only people read."""
    if not isinstance(schema, Mapping):
        return schema
    kept = {key: value for key, value in schema.items() if key not in ANNOTATIONS - {"$defs", "definitions"}}
    for key in ("properties", "$defs", "definitions"):
        if isinstance(kept.get(key), Mapping):
            kept[key] = {name: _bare(part) for name, part in kept[key].items()}
    for key in ("items", "additionalProperties"):
        if key in kept:
            kept[key] = _bare(kept[key])
    return kept


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _at(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name
