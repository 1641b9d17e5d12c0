"""Tables, headings and the words for a JSON Schema's types, as Markdown."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

TYPES = {"string": "text", "integer": "whole number", "array": "list", "object": "mapping", "boolean": "true or false"}
# (least, most, unit) for what a schema may limit.
RANGES = (("minimum", "maximum", ""), ("minLength", "maxLength", " characters"), ("minItems", "maxItems", " items"))
OPEN_ENDS = (("exclusiveMinimum", "more than {}"), ("exclusiveMaximum", "less than {}"))
UNNAMED_FORMATS = {"float", "double", "int64", "int32"}


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; an empty text when there are no rows."""
    lines = [_row(cells) for cells in rows]
    return "\n".join([_row(head), _row(["---"] * len(head)), *lines]) if lines else ""


def join(*parts: str) -> str:
    """Blocks with an empty line between them; empty ones are left out."""
    return "\n\n".join(part.strip("\n") for part in parts if part.strip())


def anchor(title: str) -> str:
    """The address of a heading within its page, as GitHub makes it."""
    return "".join(c for c in title.lower() if c.isalnum() or c in " -_").replace(" ", "-")


def sentence(text: str) -> str:
    """A docstring or description as one line."""
    return " ".join(text.split())


def code(text: object) -> str:
    return f"`{text}`"


def describe_type(schema: Mapping[str, Any], links: str = "#{}") -> str:
    """What a JSON Schema accepts, in words. `links`: where the schema of a name is described."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return f"[{name}]({links.format(anchor(name))})"
    if "const" in schema:
        return code(_literal(schema["const"]))
    if "enum" in schema:
        return " ".join(code(_literal(value)) for value in schema["enum"] if value not in ("", None))
    for key, word in (("anyOf", " or "), ("oneOf", " or "), ("allOf", " and ")):
        if key in schema:
            return _distinct((describe_type(part, links) for part in schema[key] if not _is_null(part)), word)
    kinds = schema.get("type")
    if isinstance(kinds, list):
        return _distinct((describe_type({**schema, "type": kind}, links) for kind in kinds if kind != "null"), " or ")
    return _describe_kind(str(kinds or "any"), schema, links)


def _describe_kind(kind: str, schema: Mapping[str, Any], links: str) -> str:
    words = TYPES.get(kind, kind)
    if kind == "array" and (items := schema.get("items")):
        words = f"list of {describe_type(items, links)}"
    if kind == "object" and isinstance(values := schema.get("additionalProperties"), Mapping) and values:
        words = f"mapping of names to {describe_type(values, links)}"
    if (form := schema.get("format")) and form not in UNNAMED_FORMATS:
        words += f" ({form})"
    return ", ".join([words, *_limits(schema)])


def _limits(schema: Mapping[str, Any]) -> Iterator[str]:
    """`not empty`, `1 to 200 characters`, `at most 50 items`, `more than 0`."""
    for low, high, unit in RANGES:
        least, most = schema.get(low), schema.get(high)
        if unit and least == 1 and most is None:
            yield "not empty"
        elif least is not None and most is not None:
            yield f"{number(least)} to {number(most)}{unit}"
        elif least is not None or most is not None:
            yield f"at least {number(least)}{unit}" if most is None else f"at most {number(most)}{unit}"
    yield from (words.format(number(schema[key])) for key, words in OPEN_ENDS if key in schema)
    if pattern := schema.get("pattern"):
        yield f"matches `{pattern}`"


def number(value: Any) -> str:
    """`0.5`, `1`, `31,536,000`."""
    return f"{value:,g}" if not float(value).is_integer() else f"{int(value):,}"


def _distinct(words: Iterable[str], between: str) -> str:
    return between.join(dict.fromkeys(words))


def _is_null(schema: Mapping[str, Any]) -> bool:
    return schema.get("type") == "null" or schema.get("enum") == [None]


def _literal(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _row(cells: Sequence[str]) -> str:
    # A bar ends a cell even inside code.
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
