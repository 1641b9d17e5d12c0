"""A JSON Schema as fields for people: which there are, of which kind, and what may stand in them.

Pure: a JSON Schema in, frozen dataclasses out. Values and texts are `values`', the form is the page's. What no simple
field can hold (alternatives, anything) becomes a field for JSON; so do lists of objects, unless the page asks for
`rows`, groups that people add and remove.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import quote

from web.schema_form.pointers import pointer_to

Kind = Literal["text", "long_text", "integer", "number", "checkbox", "choice", "date", "lines", "json", "group", "rows"]
Schema = Mapping[str, Any]
Path = tuple[str | int, ...]

MAX_FIELDS = 200
MAX_DEPTH = 4
MAX_CHOICES = 200
SHORT_TEXT = 200  # characters that a field of one line is for

_SCALARS = ("string", "integer", "number", "boolean")
_TYPE_WORDS = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}


@dataclass(frozen=True, slots=True)
class Choice:
    """`key` is what the form sends: the value as JSON."""

    key: str
    label: str
    value: Any


@dataclass(frozen=True, slots=True)
class InputField:
    """One field, or a group of them. `item` says what a line of `lines` holds, or is the group that `rows` repeat."""

    path: Path
    kind: Kind
    label: str
    type_words: str
    is_required: bool = False
    is_nullable: bool = False
    description: str = ""
    limits: str = ""
    """Such as "1 to 10" or "at most 200 characters"."""
    default: Any = None
    has_default: bool = False
    choices: tuple[Choice, ...] = ()
    item: "InputField | None" = None
    fields: "tuple[InputField, ...]" = ()

    @property
    def takes(self) -> str:
        """Its type in words, null included."""
        return f"{self.type_words} or null" if self.is_nullable else self.type_words

    @property
    def pointer(self) -> str:
        """RFC 6901, into the input."""
        return pointer_to(self.path)

    @property
    def name(self) -> str:
        """Of the HTML control, and its id: plain characters only, whatever the field is called."""
        return "input" + quote(self.pointer, safe="/~")

    @property
    def depth(self) -> int:
        return len(self.path) - 1

    def at(self, path: Path) -> "InputField":
        """The same field in another place, such as the row with another number."""
        fields = tuple(inner.at((*path, *inner.path[len(self.path) :])) for inner in self.fields)
        item = self.item and self.item.at((*path, *self.item.path[len(self.path) :]))
        return replace(self, path=path, fields=fields, item=item)

    def walk(self) -> "Iterator[InputField]":
        """Itself, and all fields inside, in order."""
        yield self
        for field in self.fields:
            yield from field.walk()


def input_fields(schema: Schema | None, *, with_rows: bool = False) -> tuple[InputField, ...] | None:
    """The fields of an expanded schema; None when only JSON can say what it asks for.

    `with_rows`: lists of objects are `rows`, for a form that lets people add and remove them.
    """
    if schema is None:
        return None
    root = _Part.read(schema, schema, with_rows)
    if root.type != "object" or root.is_nullable or not root.properties:
        return None
    fields = tuple(_fields(root, (), in_optional=False))
    count = sum(1 for field in fields for _ in field.walk())
    return fields if count <= MAX_FIELDS else None


@dataclass(frozen=True, slots=True)
class _Part:
    """A schema with what says the same in other words taken away: `$ref`, `allOf` of one, alternatives to null."""

    schema: Schema
    root: Schema
    type: str
    """"" when it may be of several types."""
    is_nullable: bool
    with_rows: bool = False

    @classmethod
    def read(cls, schema: Any, root: Schema, with_rows: bool = False) -> "_Part":
        is_nullable = False
        schema = schema if isinstance(schema, Mapping) else {}
        for _ in range(10):  # a chain of references may be a circle
            rest, more, null = _unwrap(schema, root)
            is_nullable = is_nullable or null
            if more is None:
                break
            schema = {**more, **rest}
        else:
            schema = {}
        kinds = schema.get("type")
        if isinstance(kinds, list) and "null" in kinds and len(kinds) == 2:
            kinds, is_nullable = next(kind for kind in kinds if kind != "null"), True
        return cls(schema, root, kinds if isinstance(kinds, str) else "", is_nullable, with_rows)

    def inside(self, schema: Any) -> "_Part":
        """A schema inside of this one."""
        return _Part.read(schema, self.root, self.with_rows)

    @property
    def properties(self) -> Mapping[str, Any]:
        found = self.schema.get("properties")
        return found if isinstance(found, Mapping) else {}

    @property
    def enum(self) -> list[Any] | None:
        if "const" in self.schema:
            return [self.schema["const"]]
        found = self.schema.get("enum")
        return found if isinstance(found, list) and 0 < len(found) <= MAX_CHOICES else None

    @property
    def is_simple(self) -> bool:
        """Whether its `type` says all that matters for the kind of field."""
        return not any(key in self.schema for key in ("$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "not", "if"))

    def text(self, key: str) -> str:
        found = self.schema.get(key)
        return found.strip() if isinstance(found, str) else ""

    def number(self, key: str) -> float | None:
        found = self.schema.get(key)
        return found if isinstance(found, int | float) and not isinstance(found, bool) else None


def _unwrap(schema: Schema, root: Schema) -> tuple[Schema, Schema | None, bool]:
    """(what else it says, the schema inside or None, whether null is an alternative)."""
    target = schema.get("$ref")
    if isinstance(target, str):
        return _without(schema, "$ref"), _look_up(root, target), False
    for word in ("allOf", "anyOf", "oneOf"):
        members = schema.get(word)
        if isinstance(members, list) and all(isinstance(member, Mapping) for member in members):
            others = [member for member in members if member != {"type": "null"}]
            null = word != "allOf" and len(others) < len(members)
            if len(others) == 1 and (null or len(members) == 1):
                return _without(schema, word), others[0], null
    return schema, None, False


def _without(schema: Schema, key: str) -> Schema:
    return {name: value for name, value in schema.items() if name != key}


def _look_up(root: Schema, target: str) -> Schema | None:
    found: Any = root
    for step in target.removeprefix("#").split("/")[1:] if target.startswith("#") else ["?"]:
        step = step.replace("~1", "/").replace("~0", "~")
        found = found.get(step) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {"not": {}} if found is not None else None


def _fields(part: _Part, path: Path, *, in_optional: bool) -> Iterator[InputField]:
    required = part.schema.get("required")
    needed = set(required) if isinstance(required, list) else set()
    for name, schema in part.properties.items():
        yield _field((*path, name), part.inside(schema), name in needed, in_optional=in_optional)


def _field(path: Path, part: _Part, is_required: bool, *, in_optional: bool) -> InputField:
    kind = _kind(part, len(path), is_certain=is_required and not part.is_nullable and not in_optional)
    is_optional = in_optional or not is_required or part.is_nullable
    return InputField(
        path=path,
        kind=kind,
        label=part.text("title") or str(path[-1]),
        type_words=_type_words(part),
        is_required=is_required,
        is_nullable=part.is_nullable,
        description=part.text("description"),
        limits=", ".join(_limits(part)),
        default=part.schema.get("default"),
        has_default="default" in part.schema,
        choices=tuple(_choices(part)) if kind == "choice" else (),
        item=_item(path, part) if kind == "lines" else _row(path, part) if kind == "rows" else None,
        fields=tuple(_fields(part, path, in_optional=is_optional)) if kind == "group" else (),
    )


def _kind(part: _Part, depth: int, *, is_certain: bool) -> Kind:
    """A box to tick has no "not given", so it is only for what is certain to be given."""
    if part.enum is not None:
        return "choice"
    if not part.is_simple:
        return "json"
    if part.type == "string":
        return _text_kind(part)
    if part.type == "boolean":
        return "checkbox" if is_certain else "choice"
    if part.type == "array":
        return _list_kind(part, depth)
    if part.type == "object" and part.properties and depth <= MAX_DEPTH:
        return "group"
    return "integer" if part.type == "integer" else "number" if part.type == "number" else "json"


def _list_kind(part: _Part, depth: int) -> Kind:
    if _item_kind(part) is not None:
        return "lines"
    item = part.inside(part.schema.get("items"))
    is_group = item.type == "object" and item.properties and item.is_simple and not item.is_nullable
    return "rows" if part.with_rows and is_group and "prefixItems" not in part.schema and depth <= MAX_DEPTH else "json"


def _text_kind(part: _Part) -> Kind:
    """Of one line only what is short for certain: a field of one line would take line breaks out of a text."""
    if part.schema.get("format") == "date":
        return "date"
    longest = part.number("maxLength")
    is_short = part.schema.get("format") in ("email", "uuid", "ipv4", "ipv6", "date-time", "time", "uri", "hostname")
    return "text" if is_short or (longest is not None and longest <= SHORT_TEXT) else "long_text"


def _item_kind(part: _Part) -> Kind | None:
    if "prefixItems" in part.schema or "items" not in part.schema:
        return None
    item = part.inside(part.schema["items"])
    if item.is_nullable or not item.is_simple:
        return None
    if item.enum is not None:
        return "choice" if all(_is_one_line(value) for value in item.enum) else None
    if item.type in ("string", "integer", "number"):
        return "text" if item.type == "string" else "integer" if item.type == "integer" else "number"
    return "choice" if item.type == "boolean" else None


def _is_one_line(value: Any) -> bool:
    return isinstance(value, bool | int | float) or (
        isinstance(value, str) and value.strip() != "" and value == value.strip() and "\n" not in value
    )


def _item(path: Path, part: _Part) -> InputField:
    item = part.inside(part.schema["items"])
    kind = _item_kind(part) or "text"
    choices = tuple(_choices(item)) if kind == "choice" else ()
    return InputField((*path, 0), kind, "", _type_words(item), is_required=True, choices=choices)


def _row(path: Path, part: _Part) -> InputField:
    """What each object of a list consists of, as the row with the number 0."""
    item = part.inside(part.schema["items"])
    label = item.text("title") or part.text("title") or str(path[-1])
    return replace(_field((*path, 0), item, True, in_optional=False), label=label)


def _choices(part: _Part) -> Iterator[Choice]:
    if part.enum is None:
        yield from (Choice("true", "true", True), Choice("false", "false", False))
        return
    for value in part.enum:
        key = json.dumps(value)
        yield Choice(key, value if isinstance(value, str) and value.strip() else key, value)


def _type_words(part: _Part) -> str:
    if part.enum is not None:
        shown = [choice.label for choice in _choices(part)]
        return ("one of " if len(shown) > 1 else "") + ", ".join(shown[:8]) + (", …" if len(shown) > 8 else "")
    if not part.is_simple:
        return "one of several forms"
    if part.type == "string" and part.schema.get("format") == "date":
        return "date"
    if part.type == "array":
        item = part.inside(part.schema.get("items"))
        plural = {"string": "texts", "integer": "whole numbers", "number": "numbers", "object": "objects"}
        return "list of " + plural[item.type] if item.type in plural and item.enum is None else "list"
    return _TYPE_WORDS.get(part.type, "object" if part.type == "object" else "anything")


def _limits(part: _Part) -> Iterator[str]:
    low, high = part.number("minimum"), part.number("maximum")
    if low is not None and high is not None:
        yield f"{low:g} to {high:g}"
    elif low is not None or high is not None:
        yield f"at least {low:g}" if low is not None else f"at most {high:g}"
    for key, words in (
        ("exclusiveMinimum", "more than {:g}"),
        ("exclusiveMaximum", "less than {:g}"),
        ("multipleOf", "a multiple of {:g}"),
        ("minLength", "at least {:g} characters"),
        ("maxLength", "at most {:g} characters"),
        ("minItems", "at least {:g} items"),
        ("maxItems", "at most {:g} items"),
    ):
        if (number := part.number(key)) is not None:
            yield words.format(number)
    if pattern := part.text("pattern"):
        yield f"pattern {pattern}"
    if (form := part.text("format")) and form != "date":
        yield form
    examples = part.schema.get("examples")
    if isinstance(examples, list) and examples:
        yield f"for example {_shortly(examples[0])}"


def _shortly(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:59] + "…"
