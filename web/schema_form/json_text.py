"""JSON that a person typed: stricter than `json.loads`, and every fault with its line and column."""

import json
import re
from typing import Any

MAX_DEPTH = 100
MAX_DIGITS = 400
_BAD_TEXT = re.compile("[\x00\ud800-\udfff]")


class JsonFault(ValueError):
    """The text is no JSON, or holds what nothing can store; the message says what and, if it can, where."""


def parse_json(text: str) -> Any:
    """No NaN, no name twice in an object, no NUL, no lone surrogate, no nesting without end. Raises `JsonFault`."""
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_constant=_refuse_constant, parse_int=_whole, parse_float=_number
        )
    except json.JSONDecodeError as error:
        message = (error.msg[:1].lower() + error.msg[1:]).replace("expecting", "expected a", 1)
        raise JsonFault(f"Line {error.lineno}, column {error.colno}: not valid JSON: {message}.") from error
    except RecursionError as error:
        raise JsonFault(f"It is nested more than {MAX_DEPTH} levels deep.") from error
    _check(value, 0)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise JsonFault(f'The name "{twice[:60]}" is there twice in one object.')
    return found


def _refuse_constant(word: str) -> Any:
    raise JsonFault(f"{word} is no JSON; write null, or a number.")


def _whole(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise JsonFault(f"A number has more than {MAX_DIGITS} digits.")
    return int(digits)


def _number(digits: str) -> float:
    found = float(digits)
    if abs(found) == float("inf"):
        raise JsonFault("A number is too large.")
    return found


def _check(value: Any, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise JsonFault(f"It is nested more than {MAX_DEPTH} levels deep.")
    if isinstance(value, str) and _BAD_TEXT.search(value):
        raise JsonFault("A text has a NUL or half of a character, which nothing can store.")
    if isinstance(value, dict):
        for name, member in value.items():
            _check(name, depth)
            _check(member, depth + 1)
    elif isinstance(value, list):
        for member in value:
            _check(member, depth + 1)
