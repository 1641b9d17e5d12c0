"""YAML text to a plain value with marks, and back.

Reads PyYAML's event stream (libyaml's when present) with a stack of its own, so that depth and the number of nodes,
aliases expanded, are counted before anything is built. Scalars follow the YAML 1.2 core schema: `no`, `on` and
dates stay text. Merge keys, tags, several documents and non-text keys are refused. Duplicate keys are reported with
both places.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import yaml

from common.wording import Path, text_fault
from orchestration.definition.limits import MAX_DEPTH, MAX_NODES, integer_fault
from orchestration.definition.marks import Mark, Node, Position
from orchestration.definition.problems import Report, said_of

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMBER_START = frozenset("+-.0123456789")


class _Stop(Exception):
    """Reading cannot go on; the report says why."""


@dataclass(slots=True)
class _Frame:
    """An open mapping or list."""

    value: dict[str, Any] | list[Any]
    node: Node
    path: Path
    anchor: str | None
    nodes_before: int
    key: str | None = None
    key_place: Position | None = None
    height: int = 1


@dataclass(slots=True)
class _Anchored:
    value: Any
    mark: Mark
    nodes: int
    height: int


@dataclass(slots=True)
class YamlReader:
    """One reading of one text. Problems go to `report`; `read` returns None when there is no value to go on with."""

    report: Report
    nodes: int = 0
    stack: list[_Frame] = field(default_factory=list)
    anchors: dict[str, _Anchored | None] = field(default_factory=dict)  # None while the anchored node is still open
    documents: int = 0
    root: tuple[Any, Mark] | None = None

    def read(self, text: str) -> tuple[Any, Mark] | None:
        try:
            for event in yaml.parse(text, Loader=_Loader):
                handler = _HANDLERS.get(type(event))
                if handler is not None:
                    handler(self, event)
        except yaml.YAMLError as error:
            self._syntax_problem(error)
            return None
        except _Stop:
            return None
        return self.root

    def on_document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            self._stop("several_documents", 'holds more than one YAML document; remove the "---" line', event)

    def on_scalar(self, event: Any) -> None:
        frame = self.stack[-1] if self.stack else None
        if frame is not None and frame.key is None and isinstance(frame.value, dict):
            self._take_key(frame, event)
            return
        self._count(1, event)
        self._refuse_tag(event)
        value = event.value if event.style or event.tag == "!" else self._plain(event)
        if isinstance(value, str) and (fault := text_fault(value)):
            self._problem("bad_character", fault, event)
        place = _place(event)
        self._remember(event.anchor, value, place, 1, 0)
        self._add(value, place, 0)

    def on_start(self, event: Any) -> None:
        self._refuse_complex_key(event)
        self._count(1, event)
        self._refuse_tag(event)
        if len(self.stack) >= MAX_DEPTH:
            self._stop("too_deep", f"is nested more than {MAX_DEPTH} levels deep", event)
        if event.anchor:
            self.anchors[event.anchor] = None
        value: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
        self.stack.append(_Frame(value, Node(_place(event)), self._path(), event.anchor, self.nodes - 1))

    def on_end(self, event: Any) -> None:
        frame = self.stack.pop()
        self._remember(frame.anchor, frame.value, frame.node, self.nodes - frame.nodes_before, frame.height)
        self._add(frame.value, frame.node, frame.height)

    def on_alias(self, event: Any) -> None:
        self._refuse_complex_key(event)
        name = event.anchor
        anchored = self.anchors.get(name)
        if anchored is None:
            fault = "stands inside itself" if name in self.anchors else "is not defined above"
            self._stop("bad_alias", f'the alias "*{name}" {fault}', event)
            return
        self._count(anchored.nodes, event)
        if len(self.stack) + anchored.height > MAX_DEPTH:
            self._stop("too_deep", f"is nested more than {MAX_DEPTH} levels deep through aliases", event)
        self._add(anchored.value, anchored.mark, anchored.height)

    def _take_key(self, frame: _Frame, event: Any) -> None:
        self._refuse_tag(event)
        frame.key = key = event.value
        frame.key_place = _place(event)
        if not event.style and key == "<<":
            self._problem("merge_key", 'the merge key "<<" is not supported; write the keys out', event)
        elif not event.style and not isinstance(self._plain(event), str):
            shown = key or "(empty)"
            self._problem("key_not_text", f'a key must be text, not {shown}; write it in quotes: "{key}"', event)
        if fault := text_fault(key):
            self._problem("bad_character", f"a key {fault}", event)
        earlier = frame.node.keys.get(key)
        if earlier is not None:
            line, column = earlier
            again, there = frame.key_place
            where = f"first at line {line}, column {column}, again at line {again}, column {there}"
            self._problem("duplicate_key", f"the key is given twice: {where}", event)

    def _add(self, value: Any, mark: Mark, height: int) -> None:
        if not self.stack:
            self.root = value, mark
            return
        frame = self.stack[-1]
        frame.height = max(frame.height, height + 1)
        if isinstance(frame.value, list):
            frame.node.members[len(frame.value)] = mark
            frame.value.append(value)
        elif frame.key is not None and frame.key_place is not None:
            if frame.key not in frame.value:  # of duplicates the first stands, as the message says
                frame.value[frame.key], frame.node.members[frame.key] = value, mark
                frame.node.keys[frame.key] = frame.key_place
            frame.key = None

    def _remember(self, anchor: str | None, value: Any, mark: Mark, nodes: int, height: int) -> None:
        if anchor:
            self.anchors[anchor] = _Anchored(value, mark, nodes, height)

    def _plain(self, event: Any) -> Any:
        """A plain scalar's value in the YAML 1.2 core schema."""
        text: str = event.value
        if text in _WORDS:
            return _WORDS[text]
        if text[0] not in _NUMBER_START:
            return text
        if _INTEGER.fullmatch(text):
            return self._integer(text, event)
        if _FLOAT.fullmatch(text):
            number = float(text)
            if number not in (float("inf"), float("-inf")):
                return number
            self._problem("number_out_of_range", f"the number {text[:40]} is too large; write it as text", event)
            return 0.0
        if _NOT_FINITE.fullmatch(text):
            self._problem(
                "number_out_of_range", f"{text} is not a JSON number; leave it out or write it as text", event
            )
            return 0.0
        return text

    def _integer(self, text: str, event: Any) -> int:
        base = {"0o": 8, "0x": 16}.get(text[:2], 10)
        number = int(text, base) if len(text) < 30 else 2**64
        if fault := integer_fault(number):
            self._problem("number_out_of_range", fault, event)
            return 0
        return number

    def _count(self, nodes: int, event: Any) -> None:
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            self._stop("too_many_nodes", f"has more than {MAX_NODES:,} values, aliases expanded", event)

    def _refuse_tag(self, event: Any) -> None:
        if event.tag is not None:
            self._problem("tag", f"the YAML tag {event.tag} is not supported; remove it", event)

    def _refuse_complex_key(self, event: Any) -> None:
        if self.stack and isinstance(self.stack[-1].value, dict) and self.stack[-1].key is None:
            self._stop("key_not_text", "a key must be plain text, not a mapping, a list or an alias", event)

    def _path(self) -> Path:
        if not self.stack:
            return ()
        frame = self.stack[-1]
        return (*frame.path, len(frame.value) if isinstance(frame.value, list) else frame.key or "")

    def _problem(self, code: str, message: str, event: Any) -> None:
        path = self._path()
        self.report.add_at(code, said_of(path, message), path, _place(event))

    def _stop(self, code: str, message: str, event: Any) -> None:
        whole = "the definition " if code in {"too_many_nodes", "too_deep", "several_documents"} else ""
        self.report.add_at(code, whole + message, (), _place(event))
        raise _Stop

    def _syntax_problem(self, error: yaml.YAMLError) -> None:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        context, problem = getattr(error, "context", None), getattr(error, "problem", None) or str(error)
        message = f"not valid YAML: {problem}" + (f", {context}" if context else "")
        if "tab" in problem or "cannot start any token" in problem:
            message += "; indent with spaces, not tabs, and put text starting with %, @ or ` in quotes"
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        self.report.add_at("yaml_syntax", message, (), place)


_HANDLERS: dict[type[Any], Callable[[YamlReader, Any], None]] = {
    yaml.DocumentStartEvent: YamlReader.on_document,
    yaml.ScalarEvent: YamlReader.on_scalar,
    yaml.SequenceStartEvent: YamlReader.on_start,
    yaml.MappingStartEvent: YamlReader.on_start,
    yaml.SequenceEndEvent: YamlReader.on_end,
    yaml.MappingEndEvent: YamlReader.on_end,
    yaml.AliasEvent: YamlReader.on_alias,
}


def _place(event: Any) -> Position:
    mark = event.start_mark
    return mark.line + 1, mark.column + 1


class _Writer(_Dumper):  # type: ignore[misc]  # the base is chosen at run time
    """Writes for both readings: quotes what our YAML 1.2 reader or a YAML 1.1 reader would not take as text."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _write_text(writer: Any, text: str) -> Any:
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Writer.add_representer(str, _write_text)
_Writer.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(rf"^(?:{_INTEGER.pattern})$"), list("+-0123456789"))
_Writer.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(rf"^(?:{_FLOAT.pattern})$"), list("+-.0123456789"))


def write_yaml(value: Any) -> str:
    text: str = yaml.dump(
        value, Dumper=_Writer, sort_keys=False, allow_unicode=True, width=100, default_flow_style=False
    )
    return text
