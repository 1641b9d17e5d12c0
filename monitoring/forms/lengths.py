"""Lengths of time as people write them: `90 s`, `15 min`, `2h`, `1 d`; a bare number is minutes."""

import re
from typing import Any

from django import forms

from monitoring.models.alerts import MOST_SECONDS

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_WRITTEN = re.compile(r"(\d{1,8})\s*(s|sec|seconds?|m|min|minutes?|h|hours?|d|days?)?\.?", re.IGNORECASE)


class LengthField(forms.Field):
    """A whole number of seconds, written with its unit."""

    def __init__(self, *, least: int = 0, most: int = MOST_SECONDS, **options: Any) -> None:
        self.least, self.most = least, most
        options.setdefault("widget", forms.TextInput(attrs={"autocomplete": "off", "maxlength": 20}))
        super().__init__(**options)

    def prepare_value(self, value: Any) -> Any:
        return written(value) if isinstance(value, int) else value

    def to_python(self, value: Any) -> Any:
        """Raises `ValidationError`."""
        text = str(value or "").strip()
        if not text:
            return None
        found = _WRITTEN.fullmatch(text)
        if found is None:
            raise forms.ValidationError("Write a length of time such as 90 s, 15 min, 2 h or 1 d.")
        seconds = int(found[1]) * UNITS[(found[2] or "m")[0].lower()]
        if not self.least <= seconds <= self.most:
            raise forms.ValidationError(f"From {written(self.least)} to {written(self.most)}.")
        return seconds


def written(seconds: int) -> str:
    """As the field takes it."""
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
