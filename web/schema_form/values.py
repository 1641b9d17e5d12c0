"""Between a value and the texts of a form's fields, both ways without loss.

What the fields cannot say exactly, `show_fields` refuses, and the form shows it as JSON. Whether a value fits the
schema is not decided here.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from web.schema_form.fields import InputField
from web.schema_form.json_text import JsonFault, parse_json

ON = "on"
MAX_DIGITS = 400
MISSING = "This must be given."

_INTEGER = re.compile(r"[-+]?[0-9]+")
_NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# What a browser's form would change, drop or refuse to show.
_LOST_IN_FORMS = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")

Texts = Mapping[str, str]


class NotInFields(Exception):
    """A value that the fields cannot say exactly."""


class WrongText(Exception):
    """A text that is not what its field takes; the message is for the person."""


class _Absent:
    """Nothing was given, which is not the same as null."""


ABSENT = _Absent()


@dataclass(slots=True)
class ReadInput:
    """What a form said: the value as far as it could be read, and errors by the names of fields."""

    value: Any = None
    errors: dict[str, list[str]] = field(default_factory=dict)

    @property
    def is_wrong(self) -> bool:
        """Whether something is there that cannot be read; what is only missing does not count."""
        return any(message != MISSING for messages in self.errors.values() for message in messages)

    def add(self, name: str, message: str) -> None:
        self.errors.setdefault(name, []).append(message)


def read_fields(fields: Sequence[InputField], texts: Texts) -> ReadInput:
    """The input that the texts of the fields mean."""
    found = ReadInput({})
    for one in fields:
        value = _read(one, texts, found)
        if value is not ABSENT:
            found.value[one.path[-1]] = value
    return found


def show_fields(fields: Sequence[InputField], value: Any, *, is_complete: bool = True) -> dict[str, str]:
    """The texts of the fields for an input. Raises `NotInFields` unless reading them gives exactly the same.

    With `is_complete=False` what must be given may be missing.
    """
    if not isinstance(value, Mapping):
        raise NotInFields
    texts = dict(_show_members(fields, value))
    found = read_fields(fields, texts)
    if (is_complete and found.errors) or found.is_wrong or not is_same(found.value, value):
        raise NotInFields
    return texts


def show_defaults(fields: Sequence[InputField]) -> dict[str, str]:
    """The texts a new form begins with: what the schema calls the default, where a field can show it."""
    texts: dict[str, str] = {}
    for one in fields:
        for inner in one.walk():
            if inner.has_default and inner.kind != "group":
                try:
                    texts |= dict(_show(inner, inner.default))
                except NotInFields:
                    continue
    return texts


def read_json(text: str) -> ReadInput:
    """The value a text of JSON means; the error, under "", says line and column."""
    try:
        return ReadInput(parse_json(text))
    except JsonFault as fault:
        read = ReadInput()
        read.add("", str(fault))
        return read


def write_json(value: Any) -> str:
    """A value as JSON for people; every character that a form would change is escaped."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return json.dumps(value, indent=2) if _LOST_IN_FORMS.search(text) else text


def is_same(one: Any, other: Any) -> bool:
    """As JSON: 1, 1.0 and true differ."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


# Reading --------------------------------------------------------------------------------------------------------------


def _read(one: InputField, texts: Texts, found: ReadInput) -> Any:
    if one.kind == "checkbox":
        return one.name in texts
    if _is_blank(one, texts):
        return _read_blank(one, texts, found)
    if one.kind == "group":
        return _read_group(one, texts, found)
    try:
        return _READERS[one.kind](one, texts[one.name])
    except WrongText as wrong:
        found.add(one.name, str(wrong))
        return ABSENT


def _is_blank(one: InputField, texts: Texts) -> bool:
    if one.kind == "group":
        return all(_is_blank(inner, texts) for inner in one.fields)
    if one.kind == "checkbox":
        return one.name not in texts
    text = texts.get(one.name, "")
    return not (text.strip() if one.kind in ("integer", "number", "json", "lines", "date") else text)


def _read_blank(one: InputField, texts: Texts, found: ReadInput) -> Any:
    """Nothing was written: nothing is given, unless something must be."""
    if not one.is_required:
        return ABSENT
    if one.is_nullable:
        return None
    if one.kind == "group":
        return _read_group(one, texts, found)
    if one.kind == "lines":
        return []
    found.add(one.name, MISSING)
    return ABSENT


def _read_group(one: InputField, texts: Texts, found: ReadInput) -> dict[str, Any]:
    values = {str(inner.path[-1]): _read(inner, texts, found) for inner in one.fields}
    return {name: value for name, value in values.items() if value is not ABSENT}


def _read_integer(_: InputField, text: str) -> int:
    text = text.strip()
    if not _INTEGER.fullmatch(text) or len(text) > MAX_DIGITS:
        raise WrongText("Give a whole number, such as 12.")
    return int(text)


def _read_number(_: InputField, text: str) -> float:
    text = text.strip()
    if not _NUMBER.fullmatch(text) or len(text) > MAX_DIGITS:
        raise WrongText("Give a number, such as 12.5.")
    if _INTEGER.fullmatch(text):
        return int(text)
    number = float(text)
    if abs(number) == float("inf"):
        raise WrongText("This number is too large.")
    return number


def _read_choice(one: InputField, text: str) -> Any:
    for choice in one.choices:
        if choice.key == text:
            return choice.value
    raise WrongText("Choose one of the values offered.")


def _read_lines(one: InputField, text: str) -> list[Any]:
    item = one.item
    values = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip() and item is not None:
            try:
                values.append(_read_line(item, line))
            except WrongText as wrong:
                raise WrongText(f"Line {number}: {wrong}") from wrong
    return values


def _read_line(item: InputField, line: str) -> Any:
    if item.kind != "choice":
        return _READERS[item.kind](item, line)
    named = [choice.value for choice in item.choices if choice.label == line.strip()]
    if not named:
        raise WrongText("Give one of " + ", ".join(choice.label for choice in item.choices[:20]) + ".")
    return named[0]


def _read_json(_: InputField, text: str) -> Any:
    found = read_json(text)
    if found.errors:
        raise WrongText(found.errors[""][0])
    return found.value


def _read_text(_: InputField, text: str) -> str:
    return text


_READERS: Mapping[str, Callable[[InputField, str], Any]] = {
    "text": _read_text,
    "long_text": _read_text,
    "date": lambda _, text: text.strip(),
    "integer": _read_integer,
    "number": _read_number,
    "choice": _read_choice,
    "lines": _read_lines,
    "json": _read_json,
}


def read_leaf(one: InputField, text: str) -> Any:
    """What the text of a single field (no group, no box to tick) means. Raises `WrongText`."""
    return _READERS[one.kind](one, text)


# Showing --------------------------------------------------------------------------------------------------------------


def show_leaf(one: InputField, value: Any) -> str:
    """The text of a single field (no group, no box to tick) for a value. Raises `NotInFields`."""
    return next(text for _, text in _show(one, value))


def _show_members(fields: Sequence[InputField], value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for one in fields:
        if one.path[-1] in value:
            yield from _show(one, value[str(one.path[-1])])


def _show(one: InputField, value: Any) -> Iterator[tuple[str, str]]:
    if one.kind == "group":
        if isinstance(value, Mapping):
            yield from _show_members(one.fields, value)
        elif value is not None:
            raise NotInFields
        return
    if one.kind == "checkbox":
        if not isinstance(value, bool):
            raise NotInFields
        if value:
            yield one.name, ON
        return
    text = _text(one, value)
    is_one_line = one.kind not in ("long_text", "lines", "json")
    if _LOST_IN_FORMS.search(text) or (is_one_line and "\n" in text) or (one.kind == "date" and not _is_date(text)):
        raise NotInFields
    yield one.name, text


def _is_date(text: str) -> bool:
    """Anything else a field for dates would empty."""
    return not text or _DATE.fullmatch(text) is not None


def _text(one: InputField, value: Any) -> str:
    if one.kind == "choice":
        return next((choice.key for choice in one.choices if is_same(choice.value, value)), "")
    if one.kind == "json":
        return write_json(value)
    if value is None:
        return ""
    if one.kind == "lines" and isinstance(value, list):
        return "\n".join(_line(one.item, item) for item in value)
    if isinstance(value, str) and one.kind in ("text", "long_text", "date"):
        return value
    if one.kind in ("integer", "number") and isinstance(value, int | float) and not isinstance(value, bool):
        return json.dumps(value)
    raise NotInFields


def _line(item: InputField | None, value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value)
