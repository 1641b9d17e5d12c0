"""Message templates of alert rules: `Pipeline {pipeline} error rate: {current_value:.2%}`. Pure.

Owns which fields and formats a template may ask for. Python's format language, with everything left out that could look
into objects or fill memory: no attributes, no items, no nested fields, no conversion, width and precision at most 100.
"""

import re
import string
from collections.abc import Mapping

from common.wording import closest
from monitoring.exceptions import InvalidTemplate

LONGEST_MESSAGE = 2_000
MOST_DIGITS = 100
NO_VALUE = "no data"

NUMBERS = ("current_value", "threshold", "samples", "window_seconds")
# `value` and `limit`: `current_value` and `threshold` as people read them, with their unit.
TEXTS = ("value", "limit", "pipeline", "task", "model", "detail",
         "rule", "metric", "severity", "operator", "unit", "runbook")  # fmt: skip
FIELDS = (*NUMBERS, *TEXTS)

# https://docs.python.org/3/library/string.html#format-specification-mini-language
_SPEC = re.compile(
    r"(?:[^{}]?[<>=^])?[-+ ]?z?#?0?(?P<width>\d*)[,_]?(?:\.(?P<precision>\d+))?(?P<type>[bcdeEfFgGnosxX%]?)"
)
_TEXT_TYPES = ("", "s")
_NUMBER_TYPES = ("", "d", "e", "E", "f", "F", "g", "G", "n", "%")


def check_template(template: str) -> None:
    """Raise `InvalidTemplate`, saying what is wrong and what would be right."""
    for _, name, spec, conversion in _parsed(template):
        if name is not None:
            _check_field(name, spec or "", conversion)


def format_message(template: str, values: Mapping[str, float | str | None]) -> str:
    """The message, at most `LONGEST_MESSAGE` characters of one line; a value that is not there is said so.

    Raises `InvalidTemplate`.
    """
    check_template(template)
    parts: list[str] = []
    for literal, name, spec, _ in _parsed(template):
        parts.append(literal)
        if name is not None:
            parts.append(_show(values.get(name), spec or ""))
    text = re.sub(r"[\x00-\x1f\x7f\u2028\u2029]+", " ", "".join(parts))
    return text if len(text) <= LONGEST_MESSAGE else text[: LONGEST_MESSAGE - 1] + "…"


def _parsed(template: str) -> list[tuple[str, str | None, str | None, str | None]]:
    try:
        return list(string.Formatter().parse(template))
    except ValueError as error:
        raise InvalidTemplate(f"{error}; write {{{{ and }}}} for braces that are meant as such") from error


def _check_field(name: str, spec: str, conversion: str | None) -> None:
    if name not in FIELDS:
        near = closest(name, FIELDS)
        hint = f"did you mean {{{near}}}?" if near else f"there are {', '.join(FIELDS)}"
        raise InvalidTemplate(f"{{{name[:80]}}} is no field of a message: {hint}")
    if conversion:
        raise InvalidTemplate(f"{{{name}!{conversion}}}: leave out !{conversion}")
    found = _SPEC.fullmatch(spec)
    if found is None:
        raise InvalidTemplate(f"{{{name}:{spec[:80]}}}: not a format such as .2% or .1f")
    types = _NUMBER_TYPES if name in NUMBERS else _TEXT_TYPES
    if found["type"] not in types:
        raise InvalidTemplate(f"{{{name}:{spec[:80]}}}: use one of {' '.join(filter(None, types))}")
    if any(len(number) > 3 or int(number) > MOST_DIGITS for number in (found["width"], found["precision"]) if number):
        raise InvalidTemplate(f"{{{name}:{spec[:80]}}}: width and precision are at most {MOST_DIGITS}")
    try:
        format(1.0 if name in NUMBERS else "x", _for_float(spec))
    except ValueError as error:
        raise InvalidTemplate(f"{{{name}:{spec[:80]}}}: {error}") from error


def _show(value: float | str | None, spec: str) -> str:
    if value is None:
        return NO_VALUE
    if isinstance(value, str):
        return format(value, spec)
    if spec.endswith("d"):
        return format(round(value), spec)
    return format(float(value), spec or ".4g")


def _for_float(spec: str) -> str:
    """`d` is for whole numbers; values are rounded for it."""
    return spec[:-1] + "f" if spec.endswith("d") else spec
