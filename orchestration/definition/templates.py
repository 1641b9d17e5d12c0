"""Placeholders: `{draft_output.text}`, `{input.document.content}`, `{global.tone | default("plain")}`.

They are resolved on the parsed tree, never on text, and results are never scanned again. Whether a text is a
placeholder depends on the text alone:

* `{root.path}` with at least one step is one; so is a bare `{root}` when the root is `input`, `global`, `item`,
  `index` or ends in `_output`. Anything else in braces (JSON, code, `{word}`) is plain text.
* Braces doubled around a placeholder escape it: `{{input.x}}` is the text `{input.x}`. Of n pairs of braces n // 2
  stay; the placeholder is filled in when n is odd. Braces anywhere else stay as written.

What the roots may be, and which task may refer to which, is checked in `checks`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from common.wording import pointer_to
from orchestration.definition.json_text import JsonFault, JsonReader
from orchestration.definition.paths import NAME, PathError, Steps, follow, read_steps
from orchestration.definition.problems import Report

OUTPUT_SUFFIX = "_output"
MAP_ROOTS = frozenset({"item", "index"})
FIXED_ROOTS = frozenset({"input", "global"}) | MAP_ROOTS
MAX_DEFAULT_LENGTH = 2_000

_OPENING = re.compile(r"\{+")
_CLOSING = re.compile(r"\}*")
_FILTER = re.compile(r"\s*\|\s*([A-Za-z_][A-Za-z0-9_]*)")
_ARGUMENT = re.compile(r"\(\s*")
_END = re.compile(r"\s*\)")
_NEAR_MISS = re.compile(r"(?<!\{)\{\s*([A-Za-z_][A-Za-z0-9_]{0,120})\b[^{}\n]{0,80}\}")


class TemplateError(ValueError):
    """A placeholder that cannot be filled in. `reference` is its text, without braces."""

    def __init__(self, code: str, reference: str, message: str) -> None:
        self.code, self.reference, self.message = code, reference, message
        super().__init__(code, reference, message)

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True)
class Reference:
    """One placeholder. `path` has the steps after the root; `pointer` says where in the templated value it stands."""

    root: str
    path: Steps
    text: str
    has_default: bool = False
    default: Any = None
    pointer: str = ""
    fault: str | None = None  # it is meant as a placeholder and cannot be read: why

    @property
    def task(self) -> str | None:
        """The task it names, if it names one."""
        return self.root.removesuffix(OUTPUT_SUFFIX) if self.root.endswith(OUTPUT_SUFFIX) else None


def references(value: Any, pointer: str = "") -> tuple[Reference, ...]:
    """Every placeholder in a value, in order. Keys of mappings are never templates."""
    return tuple(_references(value, pointer))


def _references(value: Any, pointer: str) -> Iterator[Reference]:
    if isinstance(value, str):
        yield from (replace(part, pointer=pointer) for part in split(value) if isinstance(part, Reference))
        return
    members = (
        value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, (list, tuple)) else ()
    )
    for key, member in members:
        yield from _references(member, pointer + pointer_to((key,)))


def has_references(text: str) -> bool:
    return any(isinstance(part, Reference) for part in split(text))


def render(value: Any, scope: Mapping[str, Any]) -> Any:
    """The value with its placeholders filled in from `scope` (root name → value). TemplateError when one cannot be."""
    if isinstance(value, str):
        return _render_text(value, scope)
    if isinstance(value, Mapping):
        return {key: render(member, scope) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [render(member, scope) for member in value]
    return value


def _render_text(text: str, scope: Mapping[str, Any]) -> Any:
    parts = split(text)
    if len(parts) == 1 and isinstance(parts[0], Reference):
        return resolve_reference(parts[0], scope)
    return "".join(part if isinstance(part, str) else _format(resolve_reference(part, scope), part) for part in parts)


def resolve_reference(reference: Reference, scope: Mapping[str, Any]) -> Any:
    """The value a placeholder stands for; its default when the path leads nowhere."""
    if reference.fault is not None:
        raise TemplateError("bad_reference", reference.text, f"{{{reference.text}}}: {reference.fault}")
    try:
        if reference.root not in scope:
            raise PathError(f"there is no {reference.root} here; known: {', '.join(sorted(scope)) or 'nothing'}")
        return follow(scope[reference.root], reference.path, reference.root)
    except PathError as error:
        if reference.has_default:
            return reference.default
        message = f"{{{reference.text}}} cannot be filled in: {error}"
        raise TemplateError("unresolved_reference", reference.text, message) from error


def _format(value: Any, reference: Reference) -> str:
    if isinstance(value, str):
        return value
    try:
        # Sorted, since a database may give the keys of an output in another order than its handler did.
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False, sort_keys=True)
    except (TypeError, ValueError) as error:
        message = f"{{{reference.text}}} cannot be put into text: {error}"
        raise TemplateError("not_json", reference.text, message) from error


def escape(text: str) -> str:
    """A text that renders to `text`: the braces around whatever would be a placeholder are doubled."""
    pieces: list[str] = []
    at = 0
    for found in _find(text):
        pieces += [text[at : found.start], "{" * found.pairs, text[found.start : found.end], "}" * found.pairs]
        at = found.end
    return "".join(pieces) + text[at:]


def split(text: str) -> tuple[str | Reference, ...]:
    """A template text as literal pieces (escapes undone) and placeholders."""
    if "{" not in text:
        return (text,)
    parts: list[str | Reference] = []
    literal = ""
    at = 0
    for found in _find(text):
        literal += text[at : found.start] + "{" * (found.pairs // 2)
        if found.pairs % 2:
            parts += [literal, found.reference] if literal else [found.reference]
            literal = ""
        else:
            literal += found.reference.text
        literal += "}" * (found.pairs // 2)
        at = found.end
    literal += text[at:]
    return (*parts, literal) if literal or not parts else tuple(parts)


def near_misses(text: str) -> Iterator[tuple[str, str]]:
    """(text, root) of what stands in single braces and begins like a name, but is no placeholder."""
    at = 0
    gaps: list[tuple[int, int]] = []
    for found in _find(text):
        gaps.append((at, found.start))
        at = found.end
    for start, end in (*gaps, (at, len(text))):
        for match in _NEAR_MISS.finditer(text, start, end):
            yield match.group(), match.group(1)


@dataclass(frozen=True, slots=True)
class _Found:
    """A placeholder with the pairs of braces around it."""

    reference: Reference
    pairs: int
    start: int
    end: int


def _find(text: str) -> Iterator[_Found]:
    at = 0
    while (opening := _OPENING.search(text, at)) is not None:
        reference, at = _read_body(text, opening.end())
        closing = _CLOSING.match(text, at)
        pairs = min(len(opening.group()), len(closing.group())) if closing else 0
        if reference is not None and pairs:
            at += pairs
            yield _Found(reference, pairs, opening.end() - pairs, at)


def _read_body(text: str, start: int) -> tuple[Reference | None, int]:
    """The placeholder body at `start` and its end; (None, start) when there is none."""
    name = NAME.match(text, start)
    if name is None:
        return None, start
    root = name.group()
    path, end = read_steps(text, name.end())
    if not path and root not in FIXED_ROOTS and not root.endswith(OUTPUT_SUFFIX):
        return None, start
    filtered = _FILTER.match(text, end)
    if filtered is None:
        return Reference(root, path, text[start:end]), end
    return _read_filter(Reference(root, path, text[start:end]), filtered, text, start)


def _read_filter(reference: Reference, filtered: re.Match[str], text: str, start: int) -> tuple[Reference | None, int]:
    fault = f'unknown filter "{filtered.group(1)}"; the only one is default, with a JSON value: default("…")'
    argument = _ARGUMENT.match(text, filtered.end())
    if filtered.group(1) == "default":
        fault = 'default needs one JSON value in parentheses, such as default("none") or default(0)'
        if argument is not None:
            default = _read_default(text[argument.end() : argument.end() + MAX_DEFAULT_LENGTH])
            if default is not None:
                value, length = default
                end = argument.end() + length
                return Reference(reference.root, reference.path, text[start:end], True, value), end
    end = text.find("}", filtered.end(), filtered.end() + MAX_DEFAULT_LENGTH)
    if end < 0:
        return None, start
    return Reference(reference.root, reference.path, text[start:end], fault=fault), end


def _read_default(text: str) -> tuple[Any, int] | None:
    """The JSON value before the closing parenthesis, and the length of both."""
    report = Report()
    try:
        value, _, end = JsonReader(text, report).value(0)
    except JsonFault:
        return None
    closing = _END.match(text, end)
    return (value, closing.end()) if closing is not None and not report.problems else None
