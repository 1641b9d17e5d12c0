"""JSON Schema (draft 2020-12) of a reviewer's output: checking a schema, and validating against it. Fetches nothing.

Patterns run on google-re2, in linear time: schemas come from users, and values from people and models.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any

import jsonschema
import re2
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable

Problems = list[tuple[str, str]]
MAX_PROBLEMS = 100
MAX_MESSAGE = 300
_META = Draft202012Validator(Draft202012Validator.META_SCHEMA)
_FORMATS = FormatChecker(formats=("date", "email", "ipv4", "ipv6", "uuid"))


def check_schema(schema: Mapping[str, Any]) -> Problems:
    """(JSON pointer, message) for each fault of a schema; at most 100."""
    try:
        found = [(_pointer(error), _say(error)) for error in islice(_META.iter_errors(dict(schema)), MAX_PROBLEMS)]
    except RecursionError:
        return [("", "the schema is nested too deeply")]
    return found or [fault for fault in _own_faults(schema, "") if fault[1]]


def output_problems(output: Any, schema: Mapping[str, Any]) -> Problems:
    """(JSON pointer, message) for each way in which an output does not fit; at most 100. A pointer "" is the whole."""
    validator = _Validator(dict(schema), registry=Registry(), format_checker=_FORMATS)
    try:
        return [(_pointer(error), _say(error)) for error in islice(validator.iter_errors(output), MAX_PROBLEMS)]
    except RecursionError:
        return [("", "the schema refers to itself without end, or the value is nested too deeply")]
    except (Unresolvable, ValueError) as error:
        return [("", f"the schema cannot be used: {error}")]


def _own_faults(schema: Any, at: str) -> Iterator[tuple[str, str]]:
    """What the metaschema cannot see: references that leave the schema, patterns that re2 cannot run."""
    if isinstance(schema, list):
        for number, part in enumerate(schema):
            yield from _own_faults(part, f"{at}/{number}")
    if not isinstance(schema, Mapping):
        return
    target, pattern = schema.get("$ref"), schema.get("pattern")
    if isinstance(target, str) and not target.startswith("#"):
        yield f"{at}/$ref", f'"{target[:80]}" leaves the schema; only references to "#…" are followed'
    if isinstance(pattern, str):
        yield f"{at}/pattern", _pattern_fault(pattern)
    for key, part in schema.items():
        if key not in ("const", "enum", "default", "examples"):
            yield from _own_faults(part, f"{at}/{_escape(key)}")
        if key == "patternProperties" and isinstance(part, Mapping):
            yield from ((f"{at}/{key}/{_escape(name)}", _pattern_fault(name)) for name in part)


_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.max_mem = 1 << 20


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    try:
        return re2.compile(pattern, _OPTIONS)
    except re2.error as error:
        raise ValueError(f'the pattern "{pattern[:60]}" cannot be used (RE2 syntax, no look-around)') from error


def _pattern_fault(pattern: str) -> str:
    try:
        _compiled(pattern)
    except ValueError as error:
        return str(error)
    return ""


def _matches(pattern: str, text: str) -> bool:
    return _compiled(pattern).search(text.encode("utf-8", "replace").decode()) is not None


def _check_pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[Any]:
    if isinstance(instance, str) and not _matches(pattern, instance):
        yield jsonschema.ValidationError(f'does not match the pattern "{pattern[:60]}"')


def _check_pattern_properties(validator: Any, patterns: Any, instance: Any, schema: Any) -> Iterator[Any]:
    for pattern, part in patterns.items() if isinstance(instance, dict) else ():
        for key in [key for key in instance if _matches(pattern, key)]:
            yield from validator.descend(instance[key], part, path=key, schema_path=pattern)


def _check_additional(validator: Any, allowed: Any, instance: Any, schema: Any) -> Iterator[Any]:
    if not isinstance(instance, dict):
        return
    named, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    for key in [key for key in instance if key not in named and not any(_matches(one, key) for one in patterns)]:
        if isinstance(allowed, dict):
            yield from validator.descend(instance[key], allowed, path=key)
        elif not allowed:
            known = ", ".join(list(named)[:20]) or "none"
            yield jsonschema.ValidationError(f'"{key[:60]}" is not a field here; the fields are: {known}')


_Validator: Any = extend(  # type: ignore[no-untyped-call]  # the stubs leave it untyped
    Draft202012Validator,
    {
        "pattern": _check_pattern,
        "patternProperties": _check_pattern_properties,
        "additionalProperties": _check_additional,
    },
)


def _pointer(error: Any) -> str:
    return "".join(f"/{_escape(str(step))}" for step in error.absolute_path)


def _escape(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")


def _say(error: Any) -> str:
    if error.validator == "type":
        wanted = error.validator_value if isinstance(error.validator_value, str) else " or ".join(error.validator_value)
        return f"must be of type {wanted}"
    text = str(error.message)
    return text if len(text) <= MAX_MESSAGE else text[:MAX_MESSAGE] + "…"
