"""JSON Schema in definitions: the short form for people, and how the two are told apart (`common.json_schema` checks).

The short form is a mapping of field names to types: `{"title": "string", "total": "money?", "tags": ["string"]}`.
What is JSON Schema (draft 2020-12) already passes through. `is_json_schema` has the rule that tells them apart.
"""

import json
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from jsonschema import Draft202012Validator

from common.json_schema import MANY, NAMED, ONE, schema_faults
from common.wording import Path, closest, label, quoted, show

SHORT_TYPES: dict[str, dict[str, Any]] = {
    "string": {"type": "string"},
    "number": {"type": "number"},
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "list": {"type": "array"},
    "object": {"type": "object"},
    "date": {"type": "string", "format": "date"},
    "money": {
        "type": "object",
        "properties": {"amount": {"type": "number"}, "currency": {"type": ["string", "null"]}},
        "required": ["amount", "currency"],
        "additionalProperties": False,
    },
    "any": {},
}
_OTHER_WORDS = {
    **dict.fromkeys(("str", "text", "varchar"), "string"),
    **dict.fromkeys(("int", "long"), "integer"),
    **dict.fromkeys(("float", "decimal", "double"), "number"),
    **dict.fromkeys(("bool",), "boolean"),
    **dict.fromkeys(("array", "tuple", "set"), "list"),
    **dict.fromkeys(("dict", "map", "mapping"), "object"),
    **dict.fromkeys(("datetime", "day"), "date"),
    **dict.fromkeys(("amount", "price", "currency"), "money"),
}

_JSON_TYPES = frozenset({"string", "number", "integer", "boolean", "array", "object", "null"})
_KEYWORDS = frozenset(Draft202012Validator.VALIDATORS) | {*ONE, *MANY, *NAMED}
_KEYWORDS |= {"title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "format"}
_KEYWORDS |= {"contentEncoding", "contentMediaType", "then", "else", "minContains", "maxContains"}


class SchemaError(ValueError):
    """A schema that cannot be used: `problems` has (path in the schema, message) for each fault."""

    def __init__(self, problems: list[tuple[Path, str]]) -> None:
        self.problems = tuple(problems)
        super().__init__(problems)

    def __str__(self) -> str:
        return "; ".join(f"{label(path)}: {text}" if path else text for path, text in self.problems)


def expand_schema(schema: Any) -> dict[str, Any]:
    """The JSON Schema for a schema in the short form, or a JSON Schema itself, checked. SchemaError otherwise.

    Fields of the short form are required unless their type ends in `?` (then they may be absent or null); other fields
    are not allowed.
    """
    if not isinstance(schema, Mapping):
        raise SchemaError([((), f"must be a mapping of field names to types, or a JSON Schema, not {show(schema)}")])
    problems: list[tuple[Path, str]] = []
    expanded = _expand_mapping(schema, (), problems)
    if problems:
        raise SchemaError(problems)
    return expanded


def is_json_schema(schema: Mapping[str, Any]) -> bool:
    """Whether a mapping is JSON Schema rather than the short form.

    It is when it has a key that starts with `$`; or when all its keys are JSON Schema keywords and it has `type:
    object` (or a list of types), a JSON type as its only key, a `type` beside something that is not a type word,
    or, without `type`, a mapping of `properties` or a list of `enum`, `anyOf`, `oneOf` or `allOf`.
    """
    if any(key.startswith("$") for key in schema):
        return True
    if not schema or not _KEYWORDS.issuperset(schema):
        return False
    kind = schema.get("type")
    if isinstance(kind, list) or kind == "object":
        return True
    if isinstance(kind, str) and kind in _JSON_TYPES:
        return len(schema) == 1 or "format" in schema or not all(_is_type_word(value) for value in schema.values())
    return isinstance(schema.get("properties"), Mapping) or any(
        isinstance(schema.get(key), list) and len(schema) >= 1 for key in ("enum", "anyOf", "oneOf", "allOf")
    )


def _is_type_word(value: Any) -> bool:
    return isinstance(value, str) and value.removesuffix("?") in SHORT_TYPES


def _expand_mapping(schema: Mapping[str, Any], path: Path, problems: list[tuple[Path, str]]) -> dict[str, Any]:
    if is_json_schema(schema):
        problems += [((*path, *at), text) for at, text in _faults(schema, is_part=bool(path))]
        return dict(schema)
    required = [name for name, kind in schema.items() if not (isinstance(kind, str) and kind.endswith("?"))]
    properties = {name: _expand(kind, (*path, name), problems) for name, kind in schema.items()}
    expanded: dict[str, Any] = {"type": "object", "properties": properties}
    return {**expanded, **({"required": required} if required else {}), "additionalProperties": False}


def _expand(kind: Any, path: Path, problems: list[tuple[Path, str]]) -> dict[str, Any]:
    if isinstance(kind, Mapping):
        return _expand_mapping(kind, path, problems)
    if isinstance(kind, list) and len(kind) <= 1:
        return {"type": "array", **({"items": _expand(kind[0], (*path, 0), problems)} if kind else {})}
    if not isinstance(kind, str):
        problems.append((path, f"a field's type is a word, [a type] or a mapping of fields, not {show(kind)}"))
        return {}
    word = kind.removesuffix("?")
    if word not in SHORT_TYPES:
        problems.append((path, _unknown_type(word)))
        return {}
    found = deepcopy(SHORT_TYPES[word])
    return {**found, "type": [found["type"], "null"]} if kind != word and "type" in found else found


def _unknown_type(word: str) -> str:
    near = _OTHER_WORDS.get(word.lower()) or closest(word, SHORT_TYPES)
    hint = f' (did you mean "{near}"?)' if near else ""
    return f"unknown type {quoted(word)}{hint}; the types are {', '.join(SHORT_TYPES)}"


def _faults(schema: Mapping[str, Any], *, is_part: bool) -> tuple[tuple[Path, str], ...]:
    """What is wrong with a JSON Schema, or with one inside the short form."""
    if is_part and '"$ref"' in json.dumps(schema):
        return ((("$ref",), "a part of the short form cannot refer elsewhere; write the whole schema as JSON Schema"),)
    return schema_faults(schema)
