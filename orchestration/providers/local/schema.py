"""A field of the caller's JSON Schema, as far as extraction needs to know it.

Owns following local references, finding the type wanted, and the check of a value. The rules of JSON Schema itself are
`orchestration.definition`'s.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .wording import meaning_words

_MAX_REFERENCES = 20
_TYPES = ("object", "array", "boolean", "integer", "number", "string")


@dataclass(frozen=True)
class Field:
    """One property: what it is called, what it must look like, and the words of its surroundings.

    `context` holds the words of the objects around it: in `vendor.name` the name is a vendor's.
    """

    name: str
    path: str
    schema: Mapping[str, Any]
    root: Mapping[str, Any]
    context: frozenset[str] = frozenset()

    @property
    def type(self) -> str:
        """The first type that is not null; "" when the schema does not say, in words or by its keywords."""
        declared = self.schema.get("type")
        names = [declared] if isinstance(declared, str) else declared if isinstance(declared, list) else []
        for name in names:
            if name in _TYPES:
                return str(name)
        return "object" if "properties" in self.schema else "array" if "items" in self.schema else ""

    @property
    def allows_null(self) -> bool:
        return self.accepts(None)

    @property
    def wordings(self) -> Iterator[frozenset[str]]:
        """The words of the name, then those of the title, each with the words of what is around."""
        for text in (self.name, self.schema.get("title")):
            if isinstance(text, str) and text:
                yield meaning_words(text) | self.context

    def properties(self) -> Iterator["Field"]:
        declared = self.schema.get("properties")
        for name, schema in declared.items() if isinstance(declared, Mapping) else ():
            yield self._inner(str(name), f"{self.path}.{name}" if self.path else str(name), schema, self._own_words())

    def items(self) -> "Field":
        items = self.schema.get("items")
        return self._inner(self.name, self.path, items if isinstance(items, Mapping) else {}, self.context)

    def without_context(self) -> "Field":
        return Field(self.name, self.path, self.schema, self.root)

    def accepts(self, value: Any) -> bool:
        from orchestration.definition import schema_problems

        definitions = {key: self.root[key] for key in ("$defs", "definitions") if key in self.root}
        return not schema_problems(value, {**definitions, **self.schema})

    def _own_words(self) -> frozenset[str]:
        return self.context | (meaning_words(self.name) if self.name else frozenset())

    def _inner(self, name: str, path: str, schema: Any, context: frozenset[str]) -> "Field":
        return Field(name, path, _resolved(schema, self.root), self.root, context)


def root_field(schema: Mapping[str, Any]) -> Field:
    return Field("", "", _resolved(schema, schema), schema)


def _resolved(schema: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without `$ref`, and with the first choice that is not null in place of `anyOf` and `oneOf`."""
    for _ in range(_MAX_REFERENCES):
        if not isinstance(schema, Mapping):
            return {}
        if isinstance(reference := schema.get("$ref"), str):
            rest = {key: value for key, value in schema.items() if key != "$ref"}
            target = _at_pointer(root, reference)
            schema = {**target, **rest} if isinstance(target, Mapping) else rest
            continue
        choice = _first_choice(schema)
        if choice is None:
            return schema
        schema = choice
    return {}


def _first_choice(schema: Mapping[str, Any]) -> Mapping[str, Any] | None:
    for keyword in ("anyOf", "oneOf"):
        choices = schema.get(keyword)
        if isinstance(choices, list) and "type" not in schema:
            chosen = next((c for c in choices if isinstance(c, Mapping) and c.get("type") != "null"), None)
            if chosen is not None:
                rest = {key: value for key, value in schema.items() if key != keyword}
                null = any(isinstance(c, Mapping) and c.get("type") == "null" for c in choices)
                return {**rest, **_nullable(chosen, null)}
    return None


def _nullable(schema: Mapping[str, Any], null: bool) -> Mapping[str, Any]:
    declared = schema.get("type")
    return {**schema, "type": [declared, "null"]} if null and isinstance(declared, str) else schema


def _at_pointer(root: Mapping[str, Any], reference: str) -> Any:
    if not reference.startswith("#"):
        return None  # never fetched
    target: Any = root
    for part in reference[1:].split("/")[1:]:
        part = part.replace("~1", "/").replace("~0", "~")
        if isinstance(target, Mapping):
            target = target.get(part)
        elif isinstance(target, list) and part.isdecimal() and int(part) < len(target):
            target = target[int(part)]
        else:
            return None
    return target
