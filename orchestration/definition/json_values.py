"""A Python value given as a definition, made plain JSON: dicts, lists, text, numbers, booleans, null.

A copy, never a view.
"""

import math
from collections.abc import Mapping
from typing import Any

from common.wording import Path, text_fault
from orchestration.definition.limits import MAX_BYTES, MAX_DEPTH, MAX_NODES, integer_fault
from orchestration.definition.problems import Report, said_of


class _TooMuch(Exception):
    """A cap is passed; the report says which."""


class Plain:
    """One copying of one value. Tuples become lists; what JSON has no word for is a problem with its pointer."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self._nodes = 0
        self._characters = 0
        self._open: set[int] = set()

    def copy(self, value: Any) -> Any:
        """The plain copy, or None when a cap stopped the copying."""
        try:
            return self._copy(value, ())
        except _TooMuch:
            return None

    def _copy(self, value: Any, path: Path) -> Any:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self._stop("too_many_nodes", f"the definition has more than {MAX_NODES:,} values", path)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return self._text(str.__str__(value), path)
        if isinstance(value, int):
            return self._integer(int(value), path)
        if isinstance(value, float):
            return self._float(float(value), path)
        if isinstance(value, (Mapping, list, tuple)):
            return self._container(value, path)
        self._problem(
            "not_json", f"a {type(value).__name__} is not JSON; give text, a number, a list or a mapping", path
        )
        return None

    def _container(self, value: Any, path: Path) -> Any:
        if id(value) in self._open:
            self._stop("too_deep", "contains itself", path)
        if len(path) >= MAX_DEPTH:
            self._stop("too_deep", f"the definition is nested more than {MAX_DEPTH} levels deep", path)
        self._open.add(id(value))
        if isinstance(value, Mapping):
            copy: Any = {key: self._copy(value[key], (*path, key)) for key in value if self._is_key(key, path)}
        else:
            copy = [self._copy(item, (*path, index)) for index, item in enumerate(value)]
        self._open.discard(id(value))
        return copy

    def _is_key(self, key: Any, path: Path) -> bool:
        if not isinstance(key, str):
            self._problem(
                "key_not_text", f"the key {str(key)[:40]} is a {type(key).__name__}; a key must be text", path
            )
            return False
        self._text(key, path)
        return True

    def _text(self, text: str, path: Path) -> str:
        self._characters += len(text)
        if self._characters > MAX_BYTES:
            self._stop("too_large", f"the definition has more than {MAX_BYTES:,} characters of text", path)
        if fault := text_fault(text):
            self._problem("bad_character", fault, path)
        return text

    def _integer(self, number: int, path: Path) -> int:
        if fault := integer_fault(number):
            self._problem("number_out_of_range", fault, path)
            return 0
        return number

    def _float(self, number: float, path: Path) -> float:
        if math.isfinite(number):
            return number
        self._problem("number_out_of_range", f"{number} is not a JSON number; leave it out or write it as text", path)
        return 0.0

    def _problem(self, code: str, message: str, path: Path) -> None:
        self.report.add(code, said_of(path, message), path)

    def _stop(self, code: str, message: str, path: Path) -> None:
        self._problem(code, message, path[:10])
        raise _TooMuch
