"""Texts that people type into forms, as values: metrics line by line, tags, JSON."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from registry.values import is_number


class Area(forms.Textarea):
    """A text box with few rows."""

    def __init__(self, rows: int = 3, **attrs: Any) -> None:
        super().__init__(attrs={"rows": rows, "spellcheck": "false", **attrs})


class TagsField(forms.CharField):
    """Tags with commas between them."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        return [tag.strip() for tag in text.split(",") if tag.strip()]


class MetricsField(forms.CharField):
    """A metric per line: `accuracy = 0.95`; a colon does as well."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=Area(3, placeholder="accuracy = 0.95"), **options)

    def clean(self, value: Any) -> Any:
        lines = enumerate(super().clean(value).splitlines(), start=1)
        return dict(_read_metric(number, line) for number, line in lines if line.strip())


def _read_metric(number: int, line: str) -> tuple[str, float]:
    name, separator, text = line.replace(":", "=", 1).rpartition("=")
    try:
        value: int | float = json.loads(text)
    except ValueError:
        value = float("nan")
    if not separator or not name.strip() or not is_number(value):
        raise ValidationError(f"Line {number}: write a name, = and a number, such as accuracy = 0.95.")
    return name.strip(), value


class ObjectField(forms.CharField):
    """A JSON object, or nothing."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=Area(4), **options)

    def clean(self, value: Any) -> Any:
        text = super().clean(value).strip()
        if not text:
            return None
        try:
            found = json.loads(text, parse_constant=_refuse)
        except json.JSONDecodeError as error:
            raise ValidationError(f"Not JSON: {error.msg} (line {error.lineno}, column {error.colno}).") from error
        except (ValueError, RecursionError) as error:
            raise ValidationError(f"Not JSON: {error}.") from error
        if not isinstance(found, dict):
            raise ValidationError("Give a JSON object: names and values in { }.")
        return found


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")
