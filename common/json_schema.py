"""JSON Schema (draft 2020-12): what is wrong with a schema, and how a value does not fit one. Fetches nothing.

Patterns run on google-re2, in linear time, and references are counted: schemas come from users, values from people and
models.
"""

import json
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextvars import ContextVar
from functools import lru_cache
from itertools import islice
from typing import Any

import jsonschema
import re2
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.validators import extend
from referencing import Registry, Resource
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from common.wording import Path, pointer_to, printable, quoted, show

MAX_PROBLEMS = 100
MAX_REFERENCES = 200_000  # `$ref`s followed in one validation; a few of them can ask for exponential work
MAX_MESSAGE = 300
MAX_PATTERN = 2_000
MAX_KEPT = 20_000  # characters of a checked schema that is remembered

# Keywords that hold a schema, a list of schemas, schemas by name.
ONE = (
    *("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames"),
    *("unevaluatedProperties", "unevaluatedItems", "contentSchema"),
)
MANY = ("allOf", "anyOf", "oneOf", "prefixItems")
NAMED = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_FORMATS = FormatChecker(formats=("date", "email", "ipv4", "ipv6", "uuid"))


def schema_faults(schema: Mapping[str, Any]) -> tuple[tuple[Path, str], ...]:
    """(path in the schema, message) for each fault of a JSON Schema; at most 100."""
    # Checking costs milliseconds, and the same schema is checked again and again; long ones are not kept.
    text = json.dumps(schema)
    return (_faults_of_short if len(text) <= MAX_KEPT else _faults)(text)


def _faults(schema_text: str) -> tuple[tuple[Path, str], ...]:
    schema = json.loads(schema_text)
    if str(schema.get("$schema", _DIALECT)).rstrip("#") != _DIALECT:
        return ((("$schema",), f'only draft 2020-12 is supported; leave "$schema" out or write "{_DIALECT}"'),)
    try:
        errors = islice(_META.iter_errors(schema), MAX_PROBLEMS)
        faults = [(tuple(error.absolute_path), _message(error)) for error in errors]
    except RecursionError:
        faults = [((), "the schema is nested too deeply")]
    return tuple(faults or _own_faults(schema))


_faults_of_short = lru_cache(maxsize=512)(_faults)
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_META = Draft202012Validator(Draft202012Validator.META_SCHEMA)


def _own_faults(schema: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """What the metaschema cannot see: references that leave the schema or lead nowhere, patterns re2 cannot run."""
    resolver = Registry().resolver_with_root(Resource.from_contents(schema, default_specification=DRAFT202012))
    keywords: set[str] = set()
    for path, part in _subschemas(schema, ()):
        keywords.update(part)
        for word in ("$ref", "$dynamicRef"):
            target = part.get(word)
            if isinstance(target, str) and (fault := _reference_fault(target, resolver)):
                yield (*path, word), fault
        patterns = [((*path, "pattern"), part["pattern"])] if "pattern" in part else []
        patterns += [((*path, "patternProperties", key), key) for key in part.get("patternProperties", {})]
        for place, pattern in patterns:
            if fault := pattern_fault(pattern):
                yield place, fault
    if {"patternProperties", "unevaluatedProperties"} <= keywords:
        yield (), "patternProperties and unevaluatedProperties cannot be used together; write additionalProperties"


def _reference_fault(target: str, resolver: Any) -> str | None:
    if not target.startswith("#"):
        return f'$ref "{target[:80]}" leaves the schema; only references to "#…" are followed'
    try:
        resolver.lookup(target)
    except Unresolvable:
        return f'$ref "{target[:80]}" leads nowhere'
    return None


def _subschemas(schema: Any, path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    if not isinstance(schema, dict):
        return
    yield path, schema
    for key in ONE:
        yield from _subschemas(schema.get(key), (*path, key))
    for key in MANY:
        for index, member in enumerate(schema.get(key, ())):
            yield from _subschemas(member, (*path, key, index))
    for key in NAMED:
        for name, member in schema.get(key, {}).items():
            yield from _subschemas(member, (*path, key, name))


_RE2_OPTIONS = re2.Options()
_RE2_OPTIONS.log_errors = False
_RE2_OPTIONS.max_mem = 1 << 20  # bytes for one pattern; a few hundred are kept compiled


@lru_cache(maxsize=256)
def compile_pattern(pattern: str) -> Any:
    """A user's pattern on google-re2, which runs in linear time. ValueError saying what is wrong with it."""
    if len(pattern) > MAX_PATTERN:
        raise ValueError(f"the pattern {quoted(pattern)} has more than {MAX_PATTERN:,} characters")
    try:
        return re2.compile(printable(pattern), _RE2_OPTIONS)
    except re2.error as error:
        reason = error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else str(error)
        unsupported = "; look-around and back-references are not supported" if "(?" in reason or "\\" in reason else ""
        raise ValueError(f"the pattern {quoted(pattern)} cannot be used: {reason}{unsupported}") from error


def pattern_fault(pattern: str) -> str | None:
    try:
        compile_pattern(pattern)
    except ValueError as error:
        return str(error)
    return None


def pattern_matches(pattern: str, text: str) -> bool:
    """Whether the pattern is found anywhere in the text."""
    return compile_pattern(pattern).search(printable(text)) is not None


def schema_problems(instance: Any, schema: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(JSON pointer, message) for each way in which a value does not fit a JSON Schema; at most 100.

    Fetches nothing.
    """
    _references_left.set([MAX_REFERENCES])
    validator = _Validator(dict(schema), registry=Registry(), format_checker=_FORMATS)
    try:
        errors = list(islice(validator.iter_errors(instance), MAX_PROBLEMS))
    except RecursionError:
        return [("", "the schema refers to itself without end, or the value is nested too deeply")]
    except (Unresolvable, _TooManyReferences, ValueError) as error:
        return [("", f"the schema cannot be used: {error}")]
    return [(pointer_to(tuple(error.absolute_path)), _message(error)) for error in errors]


class _TooManyReferences(Exception):
    pass


_references_left: ContextVar[list[int]] = ContextVar("references_left")


def _counted(keyword: str) -> Callable[..., Iterator[Any]]:
    follow = Draft202012Validator.VALIDATORS[keyword]

    def check(validator: Any, target: Any, instance: Any, schema: Any) -> Iterator[Any]:
        left = _references_left.get()
        left[0] -= 1
        if left[0] < 0:
            raise _TooManyReferences(f"it follows more than {MAX_REFERENCES:,} references")
        yield from follow(validator, target, instance, schema) or ()

    return check


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[Any]:
    if isinstance(instance, str) and not pattern_matches(pattern, instance):
        yield jsonschema.ValidationError(f"{show(instance)} does not match the pattern {quoted(pattern)}")


def _pattern_properties(validator: Any, patterns: Mapping[str, Any], instance: Any, schema: Any) -> Iterator[Any]:
    if isinstance(instance, dict):
        for pattern, part in patterns.items():
            for key in [key for key in instance if pattern_matches(pattern, key)]:
                yield from validator.descend(instance[key], part, path=key, schema_path=pattern)


def _additional_properties(validator: Any, allowed: Any, instance: Any, schema: Mapping[str, Any]) -> Iterator[Any]:
    if not isinstance(instance, dict):
        return
    named, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    extra = [key for key in instance if key not in named and not any(pattern_matches(p, key) for p in patterns)]
    for key in extra:
        if isinstance(allowed, dict):
            yield from validator.descend(instance[key], allowed, path=key)
        elif not allowed:
            known = ", ".join(list(named)[:20]) or "none"
            yield jsonschema.ValidationError(f"{quoted(key)} is not a field of the schema; its fields: {known}")


def _unique_items(validator: Any, wanted: bool, instance: Any, schema: Any) -> Iterator[Any]:
    """In one pass: the library compares each item with each other, which takes minutes for thousands of objects."""
    if not wanted or not isinstance(instance, list):
        return
    seen: dict[Hashable, int] = {}
    for index, item in enumerate(instance):
        first = seen.setdefault(_hashable(item), index)
        if first != index:
            yield jsonschema.ValidationError(f"the items {first} and {index} are the same; each has to be unique")
            return


def _hashable(value: Any) -> Hashable:
    """Equal for what JSON Schema calls equal: 1 and 1.0 are, 1 and true are not, the order of keys does not matter."""
    if isinstance(value, list):
        return ("list", *map(_hashable, value))
    if isinstance(value, dict):
        return frozenset((key, _hashable(item)) for key, item in value.items())
    return (isinstance(value, bool), value)


_Validator: Any = extend(  # type: ignore[no-untyped-call]  # the stubs leave it untyped
    Draft202012Validator,
    {
        "$ref": _counted("$ref"),
        "$dynamicRef": _counted("$dynamicRef"),
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
        "uniqueItems": _unique_items,
    },
)


def _message(error: Any) -> str:
    if error.validator == "type":
        wanted = error.validator_value if isinstance(error.validator_value, str) else " or ".join(error.validator_value)
        return f"must be of type {wanted}, not {show(error.instance)}"
    text = printable(str(error.message))
    return text if len(text) <= MAX_MESSAGE else text[:MAX_MESSAGE] + "…"
